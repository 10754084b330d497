"""``verify``: whether the files of an output, or of a bag, are still what was written."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from toolkit.cli.cores import num_cores
from toolkit.cli.options import AsJson, Quiet
from toolkit.cli.terminal import SOME_FAILED, progress, result, say

if TYPE_CHECKING:
    from toolkit.archive.checking.findings import Finding, Verdict


def verify(
    out: Annotated[
        str, typer.Argument(metavar="OUT", help="Output of a batch, folder or URL, or a bag of it.")
    ],
    state: Annotated[
        str, typer.Option(metavar="FOLDER", help="Where the manifest is, if not inside OUT.")
    ] = "",
    without_manifest: Annotated[
        bool,
        typer.Option("--without-manifest", help="Believe records and lists alone; write nothing."),
    ] = False,
    lists: Annotated[
        list[Path] | None,
        typer.Option(
            "--list", metavar="FILE", help="Check a list of digests too, as of sha256sum, md5sum."
        ),
    ] = None,
    write_list: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a list of what was found.")
    ] = None,
    algorithm: Annotated[
        str, typer.Option(help="Of the list that is written: sha256, sha512 or md5.")
    ] = "sha256",
    jobs: Annotated[
        int, typer.Option("-j", "--jobs", min=0, help="Threads that read; 0: one for each core.")
    ] = 0,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Check every file of a batch's output against what is recorded of it.

    Finds what was changed, is missing, or was added, and ends with 3 if there is any such.

    Examples: tonearm verify restored/    tonearm verify restored.bag/ --jobs 4
    """
    from toolkit.archive.checking.shelf import shelf_at
    from toolkit.archive.checking.verify import Check
    from toolkit.archive.checking.verify import verify as look
    from toolkit.archive.telling.plain_text import escaped

    folder = None if without_manifest else _state_of(out, state)
    check = Check(
        shelf=shelf_at(out),
        state=folder,
        lists=tuple(lists or ()),
        threads=jobs or num_cores(),
        write=write_list,
        algorithm=algorithm,
    )

    def report(finding: Finding) -> None:
        if as_json:
            facts = {key: value for key, value in asdict(finding).items() if key != "job"}
            result(json.dumps({"event": "finding", **facts}))
        else:
            result(f"{finding.kind}: {escaped(finding.path)}")
            if not quiet:
                result(f"  {escaped(finding.detail)}")

    with progress(out, ("verify",)) as callback:
        verdict = look(check, report, callback)
    if as_json:
        facts = asdict(verdict) | {"findings": dict(verdict.findings), "sound": verdict.is_sound}
        result(json.dumps({"event": "summary", **facts}))
    else:
        say(_summary(verdict))
    if not verdict.is_sound:
        raise typer.Exit(SOME_FAILED)


def _state_of(out: str, state: str) -> Path | None:
    """Return the folder of the manifests; None for a bag or a copy that has none with it."""
    from toolkit.archive.places import state_folder

    folder = state_folder(out, state)
    return folder if state or any(folder.glob("*.sqlite")) else None


def _summary(verdict: Verdict) -> str:
    found = ", ".join(f"{count} {kind}" for kind, count in verdict.findings.items() if count)
    rate = verdict.num_bytes / 1e6 / max(verdict.seconds, 1e-3)
    return (
        f"{verdict.num_files} files, {verdict.num_bytes / 1e9:.2f} GB in {verdict.seconds:.0f} s "
        f"({rate:.0f} MB/s): {found or 'all as they were written'}"
    )
