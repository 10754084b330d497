"""Find out in which style ``reimagine`` is to play: one by name, one of a file, or a mixture."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolkit.errors import InputError, UsageError

if TYPE_CHECKING:
    from toolkit.cli.reimagine_job import Request
    from toolkit.run import Run
    from toolkit.style.style import Style
    from toolkit.values import Audio, Notes, Stems

USUAL = "jazz-swing"
"""What is played unless the user says."""

FILE = "style.toml"
"""Under which name a style that has no file is kept in the folder of results."""

_LEAST_SHARE = 0.03


def check(request: Request) -> str:
    """Return what the style will be called, before anything takes time.

    Raises
    ------
    UsageError
        If there is no such style or ensemble, or what is asked for contradicts itself.
    """
    from toolkit.style.style import load_style
    from toolkit.style.style_mix import parse_share

    if request.style and request.style_from is not None:
        raise UsageError(
            "--style and --style-from both say how it is to be played",
            f"leave one out, or mix: --style-from {request.style_from.name} "
            f"--style-mix {request.style}:0.5",
        )
    if request.style_from is not None:
        if not request.style_from.is_file():
            raise InputError(f"no file {request.style_from}", "check the name after --style-from")
        names = [_slug(request.style_from)]
    else:
        main = load_style(request.style or USUAL)
        main.band(request.ensemble)
        names = [main.name]
    shares = [parse_share(text) for text in request.style_mix]
    if sum(share for _, share in shares) > 1 + 1e-9:
        raise UsageError(
            "the shares of --style-mix are more than 1 together",
            "what is left of 1 is the first style's: --style-mix bossa-nova:0.4",
        )
    return "+".join([*names, *(load_style(name).name for name, share in shares if share > 0)])


def style_of(request: Request, run: Run) -> Style:
    """Return the style that is asked for; a reference is listened to.

    Raises
    ------
    InputError
        If a reference holds no accompaniment, or is none of the files that can be read.
    """
    from toolkit.style.style import load_style
    from toolkit.style.style_mix import mix, parse_share

    if request.style_from is None:
        main = load_style(request.style or USUAL)
    else:
        main = _of_file(request, request.style_from, run)
    if not request.style_mix:
        return main
    shares = [parse_share(text) for text in request.style_mix]
    first = max(1.0 - sum(share for _, share in shares), 0.0)
    others = [load_style(name) for name, _ in shares]
    return mix(
        (main, *others),
        (first, *(share for _, share in shares)),
        ensemble=request.ensemble,
        seed=request.seed,
    )


def found_in(request: Request, folder: Path) -> Request:
    """Return the request with the name under which all steps find the style.

    A style that has no file yet is found where it will be written.
    """
    if request.style_from is None and not request.style_mix:
        return replace(request, style=request.style or USUAL)
    return replace(request, style=(folder / FILE).as_posix())


def facts(request: Request, style: Style) -> dict[str, Any]:
    """Return what the record says of a style that is not one of those that are shipped."""
    if request.style_from is None and not request.style_mix:
        return {}
    borrowed = style.borrowed
    of = {} if borrowed is None else {"source": borrowed.source, "sha256": borrowed.sha256}
    return {"style": {"name": style.name, "from": of, "mix": list(request.style_mix)}}


def _of_file(request: Request, path: Path, run: Run) -> Style:
    from toolkit.cli.reimagine_job import take
    from toolkit.style.borrowed.deriving import style_of as derived
    from toolkit.values import Audio, Notes

    taken = take(replace(request, source=path, lead_sheet=None), run)
    value = taken.value
    notes = _heard(request, value, run) if isinstance(value, Audio) else value
    if not isinstance(notes, Notes):
        raise InputError(
            f"{path.name} is no music to take a style from", "give MIDI, MusicXML or a recording"
        )
    style = derived(notes, name=_slug(path), source=path.name, sha256=str(taken.facts["sha256"]))
    style.band(request.ensemble)
    return style


def _heard(request: Request, audio: Audio, run: Run) -> Notes:
    """Return the notes of a recording, instrument by instrument, with their meter."""
    from toolkit.cli.reimagine_job import hearing, joined, one_step
    from toolkit.pipeline import Pipeline, execute
    from toolkit.values import Audio, Notes, Stems

    split = Pipeline(
        "split", "Tell instruments apart.", Audio, Stems, joined([one_step("separate")])
    )
    stems, _ = execute(split, audio, run)
    assert isinstance(stems, Stems)  # the last step's output says so, here and below
    loud = _loud(stems)
    if set(loud) <= {"piano"}:
        alone = Pipeline("listen", "Hear a piano.", Audio, Notes, joined(hearing(request)))
        notes, _ = execute(alone, audio, run)
    else:
        steps = joined([one_step("transcribe-stems", model=request.model)])
        band = Pipeline("listen", "Hear a band.", Stems, Notes, steps)
        heard, _ = execute(band, Stems(loud), run)
        assert isinstance(heard, Notes)
        notes = one_step("annotate").stage(heard, audio, run.for_step("annotate"))
    assert isinstance(notes, Notes)
    return notes


def _loud(stems: Stems) -> dict[str, Audio]:
    """Return the stems that are more than what leaks into them, noise apart."""
    import numpy as np

    power = {
        name: float(np.mean(np.square(audio.samples, dtype=np.float64)))
        for name, audio in stems.items()
        if name != "noise"
    }
    least = _LEAST_SHARE * sum(power.values())
    return {name: stems[name] for name, value in power.items() if value > 0 and value >= least}


def _slug(path: Path) -> str:
    kept = "".join(each if each.isalnum() else "-" for each in path.stem.lower())
    return "-".join(part for part in kept.split("-") if part) or "reference"
