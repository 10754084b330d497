"""Write stems into a folder that is there whole or not at all."""

from __future__ import annotations

import hashlib
import json
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from toolkit import chunks
from toolkit.batch import LOSSLESS
from toolkit.errors import UsageError
from toolkit.stage import did_you_mean
from toolkit.values import Audio, Stems

if TYPE_CHECKING:
    from toolkit.io.format import Format
    from toolkit.io.recording import Recording
    from toolkit.run import Run

REST = "rest"
RECORD, PICTURE = "record.json", "spectrogram.png"
_FORMATS = ("same", "pcm_s16", "pcm_s24", "float32", "flac")
_BLOCK = 1 << 17
# Less than one by what rounding and dither may add at 16 bits.
_FULL_SCALE = 1 - 2.0**-14


@dataclass(frozen=True)
class Written:
    """Hold what was written: facts by stem, a hash of the whole, and what was done differently.

    The hash is that of the lines ``sha256sum FILE...`` prints for the stems, in order.
    """

    stems: Mapping[str, dict[str, Any]]
    sha256: str
    warnings: tuple[str, ...]


def check_format(word: str) -> None:
    """Refuse a format that stems cannot be written in.

    Raises
    ------
    UsageError
        Names the ones that can.
    """
    if word not in _FORMATS:
        raise UsageError(
            f"--format {word!r} is not one of {', '.join(_FORMATS)}",
            did_you_mean(word, _FORMATS) or "leave it out: stems are stored as the input is",
        )


def check_folder(folder: Path, *, force: bool) -> None:
    """Refuse a folder that must not be replaced.

    Raises
    ------
    UsageError
        If it exists and `force` is not set, or it is none that `write` has made.
    """
    if not folder.exists():
        return
    if not force:
        raise UsageError(f"{folder} exists already", "replace it with --force, or use --out FOLDER")
    if not _is_ours(folder):
        raise UsageError(
            f"{folder} holds what tonearm did not make: it is not replaced", "use --out FOLDER"
        )


def check_stems(names: Iterable[str], wanted: tuple[str, ...]) -> None:
    """Refuse wanted stems that a model does not make, before it is put to work.

    Raises
    ------
    UsageError
        Names the ones that it makes.
    """
    names = tuple(names)
    for name in wanted:
        if name not in (*names, REST):
            raise UsageError(
                f"there is no stem {name!r}",
                did_you_mean(name, (*names, REST)) or f"there are: {', '.join(names)}, {REST}",
            )


def choose(stems: Stems, wanted: tuple[str, ...], run: Run) -> Stems:
    """Return the wanted stems in the order given, all for none; ``rest`` is all others' sum."""
    names = tuple(dict.fromkeys(wanted))
    if not names:
        return stems
    others = [audio for name, audio in stems.items() if name not in names]
    return Stems(
        {name: _sum(others, stems, run) if name == REST else stems[name] for name in names}
    )


def write(
    folder: Path, stems: Stems, recording: Recording, format: str, model: str, run: Run
) -> Written:
    """Write every stem as NAME.wav or .flac, all in one format, and return facts on them.

    Where a stem reaches full scale and the format would cut it, all become 32-bit floats: scaled
    stems would no longer add up to the recording.
    """
    from toolkit.io import audio_file

    chosen, suffix = _format(recording, format)
    notes: list[str] = []
    if not (chosen or recording.format).is_float:
        loud = [name for name, audio in stems.items() if _peak(audio) >= _FULL_SCALE]
        if loud:
            notes.append(f"stored as 32-bit floats: {', '.join(loud)} would be cut at full scale")
            chosen, suffix = _as(recording, "float32", 32), ".wav"
    local = run.for_step("write")
    facts: dict[str, dict[str, Any]] = {}
    digest = hashlib.sha256()
    for place, (name, audio) in enumerate(stems.items()):
        written = audio_file.write(
            folder / f"{name}{suffix}",
            audio,
            recording,
            rng=local.rng(name),
            history=f"separate {Path(model).name}: {name}; src sha256:{recording.sha256[:16]}",
            format=chosen,
            progress=_share(local, place, len(stems)),
        )
        facts[name] = {
            "name": f"{name}{suffix}",
            "sha256": written.sha256,
            "format": asdict(written.format),
            "clipped": written.clipped,
        }
        digest.update(f"{written.sha256}  {name}{suffix}\n".encode())
        notes += [each for each in written.warnings if each not in notes]
    return Written(facts, digest.hexdigest(), tuple(notes))


def _share(run: Run, place: int, count: int) -> Callable[[float, float], None]:
    return lambda done, total: run.tick(place + done / total, count)


@contextmanager
def appearing(folder: Path, *, force: bool) -> Iterator[Path]:
    """Yield a hidden folder beside the target that takes its name when the block ends well.

    Raises
    ------
    UsageError
        As `check_folder`.
    ResourceError
        If the disk is full or the folder cannot be made.
    """
    from toolkit.io.atomic import storing

    mark = secrets.token_hex(4)
    part = folder.with_name(f".{mark}.part")
    with storing(str(folder)):
        part.mkdir()
    try:
        yield part
        check_folder(folder, force=force)
        with storing(str(folder)):
            if folder.exists():
                old = folder.with_name(f".{mark}.old")
                folder.rename(old)
                part.rename(folder)
                shutil.rmtree(old)
            else:
                part.rename(folder)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


def _is_ours(folder: Path) -> bool:
    """Return whether a folder holds a record of ours, and no file that the record does not name.

    What somebody has put beside the results must not go with them.
    """
    try:
        found = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        output = found["output"]
        names = {facts["name"] for facts in output.get("stems", {}).values()}
        names |= set(output.get("files", ()))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False
    inside = {
        each.relative_to(folder).as_posix() for each in folder.rglob("*") if not each.is_dir()
    }
    return bool(names) and inside <= names | {RECORD, PICTURE}


def _format(recording: Recording, word: str) -> tuple[Format | None, str]:
    """Return the format asked for (None for the source's own) and the suffix of its files."""
    source = recording.format
    path = recording.path
    suffix = path.suffix.lower() if path else ".wav"
    if word == "flac":
        return _as(recording, "pcm_s24", 24), ".flac"
    if word != "same":
        bits = {"pcm_s16": 16, "pcm_s24": 24, "float32": 32}[word]
        return _as(recording, word, bits), ".wav"
    if source.encoding == "pcm_u8":
        # The rounding of five stems to eight bits would be heard in their sum.
        return _as(recording, "pcm_s16", 16), ".wav"
    return None, suffix if suffix in LOSSLESS else ".wav"


def _as(recording: Recording, encoding: str, bits: int) -> Format:
    return replace(recording.format, container="wav", encoding=encoding, bits=bits)


def _peak(audio: Audio) -> float:
    return max(
        (
            float(np.abs(block.samples).max(initial=0))
            for block in chunks.blocks(audio.samples, size=_BLOCK)
        ),
        default=0.0,
    )


def _sum(parts: list[Audio], stems: Stems, run: Run) -> Audio:
    """Return the sum of some stems, computed block by block."""
    first = next(iter(stems.values()))
    total = run.scratch(first.samples.shape)
    for audio in parts:
        for block in chunks.blocks(audio.samples, size=_BLOCK):
            total[:, block.span] += block.samples
            chunks.release(total)
    return first.with_samples(total)
