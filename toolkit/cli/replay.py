"""Do again what a record says, and say whether the same came out."""

from __future__ import annotations

from pathlib import Path

from toolkit.cli.terminal import progress, result, say
from toolkit.errors import UsageError


def perform_replay(
    record: Path, place: Path | None, output: Path | None, *, device: str, force: bool
) -> int:
    """Replay a record; return 0 when the output's hash is the recorded one, else 1.

    Raises
    ------
    UsageError
        If the input is not where it was, or is another one.
    """
    from toolkit import provenance
    from toolkit.checkpoints import shipped
    from toolkit.restore import Recipe, Targets, restore_file, sha256_of
    from toolkit.run import Run

    found = provenance.load(record)
    source = place or record.parent / found["input"]["name"]
    if not source.is_file():
        raise UsageError(
            f"the input {found['input']['name']} is not in {record.parent}",
            f"say where: tonearm run --replay {record} PATH",
        )
    if sha256_of(source) != found["input"]["sha256"]:
        raise UsageError(f"{source} is not the file that was restored then", "give the right one")
    name = Path(found["output"]["name"])
    target = output or record.parent / f"{name.stem}.replayed{name.suffix}"
    settings = found["settings"]
    recipe = Recipe(
        pipeline=provenance.replay(found),
        start=settings["start"],
        duration=settings["duration"],
        seed=settings["seed"],
        accept_truncated=settings["accept_truncated"],
    )
    steps = ["read", *(step.id for step in recipe.pipeline.steps), "write"]
    with progress(source.name, steps) as callback:
        run = Run(
            device=device,
            seed=recipe.seed,
            progress=callback,
            checkpoints=shipped(),
        )
        outcome = restore_file(source, Targets(target), recipe, run, force=force)
    result(str(target))
    if outcome.record["output"]["sha256"] == found["output"]["sha256"]:
        say("the same output as recorded, to the bit")
        return 0
    say("the output differs from the recorded one", *_changes(found, dict(outcome.record)))
    return 1


def _changes(then: dict[str, dict[str, str]], now: dict[str, dict[str, str]]) -> list[str]:
    return [
        f"  {name}: {value} then, {now['software'].get(name)} now"
        for name, value in then["software"].items()
        if now["software"].get(name) != value
    ]
