"""``report``: the pages of a batch."""

from __future__ import annotations

from typing import Annotated

import typer

from toolkit.cli.terminal import progress, result


def report(
    out: Annotated[str, typer.Argument(metavar="OUT", help="The output of a batch.")],
    state: Annotated[
        str, typer.Option(metavar="FOLDER", help="Where the manifest is; default: in the output.")
    ] = "",
    pages: Annotated[
        bool, typer.Option("--pages/--no-pages", help="A page for each recording as well.")
    ] = True,
    institution: Annotated[str, typer.Option(help="Who is responsible; for PREMIS.")] = "",
) -> None:
    """Write the documents of a batch: pages, tables, fixity and PREMIS, all shards together.

    Example: tonearm report restored/
    """
    from toolkit.archive.places import state_folder
    from toolkit.archive.telling import documents

    with progress("pages", ("pages",)) as callback:
        index = documents.write(
            out,
            state_folder(out, state),
            each=pages,
            institution=institution,
            progress=lambda done, total: callback("pages", done, total),
        )
    result(str(index))
