"""Say how audio is stored: the `Format` of a file, and the ``fmt`` chunk of a WAV file."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from toolkit.errors import InputError, UsageError

MAX_CHANNELS = 32
MIN_RATE, MAX_RATE = 4_000, 768_000
WAV_FAMILY = ("wav", "rf64", "bw64", "w64")
_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_GUID_TAIL = bytes.fromhex("000000001000800000aa00389b71")
_FMT = struct.Struct("<HHIIHH")
_INTEGERS = {1: "pcm_u8", 2: "pcm_s16", 3: "pcm_s24", 4: "pcm_s32"}
_FLOATS = {4: "float32", 8: "float64"}
BYTES = {name: size for size, name in (*_INTEGERS.items(), *_FLOATS.items())}
"""Bytes a sample of each linear encoding."""

# Speaker positions of WAVE_FORMAT_EXTENSIBLE, bit 0 first, as the FFmpeg libraries name them.
_SPEAKERS = (
    *("FL", "FR", "FC", "LFE", "BL", "BR", "FLC", "FRC", "BC", "SL", "SR"),
    *("TC", "TFL", "TFC", "TFR", "TBL", "TBC", "TBR"),
)


@dataclass(frozen=True)
class Format:
    """Hold how the audio of a file is stored.

    Parameters
    ----------
    container : str
        ``wav``, ``rf64``, ``bw64``, ``w64``, ``flac``, ``aiff``, ``mp3`` …
    encoding : str
        ``pcm_u8``, ``pcm_s16``, ``pcm_s24``, ``pcm_s32``, ``float32``, ``float64``, or the name of
        a codec.
    sample_rate : int
        In Hz, 4000..768000.
    num_channels : int
        1..32.
    bits : int
        Bits of a sample that count, at most those of the encoding; 0 for a lossy codec.
    channel_mask : int
        Speaker positions as in WAVE_FORMAT_EXTENSIBLE, 0 when unsaid.
    extensible : bool
        Whether a WAV file says so with WAVE_FORMAT_EXTENSIBLE.
    """

    container: str
    encoding: str
    sample_rate: int
    num_channels: int
    bits: int
    channel_mask: int = 0
    extensible: bool = False

    @property
    def is_linear(self) -> bool:
        """Return whether samples are stored as plain numbers."""
        return self.encoding in BYTES

    @property
    def is_float(self) -> bool:
        """Return whether samples are stored as floating-point numbers."""
        return self.encoding in ("float32", "float64")

    @property
    def sample_size(self) -> int:
        """Return the bytes of one sample of one channel in a linear encoding."""
        return BYTES[self.encoding]

    @property
    def block_align(self) -> int:
        """Return the bytes of one sample of all channels in a linear encoding."""
        return self.num_channels * self.sample_size


def check_range(sample_rate: int, num_channels: int) -> None:
    """Refuse rates and channel counts that no recording has.

    Raises
    ------
    InputError
        ``E_RATE`` or ``E_CHANNELS``.
    """
    if not 1 <= num_channels <= MAX_CHANNELS:
        raise InputError(
            f"{num_channels} channels: 1 to {MAX_CHANNELS} are supported",
            "the header may be damaged",
            code="E_CHANNELS",
        )
    if not MIN_RATE <= sample_rate <= MAX_RATE:
        raise InputError(
            f"sample rate {sample_rate} Hz: {MIN_RATE} to {MAX_RATE} are supported",
            "the header may be damaged",
            code="E_RATE",
        )


def parse_fmt(payload: bytes, container: str) -> Format:
    """Return the format a ``fmt`` chunk describes.

    The encoding of anything but linear samples is ``wav_0x`` and the tag: FFmpeg's task.

    Raises
    ------
    InputError
        ``E_FORMAT``, ``E_RATE``, ``E_CHANNELS`` or ``E_BITS`` when the chunk makes no sense.
    """
    if len(payload) < _FMT.size:
        raise InputError("the fmt chunk is too short", "is the file damaged?", code="E_FORMAT")
    tag, num_channels, rate, _, block_align, bits = _FMT.unpack_from(payload)
    check_range(rate, num_channels)
    extensible = tag == _EXTENSIBLE and len(payload) >= 40
    mask = 0
    valid = bits
    if extensible:
        valid, mask = struct.unpack_from("<HI", payload, 18)
        tag = int.from_bytes(payload[24:26], "little") if payload[26:40] == _GUID_TAIL else tag
    if tag not in (_PCM, _FLOAT):
        return Format(container, f"wav_0x{tag:04x}", rate, num_channels, 0, mask, extensible)
    size = _sample_size(tag, bits, block_align, num_channels)
    encoding = (_FLOATS if tag == _FLOAT else _INTEGERS)[size]
    valid = valid if tag == _PCM and 0 < valid <= 8 * size else 8 * size
    return Format(container, encoding, rate, num_channels, valid, mask, extensible)


def _sample_size(tag: int, bits: int, block_align: int, num_channels: int) -> int:
    size, rest = divmod(block_align, num_channels)
    known = _FLOATS if tag == _FLOAT else _INTEGERS
    if rest or size not in known or not 0 < bits <= 8 * size:
        kind = "float" if tag == _FLOAT else "integer"
        raise InputError(
            f"{bits}-bit {kind} samples of {block_align} bytes for {num_channels} channels",
            "8 to 32-bit integers and 32 or 64-bit floats are supported",
            code="E_BITS",
        )
    return size


def build_fmt(format: Format) -> bytes:
    """Return the payload of the ``fmt`` chunk for a linear format.

    What the plain form cannot say (speakers, bits that do not fill their bytes) is written as
    WAVE_FORMAT_EXTENSIBLE.
    """
    size = format.sample_size
    tag = _FLOAT if format.is_float else _PCM
    rate, block = format.sample_rate, format.block_align
    head = (format.num_channels, rate, rate * block, block, 8 * size)
    if not (format.extensible or format.channel_mask or format.bits != 8 * size):
        plain = _FMT.pack(tag, *head)
        return plain + b"\0\0" if format.is_float else plain
    guid = tag.to_bytes(2, "little") + _GUID_TAIL
    extension = struct.pack("<HHI", 22, format.bits, format.channel_mask) + guid
    return _FMT.pack(_EXTENSIBLE, *head) + extension


def mask_of(speakers: list[str]) -> int:
    """Return the channel mask of speaker names such as ``FL`` and ``LFE``, 0 when one is unknown.

    Plain mono and stereo need no mask.

    Examples
    --------
    >>> hex(mask_of(["FL", "FR", "FC", "LFE", "SL", "SR"]))
    '0x60f'
    """
    if len(speakers) <= 2 or not set(speakers) <= set(_SPEAKERS):
        return 0
    return sum(1 << _SPEAKERS.index(name) for name in speakers)


def container_for(suffix: str, wanted: str) -> str:
    """Return the container for a file name's suffix, close to the one wanted.

    Raises
    ------
    UsageError
        If nothing can be written under that suffix.
    """
    suffix = suffix.lower()
    if suffix in (".wav", ".wave", ".bwf", ""):
        keeps = ("rf64", "bw64") if suffix else (*WAV_FAMILY, "flac")
        return wanted if wanted in keeps else "wav"
    known = {".rf64": "rf64", ".bw64": "bw64", ".w64": "w64", ".flac": "flac"}
    if suffix not in known:
        raise UsageError(f"cannot write {suffix} files", "name it .wav, .flac, .w64 or .rf64")
    return known[suffix]
