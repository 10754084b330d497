"""Write what ``reimagine`` made: audio, MIDI, score, lead sheet, stems, steps and reports."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from toolkit.cli.reimagine_style import FILE
from toolkit.cli.stem_folder import RECORD

if TYPE_CHECKING:
    from toolkit.cli.reimagine_candidates import Made
    from toolkit.cli.reimagine_job import Taken
    from toolkit.pipeline import Pipeline, Value
    from toolkit.run import Run
    from toolkit.style.style import Style
    from toolkit.values import Stems

_SAVED = {"lead-sheet": "source-sheet", "arrange": "arrangement", "perform": "performance"}


def write(
    folder: Path,
    candidates: Sequence[Made],
    taken: Taken,
    pipeline: Pipeline,
    style: Style,
    settings: dict[str, Any],
    run: Run,
    began: float,
) -> dict[str, Any]:
    """Write the best candidate as ``out.*`` and the others into folders; return the report.

    Each is played here, and its sound is gone once it is written. `began` is the clock's reading
    when the run began.
    """
    from toolkit.cli.reimagine_candidates import sound
    from toolkit.provenance import dump, record
    from toolkit.report import reimagined

    local = run.for_step("write")
    hashes = []
    for number, made in enumerate(candidates):
        place = folder if number == 0 else folder / f"variation-{number + 1}"
        place.mkdir(exist_ok=True)
        stems = sound(made, pipeline, run)
        hashes.append(_one(place, made, stems, local, (number, len(candidates))))
        del stems
    best = candidates[0]
    if "style" in settings:
        from toolkit.style.style_text import dump_style

        # It has no file of its own: this is where it is found again, and edited.
        (folder / FILE).write_text(dump_style(style), encoding="utf-8")
    found = record(
        pipeline=pipeline,
        steps=best.steps,
        decisions=(),
        condition=None,
        source=taken.facts,
        output={"name": "out.wav", "sha256": hashes[0], "files": _files(folder)},
        settings={
            **settings,
            "seed": best.seed,
            "seconds": round(perf_counter() - began, 3),
        },
        warnings=taken.warnings,
    )
    (folder / RECORD).write_text(dump(found), encoding="utf-8")
    report = reimagined.report(best.values, style, best.steps, taken.warnings, best.measured)
    reimagined.write(folder, report)
    return report


def _files(folder: Path) -> list[str]:
    from toolkit.report.reimagined import NAMES

    names = [each.relative_to(folder).as_posix() for each in folder.rglob("*") if each.is_file()]
    return sorted([*names, *NAMES])


def _one(folder: Path, made: Made, stems: Stems, run: Run, turn: tuple[int, int]) -> str:
    """Write a candidate's files, and return the sha256 of its audio.

    `turn` is how many candidates are done, and how many there are.
    """
    from toolkit.adapters import engraving
    from toolkit.io import midi
    from toolkit.style import saved, writing
    from toolkit.style.sheet import sheet_text

    notes = made.performance.notes()
    title = made.performance.arrangement.sheet.title
    sha256 = _write_audio(folder, stems, run, turn)
    midi.write(folder / "out.mid", notes, parts=made.performance.parts)
    engraving.write(
        folder / "out.musicxml", writing.written(made.performance.arrangement), title=title
    )
    text = sheet_text.write(made.performance.arrangement.sheet)
    (folder / "leadsheet.txt").write_text(text, encoding="utf-8")
    (folder / "steps").mkdir()
    for step, name in _SAVED.items():
        value: Any = made.values.get(step)
        if value is not None:
            (folder / "steps" / f"{name}.json").write_text(saved.dump(value), encoding="utf-8")
    rewritten: Any = _last_sheet(made.values)
    if rewritten is not None:
        (folder / "steps" / "sheet.json").write_text(saved.dump(rewritten), encoding="utf-8")
    return sha256


def _last_sheet(values: Mapping[str, Value]) -> Value | None:
    """Return the sheet that the band got."""
    names = [each for each in ("embellish", "reharmonize", "lead-sheet") if each in values]
    return values[names[0]] if names else None


def _write_audio(folder: Path, stems: Stems, run: Run, turn: tuple[int, int]) -> str:
    """Write the stems and their mixture, and return the mixture's sha256."""
    from toolkit.io import audio_file
    from toolkit.style.performing.mixing import summed

    (folder / "stems").mkdir()
    done, count = turn
    files = len(stems) + 1

    def share(index: int) -> Callable[[float, float], None]:
        begun = done * files + index
        return lambda part, whole: run.tick(begun + part / max(whole, 1), count * files)

    for index, (name, audio) in enumerate(stems.items()):
        audio_file.write(
            folder / "stems" / f"{name}.wav", audio, None, rng=run.rng(name), progress=share(index)
        )
    whole = summed(stems, run)
    written = audio_file.write(
        folder / "out.wav", whole, None, rng=run.rng("mix"), progress=share(files - 1)
    )
    return written.sha256
