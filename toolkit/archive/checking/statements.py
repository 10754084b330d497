"""Who says what the files of an output should be: manifests, lists of digests, bags, records."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePosixPath

from toolkit.archive.checking import fixity
from toolkit.archive.checking.ledger import Statement
from toolkit.archive.manifest import Manifest
from toolkit.archive.merged import parse_record
from toolkit.archive.naming import STATE_FOLDER
from toolkit.archive.telling.bag_text import BAG_MARK, decoded
from toolkit.errors import InputError, ResourceError

LISTS = tuple(f"fixity.{name}" for name in fixity.ALGORITHMS)
"""Names under which lists of digests are looked for in an output."""

Damaged = Callable[[str, str], None]
"""Called as damaged(list, what is wrong) for every line that cannot be read."""


def from_manifest(part: Manifest, index: int) -> Iterator[Statement]:
    """Yield what a manifest says, the `index`-th of those that are read."""
    for held in part.jobs():
        for file in part.files(held.id):
            yield Statement(
                file.path, "the manifest", "sha256", file.sha256, file.size, index, held.id
            )


def from_lists(out: Path | None, more: Iterable[Path], damaged: Damaged) -> Iterator[Statement]:
    """Yield what lists say: those in an output, those of a bag, and further ones."""
    for path in more:
        yield from _listed(path, str(path), damaged)
    if out is None:
        return
    for name in LISTS:
        if (out / name).is_file():
            yield from _listed(out / name, name, damaged)
    if (out / BAG_MARK).is_file():
        for path in sorted(out.glob("*manifest-*.txt")):
            for each in _listed(path, path.name, damaged):
                name = decoded(each.path)
                yield Statement(name, each.origin, each.algorithm, each.digest)


def from_records(out: Path, paths: Iterable[str]) -> Iterator[Statement]:
    """Yield what the records among some files of an output say of their results."""
    for path in paths:
        if not path.endswith(".json"):
            continue
        try:
            found = parse_record((out / path).read_bytes())
        except OSError:
            # It is named by no other then, and told of as a file that nobody knows.
            continue
        if found is None:
            continue
        yield Statement(path, "itself")
        yield Statement(
            path.removesuffix(".json"), path, "sha256", str(found["output"].get("sha256", ""))
        )
        if difference := found["output"].get("difference"):
            yield Statement(str(PurePosixPath(path).with_name(difference)), path)


def _listed(path: Path, origin: str, damaged: Damaged) -> Iterator[Statement]:
    with path.open("rb") as file:
        for number, text in enumerate(file, 1):
            try:
                digest, name = fixity.parse(text)
            except InputError:
                damaged(origin, f"line {number} is no line of a list of digests")
                continue
            yield Statement(name, origin, fixity.algorithm_of(digest), digest)


def walk(root: Path) -> Iterator[str]:
    """Yield the paths of all files below a folder, by path, but not those of the state.

    Raises
    ------
    ResourceError
        If a folder cannot be read.
    """
    yield from _walk(root, "")


def _walk(root: Path, below: str) -> Iterator[str]:
    try:
        with os.scandir(root / below) as found:
            inside = [(each.name, each.is_dir(follow_symlinks=False)) for each in found]
    except OSError as error:
        raise ResourceError(
            f"the folder {root / below} cannot be read: {error.strerror}",
            "check its permissions and the disk",
        ) from error
    # As paths are sorted, not names: "a.wav" comes before "a/b.wav".
    for name, is_folder in sorted(inside, key=lambda each: os.fsencode(each[0] + "/" * each[1])):
        if not is_folder:
            yield below + name
        elif below or name != STATE_FOLDER:
            yield from _walk(root, f"{below}{name}/")


def is_inside(path: str) -> bool:
    """Return whether a relative path stays below its root."""
    pure = PurePosixPath(path)
    return not pure.is_absolute() and ".." not in pure.parts and bool(pure.parts)
