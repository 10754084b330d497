"""The metadata of a FLAC derivative: the source's blocks, or its tags, and RIFF chunks."""

from __future__ import annotations

from typing import BinaryIO

from toolkit.io import flac
from toolkit.io.derivative import lasts_as_long
from toolkit.io.format import Format
from toolkit.io.policy import Carried
from toolkit.io.recording import Recording
from toolkit.io.riff import name_of
from toolkit.io.riff_writer import Piece, Plan, fitting
from toolkit.values import Audio

_PLAIN = (b"fmt ", b"data", b"fact", b"PEAK")
Metadata = list[tuple[int, bytes]]


def assemble(
    source: Recording | None,
    file: BinaryIO | None,
    carried: Carried,
    audio: Audio,
    format: Format,
    software: str,
) -> Metadata:
    """Return the (kind, payload) of every block behind STREAMINFO; adds to the warnings.

    Comments gain the software's name. Padding and seek points are left out, and a cue sheet when
    the length changed. RIFF chunks follow as ``flac --keep-foreign-metadata`` stores them.
    """
    metadata: Metadata = []
    if source is not None and file is not None:
        keeps_cues = lasts_as_long(audio, source) and audio.sample_rate == source.format.sample_rate
        metadata = _kept(source, file, software, carried.warnings, keeps_cues=keeps_cues)
    if all(kind != flac.COMMENT for kind, _ in metadata):
        metadata.insert(0, (flac.COMMENT, flac.build_comments(audio.tags, software)))
    if source is not None and any(chunk.id not in _PLAIN for chunk in source.chunks):
        metadata += _foreign(carried, file, audio, format)
    return metadata


def _kept(
    source: Recording, file: BinaryIO, software: str, warnings: list[str], *, keeps_cues: bool
) -> Metadata:
    kept: Metadata = []
    for block in source.contents.blocks:
        if block.kind in (flac.STREAMINFO, flac.PADDING, flac.SEEKTABLE):
            continue
        if block.kind == flac.CUESHEET and not keeps_cues:
            warnings.append("the cue sheet was left out: length or rate changed")
            continue
        payload = flac.load(file, block)
        if block.kind == flac.COMMENT:
            payload = flac.with_software(payload, software)
        if block.kind != flac.APPLICATION or payload[:4] != b"riff":
            kept.append((block.kind, payload))
    return kept


def _foreign(carried: Carried, file: BinaryIO | None, audio: Audio, format: Format) -> Metadata:
    before, after = _small(carried.before, carried), _small(carried.after, carried)
    num_bytes = audio.num_samples * format.block_align
    plan = fitting(Plan("wav", before, num_bytes, after, audio.num_samples))
    head = plan.head(plan.size)
    contents = [head[:12], head[12:]] if len(head) > 12 else [head]
    contents += [b"".join(plan.framed(piece, file)) for piece in before]
    contents.append(plan.header(b"data", num_bytes))
    contents += [b"".join(plan.framed(piece, file)) for piece in after]
    return [(flac.APPLICATION, b"riff" + content) for content in contents]


def _small(pieces: list[Piece], carried: Carried) -> tuple[Piece, ...]:
    """Return the pieces that fit into a block, with a warning for each that does not."""
    fits = []
    for piece in pieces:
        if piece.size < flac.MAX_BLOCK - 16 and len(piece.id) == 4:
            fits.append(piece)
        else:
            carried.warnings.append(f"chunk {name_of(piece.id)!r} is too large for FLAC: left out")
    return tuple(fits)
