"""Make a bag of an output: a folder that says itself whether it is whole (RFC 8493, 2018).

The bag is a new folder and the output stays as it is. Files are hard links where the disk allows
that, so that a bag costs no room; whatever this program writes later gets a new file and leaves the
bag's alone, but a program that writes into a file in place changes both. Every file is read once: a
bag is never born with a digest that is not true.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import toolkit
from toolkit.archive.checking import fixity
from toolkit.archive.checking.statements import LISTS, walk
from toolkit.archive.merged import Merged, merged
from toolkit.archive.naming import PICTURES, STATE_FOLDER
from toolkit.archive.telling.bag_text import BAG_MARK, DECLARATION, encoded, in_utf8, labels
from toolkit.archive.telling.document_names import is_document
from toolkit.errors import InputError, UsageError
from toolkit.io.atomic import replacing, storing

MANIFEST = "manifest-sha256.txt"
_TAG_MANIFEST = "tagmanifest-sha256.txt"
_INFO = "bag-info.txt"
_DATE = "Bagging-Date"
_PICTURES = f"{STATE_FOLDER}/{PICTURES}"
_NO_LINKS = (errno.EXDEV, errno.EPERM, errno.EMLINK, errno.EOPNOTSUPP, errno.ENOSYS)
_ESCAPED = (
    "Names that are not UTF-8 are given with their foreign bytes, and equals signs, as in =E9."
)


@dataclass(frozen=True)
class Facts:
    """Hold what a bag says of itself.

    Parameters
    ----------
    identifier : str
        ``External-Identifier``, such as an institution's number; the bag's name if empty.
    organization : str
        ``Source-Organization``; may be empty.
    description : str
        ``External-Description``; may be empty.
    """

    identifier: str = ""
    organization: str = ""
    description: str = ""


@dataclass(frozen=True)
class Bag:
    """Hold what a bag is: the folder, and how many files of how many bytes are its payload."""

    folder: Path
    num_files: int
    num_bytes: int


def bag(
    out: Path,
    state: Path,
    folder: Path | None = None,
    facts: Facts | None = None,
    *,
    threads: int = 1,
) -> Bag:
    """Make a bag of an output's results, differences, records and reports.

    A folder that is this very bag already stays as it is.

    Names that are no UTF-8, which no bag can list, are escaped, see
    `toolkit.archive.telling.bag_text.in_utf8`, and the bag says so.

    Parameters
    ----------
    out : Path
        The output's root.
    state : Path
        Folder of the manifests.
    folder : Path, optional
        The bag; by default beside the output, its name with ``.bag`` added.
    facts : Facts, optional
        What the bag says of itself.
    threads : int
        That read at the same time.

    Raises
    ------
    UsageError
        If the folder exists and is anything else, or two names become one.
    InputError
        If a file is missing or no longer what it was.
    ResourceError
        If the disk is full or refuses.
    """
    folder = folder or out.with_name(f"{out.resolve().name}.bag")
    facts = facts or Facts()
    if os.path.lexists(folder) and not (folder / BAG_MARK).is_file():
        raise UsageError(f"{folder} exists and is no bag", "name another folder, or move it away")
    part = folder.with_name(f".{folder.name}.part")
    with storing(str(part)):
        # What an interrupted attempt left; the output's lock keeps any other away.
        shutil.rmtree(part, ignore_errors=True)
        (part / "data").mkdir(parents=True)
    try:
        made = _fill(part, out, state, folder.name, facts, threads)
        if not folder.is_dir():
            with storing(str(folder)):
                part.rename(folder)
            return Bag(folder, *made)
        if _content(part) != _content(folder):
            raise UsageError(f"{folder} is another bag", "name another folder, or move it away")
        return Bag(folder, *made)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _fill(
    part: Path, out: Path, state: Path, name: str, facts: Facts, threads: int
) -> tuple[int, int]:
    """Write payload and tag files; return number and size of the payload's files."""
    count = total = 0
    is_escaped = False
    with merged(state) as batch, replacing(part / MANIFEST, force=True) as sink:
        placing = _Placing(out, part / "data")
        for item, (digest, size) in fixity.in_order(placing, _payload(batch, out), threads):
            if item.sha256 and item.sha256 != digest:
                raise InputError(
                    f"{item.path} is not what was written", "see: tonearm verify", code="E_CHANGED"
                )
            path = in_utf8(item.path)
            is_escaped = is_escaped or path != item.path
            sink.write(f"{digest}  {encoded(f'data/{path}')}\n".encode())
            count, total = count + 1, total + size
    digests = {MANIFEST: sink.sha256}
    info = labels(
        (
            ("Source-Organization", facts.organization),
            ("External-Identifier", facts.identifier or name),
            ("External-Description", facts.description),
            (_DATE, datetime.now(UTC).date().isoformat()),
            ("Payload-Oxum", f"{total}.{count}"),
            ("Bag-Software-Agent", f"tonearm {toolkit.__version__}"),
            ("Internal-Sender-Description", _ESCAPED if is_escaped else ""),
        )
    )
    for tag, text in ((BAG_MARK, DECLARATION), (_INFO, info)):
        digests[tag] = _write(part / tag, text)
    _write(part / _TAG_MANIFEST, "".join(f"{digests[tag]}  {tag}\n" for tag in sorted(digests)))
    return count, total


