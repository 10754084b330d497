"""Name results: a template, a mirrored tree, never a collision, never a way out of the root."""

from __future__ import annotations

import hashlib
import string
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath

from toolkit.archive.raw_names import to_bytes
from toolkit.batch import LOSSLESS
from toolkit.errors import UsageError
from toolkit.io.result_names import shortened, stem_at, told_apart

TEMPLATE = "{folder}/{stem}.{role}{revision}{suffix}"
_FIELDS = ("folder", "stem", "role", "pipeline", "revision", "suffix")
_NEEDED = ("stem", "revision", "suffix")
STATE_FOLDER = ".tonearm"
PICTURES = "pictures"
# What a record, and the mark of what was taken away, add to a name.
_ADDED = ".removed.json"


@dataclass(frozen=True)
class Naming:
    """Hold how results are named.

    Parameters
    ----------
    role : str
        The word that marks a derivative: ``restored``.
    pipeline : str
        Name of the pipeline.
    template : str
        Path below the output's root with ``{folder}`` and ``{stem}`` of the recording, ``{role}``,
        ``{pipeline}``, ``{revision}`` (empty, then ``.2``, ``.3`` …) and ``{suffix}``.

    Raises
    ------
    UsageError
        For a template that lacks what keeps results apart, or leads out of the root.
    """

    role: str = "restored"
    pipeline: str = ""
    template: str = TEMPLATE

    def __post_init__(self) -> None:
        names = self._fields()
        for name in names:
            if name not in _FIELDS:
                raise UsageError(f"--name: {{{name}}} is not known", f"known: {', '.join(_FIELDS)}")
        missing = [name for name in _NEEDED if name not in names]
        if missing:
            raise UsageError(
                f"--name {self.template!r} lacks {{{missing[0]}}}", f"the default: {TEMPLATE}"
            )
        self.target("folder/name.wav")

    def _fields(self) -> list[str]:
        try:
            parts = list(string.Formatter().parse(self.template))
        except ValueError as error:
            raise UsageError(
                f"--name {self.template!r}: {error}", f"the default: {TEMPLATE}"
            ) from error
        if any(spec or conversion for _, _, spec, conversion in parts):
            raise UsageError(
                f"--name {self.template!r}: only plain {{fields}}", f"the default: {TEMPLATE}"
            )
        return [name for _, name, _, _ in parts if name is not None]

    def target(self, source: str, revision: int = 1, level: int = 0) -> str:
        """Return the path of a recording's result, below the output's root.

        Parameters
        ----------
        source : str
            Path below the collection's root.
        revision : int
            Counted from 1.
        level : int
            Of `toolkit.io.result_names.stem_at`, for results that would otherwise share a name.
        """
        path = PurePosixPath(source)
        suffix = path.suffix if path.suffix.lower() in LOSSLESS else ".wav"
        filled = self.template.format(
            folder=str(path.parent),
            stem=stem_at(path, source, level),
            role=self.role,
            pipeline=self.pipeline,
            revision="" if revision == 1 else f".{revision}",
            suffix=suffix,
        )
        return _safe(filled, suffix)


def assign(
    sources: Iterable[str], naming: Naming, is_taken: Callable[[str, str], bool]
) -> dict[str, str]:
    """Return the target of each recording, all different, also where case does not count.

    Depends on the set of recordings and not on their order, so that every shard that sees the same
    collection comes to the same names.

    Parameters
    ----------
    is_taken : callable
        ``is_taken(source, target)`` says whether a target is another recording's already.
    """
    return told_apart(
        sources, lambda source, level: naming.target(source, 1, level), is_taken=is_taken
    )


def difference_of(path: Path) -> Path:
    """Return where what was taken away goes, beside a result."""
    return path.with_name(f"{path.stem}.removed{path.suffix}")


def picture_at(manifest: Path, job: int) -> Path:
    """Return where the picture of a job goes, in a folder beside the manifest."""
    return manifest.parent / PICTURES / f"{manifest.stem}-{job:08d}.png"


def shard_of(source: str, count: int) -> int:
    """Return which of `count` shards, counted from 1, a recording belongs to."""
    digest = hashlib.sha256(to_bytes(source)).digest()
    return int.from_bytes(digest[:8], "big") % count + 1


def _safe(text: str, suffix: str) -> str:
    """Return a relative path without ``.`` and ``..``, its last name short enough to be stored."""
    parts = [part for part in text.split("/") if part not in ("", ".")]
    out = text.startswith("/") or ".." in parts or PurePath(text).drive
    if not parts or out or "\0" in text or parts[0] == STATE_FOLDER:
        raise UsageError(f"{text!r} leads out of the output", "give another template")
    name = parts[-1].removesuffix(suffix)
    return "/".join((*parts[:-1], shortened(name, f"{suffix}{_ADDED}") + suffix))
