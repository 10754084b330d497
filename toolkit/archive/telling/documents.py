"""Write what is said about a collection: pages, tables, fixity, PREMIS, and the bag."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import toolkit
from toolkit.archive.checking import fixity
from toolkit.archive.merged import files_of, merged
from toolkit.archive.places import is_url, output_at
from toolkit.archive.telling import bag, document_names, pages, premis, tables
from toolkit.archive.telling.bag_text import encoded, in_utf8
from toolkit.archive.telling.preservation import Terms
from toolkit.errors import UsageError
from toolkit.io.atomic import replacing

_MOST_BAGS = 1000


def write(
    out: str,
    state: Path,
    *,
    each: bool = True,
    institution: str = "",
    progress: Callable[[float, float], None] = lambda done, total: None,
) -> Path:
    """Write all documents beside the results; return the first page.

    They are ``report.html`` with a page for each recording, ``report.csv``, ``quarantine.csv``,
    ``premis.xml`` and ``fixity.sha256``. Those of an output at a URL go to the state folder. They
    stay as they are while there is nothing new to tell.

    Parameters
    ----------
    out : str
        Root of the results.
    state : Path
        The folder of the manifests; those of all shards are taken together.
    each : bool
        Whether recordings have pages of their own.
    institution : str
        Who is responsible, for PREMIS.
    progress : callable
        Of the pages, as ``progress(done, total)``.

    Raises
    ------
    UsageError
        If there is no manifest.
    ResourceError
        If something cannot be stored.
    """
    root = Path(state if is_url(out) else out)
    index, mark = root / document_names.INDEX, state / "documents.mark"
    with merged(state) as batch:
        word = f"{toolkit.__version__} {each} {institution} {batch.mark()}"
    names = (index.name, *document_names.TABLES, fixity.LIST_NAME)
    if all((root / name).is_file() for name in names) and _is_marked(mark, word):
        return index
    read = files_of(output_at(out))
    pages.write(out, state, each=each, read=read, progress=progress)
    tables.write_report(state, root / document_names.REPORT, read)
    tables.write_quarantine(state, root / document_names.QUARANTINE)
    terms = Terms(institution=institution)
    premis.write(state, root / document_names.PREMIS, read, name=Path(out).name, terms=terms)
    # So that the tables are vouched for too.
    fixity.write_list(state, root / fixity.LIST_NAME, also=document_names.TABLES)
    with replacing(mark, force=True) as sink:
        sink.write(word.encode())
    return index


def _is_marked(path: Path, word: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == word


def pack(out: str, state: Path, institution: str = "") -> Path:
    """Make a BagIt package of an output in a folder; return its own folder.

    It is ``OUT.bag``. One that holds all results already stays as it is; when the output has grown
    since, the new one is ``OUT.2.bag``, and so on.

    Raises
    ------
    UsageError
        For an output at a URL, or if a folder that is no bag is in the way.
    InputError
        If a file is missing or no longer what it was.
    """
    if is_url(out):
        raise UsageError("a bag is made of an output in a folder", "copy it to a folder first")
    root = Path(out)
    facts = bag.Facts(organization=institution)
    for number in range(1, _MOST_BAGS):
        folder = root.with_name(f"{root.resolve().name}{'' if number == 1 else f'.{number}'}.bag")
        if not folder.exists():
            return bag.bag(root, state, folder, facts).folder
        if _holds(folder, state):
            return folder
    raise UsageError(f"{root} has too many bags", "move them away")


def _holds(folder: Path, state: Path) -> bool:
    """Return whether a bag lists every result and record with the digest that it has now."""
    try:
        listed = set((folder / bag.MANIFEST).read_bytes().splitlines())
    except FileNotFoundError:
        return False
    with merged(state) as batch:
        return all(
            f"{file.sha256}  {encoded(f'data/{in_utf8(file.path)}')}".encode() in listed
            for file in batch.files()
        )