@dataclass(frozen=True)
class _Item:
    """Hold a file of the payload; its digest where one is recorded."""

    path: str
    sha256: str = ""


def _payload(batch: Merged, out: Path) -> Iterator[_Item]:
    """Yield what belongs into the bag: what the manifests know, then what describes it."""
    for file in batch.files():
        yield _Item(file.path, file.sha256)
    known = set(LISTS)
    for path in walk(out):
        if is_document(path) or path in known:
            yield _Item(path)
    # The pages of the report show them.
    if (out / _PICTURES).is_dir():
        yield from (_Item(f"{_PICTURES}/{path}") for path in walk(out / _PICTURES))


@dataclass(frozen=True)
class _Placing:
    """Put files below a folder; called in threads."""

    out: Path
    data: Path

    def __call__(self, item: _Item) -> tuple[str, int]:
        """Put one file there; return its digest and size as it lies there."""
        source, target = self.out / item.path, self.data / in_utf8(item.path)
        with storing(str(target)):
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                _link_or_copy(source, target)
            except FileExistsError as error:
                raise UsageError(
                    f"two files would be {in_utf8(item.path)} in the bag", "rename one of them"
                ) from error
            except FileNotFoundError as error:
                raise InputError(
                    f"{item.path} is missing", "see: tonearm verify", code="E_MISSING"
                ) from error
            found = fixity.digests(target, ("sha256",))
            return found["sha256"], target.stat().st_size


def _link_or_copy(source: Path, target: Path) -> None:
    # A link to a symbolic link would be one, and lead nowhere on another machine.
    if not source.is_symlink():
        try:
            target.hardlink_to(source)
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
        else:
            return
    with target.open("xb") as copy, source.open("rb") as original:
        shutil.copyfileobj(original, copy, 2**20)
        copy.flush()
        os.fsync(copy.fileno())
    shutil.copystat(source, target)


def _write(path: Path, text: str) -> str:
    with replacing(path, force=True) as sink:
        sink.write(text.encode())
    return sink.sha256


def _content(folder: Path) -> tuple[bytes, list[bytes]]:
    """Return what makes a bag the same as another: its payload and, but for the date, its facts."""
    try:
        info: Iterable[bytes] = (folder / _INFO).read_bytes().splitlines()
        manifest = (folder / MANIFEST).read_bytes()
    except FileNotFoundError:
        return b"", []
    return manifest, [each for each in info if not each.startswith(_DATE.encode())]
