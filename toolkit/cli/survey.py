"""``survey``: what is in a collection, before anything is changed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from toolkit.cli.cores import num_cores
from toolkit.cli.terminal import INTERRUPTED, SOME_FAILED, progress, result, say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from toolkit.run import Progress

_STORE, _TABLE, _DOCUMENT, _PAGE = "survey.sqlite", "survey.csv", "survey.json", "index.html"
_COMPARING = 0.05  # share of the time that looking for other transfers takes


def survey(
    inputs: Annotated[list[Path], typer.Argument(metavar="IN...", help="Folders and files.")],
    out: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="For the results; IN.survey if left out.")
    ] = None,
    jobs: Annotated[int, typer.Option(min=0, help="Processes that measure; 0 is one a core.")] = 0,
    rehash: Annotated[
        bool, typer.Option("--rehash", help="Read files again that seem unchanged.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="The whole survey as JSON on standard output.")
    ] = False,
) -> None:
    """Survey a collection: formats, damage, media, noise, copies, other transfers of one disc.

    Nothing in the collection is changed. A second survey looks only at new files.

    Examples: tonearm survey shellacs/    tonearm survey discs/ tapes/ --out all.survey --jobs 4
    """
    from toolkit.archive.surveying import survey as surveying
    from toolkit.archive.surveying.document import table
    from toolkit.archive.telling.plain_text import escaped
    from toolkit.io.atomic import replacing, storing
    from toolkit.report import survey_page

    folder = _folder(inputs) if out is None else out
    with storing(str(folder)):
        folder.mkdir(parents=True, exist_ok=True)
    try:
        with progress("survey", ("survey",)) as callback:
            found = surveying.survey(
                inputs,
                folder / _STORE,
                jobs=jobs or num_cores(),
                rehash=rehash,
                progress=_weighted(callback),
            )
    except KeyboardInterrupt as interruption:
        say("interrupted; what was measured is kept, the same command goes on from there")
        raise typer.Exit(INTERRUPTED) from interruption
    text = json.dumps(found, indent=1, allow_nan=False)
    contents = {
        _TABLE: table(found).encode(),
        _DOCUMENT: text.encode(),
        _PAGE: survey_page.page(found),
    }
    for name, content in contents.items():
        with replacing(folder / name, force=True) as sink:
            sink.write(content)
    if as_json:
        result(text)
    else:
        for line in _summary(found):
            # Names are bytes that need not be text.
            result(escaped(line))
        say(f"written: {folder / _PAGE}, {_TABLE}, {_DOCUMENT}")
    if found["totals"]["unreadable"]:
        raise typer.Exit(SOME_FAILED)


def _weighted(callback: Progress) -> Progress:
    """Return a progress of one step, so that the time left is that of the whole."""

    def report(step: str, done: float, total: float) -> None:
        share = done / total if total else 0.0
        whole = (1 - _COMPARING) * share if step == "measure" else 1 - _COMPARING * (1 - share)
        callback("survey", whole, 1.0)

    return report


def _folder(inputs: Sequence[Path]) -> Path:
    """Return a folder beside that of the first input, never in it."""
    from toolkit.errors import UsageError

    first = inputs[0].resolve()
    collection = first if first.is_dir() else first.parent
    if not collection.name:
        raise UsageError(f"nothing lies beside {collection}", "name a folder with --out")
    return collection.with_name(f"{collection.name}.survey")


def _summary(found: Mapping[str, Any]) -> list[str]:
    totals = found["totals"]
    hours = totals["duration"] / 3600
    lines = [
        f"{totals['files']} files, {hours:.1f} hours, {totals['bytes'] / 1e9:.2f} GB; "
        f"unreadable {totals['unreadable']}, damaged {totals['damaged']}, "
        f"notable {totals['notable']}"
    ]
    for words, counts in (("formats", totals["formats"]), ("media", totals["media"])):
        if counts:
            lines.append(f"{words}: " + ", ".join(f"{name} {n}" for name, n in counts.items()))
    lines += [
        f"copies ({group['same']}): " + ", ".join(group["names"]) for group in found["copies"]
    ]
    for group in found["same_recordings"]:
        lines.append("one recording: " + ", ".join(map(_member, group["members"])))
    lines += ["likely the same piece: " + ", ".join(each["names"]) for each in found["same_pieces"]]
    for row in found["files"]:
        severe = [each for each in row["problems"] if each["severity"] != "notable"]
        lines += [f"{each['severity']}: {row['name']}: {each['words']}" for each in severe]
    return lines


def _member(member: Mapping[str, Any]) -> str:
    if member["confidence"] == 1 and member["offset"] == 0:
        return str(member["name"])
    return (
        f"{member['name']} ({member['offset']:+.2f} s, speed {member['speed']:.4f}, "
        f"confidence {member['confidence']:.2f})"
    )
