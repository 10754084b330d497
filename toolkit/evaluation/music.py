"""Clean music that is rendered on the spot: one set to tune on, another to report on.

Constants of the stages were chosen on `DEVELOPMENT`. The works of `HELD_OUT` must be used for
neither tuning nor training: hold out the whole work, not the excerpt. All notes are pinned by
hash, so that two people who report figures have heard the same music. Renders are kept in the cache
folder, named by everything that decides their samples.
"""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass

import numpy as np
from scipy import signal

from toolkit.adapters import scores, soundfont
from toolkit.cache import cache_dir, keeping
from toolkit.evaluation.pins import check_pinned
from toolkit.values import DRUMS, Audio, Note, Notes, Samples

SAMPLE_RATE = 44100

_RENDER_VERSION = 1
_FLUTE, _OBOE, _CLARINET, _HORN, _BASSOON = 73, 68, 71, 60, 70
_VIOLIN, _VIOLA, _CELLO, _STRINGS, _BRASS, _TIMPANI = 40, 41, 42, 48, 61, 47
_PIANO, _BRIGHT_PIANO, _HARPSICHORD, _TUBA = 0, 1, 6, 58
_SLOW_STRINGS, _TENOR_SAX, _TROMBONE, _TRUMPET, _ORGAN = 49, 66, 57, 56, 19


@dataclass(frozen=True)
class Piece:
    """Describe one item.

    Parameters
    ----------
    name : str
        What tables call it.
    work : str
        Path in music21's corpus.
    tempo : float
        Quarter notes a minute.
    programs : tuple[tuple[int, ...], ...]
        As in `toolkit.adapters.scores.corpus_notes`.
    first, length : float
        Excerpt in quarter notes.
    level_db : float
        RMS of the render, dB re full scale.
    band : tuple[float, float], optional
        Keeps only these frequencies, in Hz, as the recording chain of an old record did.
    drums : bool
        Adds a march beat.
    sha256 : str
        Of the notes as `toolkit.evaluation.pins.fingerprint` gives it.
    """

    name: str
    work: str
    tempo: float
    programs: tuple[tuple[int, ...], ...]
    first: float
    length: float
    level_db: float
    sha256: str
    band: tuple[float, float] | None = None
    drums: bool = False


DEVELOPMENT = (
    Piece(
        "strings",
        "bach/bwv66.6",
        84,
        ((_STRINGS,),),
        0,
        12,
        -20,
        "6667083f60219a26f1f37f34d4cda755274b95ff367dd53d8af0025b66a456b1",
    ),
    Piece(
        "piano-sonata",
        "mozart/k545/movement1_exposition",
        126,
        ((_PIANO,),),
        0,
        18,
        -22,
        "3d1c0060327e9f087ceb6313ebece4466520e36be8ecde7e6a1ba9127b624b57",
    ),
    Piece(
        "percussive",
        "leadSheet/berlinAlexandersRagtime",
        176,
        ((_BRASS, _CLARINET),),
        0,
        26,
        -17,
        "2741ac0ec948b2dde569d112450099793e0a4633672e2f91da70b2037fb8ac41",
        drums=True,
    ),
    Piece(
        "string-quartet",
        "beethoven/opus18no1/movement1.mxl",
        150,
        ((_VIOLIN,), (_VIOLIN,), (_VIOLA,), (_CELLO,)),
        0,
        22,
        -24,
        "609907c05dcb8ae4a22f4fbe577aa18fcb54cf2b414a215d7acedcd0b50f644f",
    ),
    Piece(
        "flute",
        "mozart/k155/movement2",
        72,
        ((_FLUTE,), ()),
        0,
        11,
        -26,
        "1b713717a0a45f03dd54ff908c44a010f13378fe267ebb86ace4589826fb813b",
        band=(120, 5500),
    ),
    Piece(
        "orchestra",
        "schumann_robert/opus41no1/movement2",
        200,
        ((_STRINGS, 56), (_STRINGS, _BRASS), (_STRINGS, _HORN), (_STRINGS, _TUBA, _TIMPANI)),
        0,
        30,
        -15,
        "9ab60bc9fdc8014bb75fbc6026c17d1d74959004e78f237d1cebff156689812d",
    ),
    Piece(
        "ragtime-piano",
        "joplin/maple_leaf_rag",
        92,
        ((_BRIGHT_PIANO,),),
        0,
        14,
        -18,
        "e8cc055f1d48edd5b03939a8f4b8b19dc0bc62f8c599d11dfc3a18a3fe3442c3",
        band=(100, 5000),
    ),
    Piece(
        "harpsichord",
        "corelli/opus3no1/1grave",
        60,
        ((_HARPSICHORD,),),
        0,
        10,
        -23,
        "5efad8bae385f4a715d1bd8a933cc32b7df33f27a3890655165eca5c926abf68",
    ),
    Piece(
        "winds",
        "mozart/k458/movement3.mxl",
        48,
        ((_FLUTE,), (_OBOE,), (_CLARINET, _HORN), (_BASSOON,)),
        0,
        8,
        -21,
        "da5128690b2344e58919af1ace06bd216d10c248cebebfa5934f318e3e8a91db",
        band=(80, 7000),
    ),
    Piece(
        "mazurka-piano",
        "chopin/mazurka06-2",
        150,
        ((_PIANO,),),
        24,
        26,
        -28,
        "f959b59b2a9757616fb5bdbd6251062bf680e29d0ef170f03b79b8c8cb73ffc3",
        band=(150, 4000),
    ),
)
"""Ten pieces to tune on; nothing is published about them."""

HELD_OUT = (
    Piece(
        "string-choir",
        "bach/bwv10.7",
        76,
        ((_SLOW_STRINGS,),),
        0,
        12,
        -20,
        "105ef4cd099d90186d86e917f0f527695975e42d76be852752ac0154dad58315",
    ),
    Piece(
        "polonaise-piano",
        "schumann_clara/polonaise_op1n1",
        96,
        ((_PIANO,),),
        0,
        15,
        -22,
        "47fd03ee5c493bd06b607326c59de17f8d351236d9249749a6041787823c2200",
    ),
    Piece(
        "parlor-band",
        "leadSheet/fosterBrownHair",
        150,
        ((_TENOR_SAX, _TROMBONE),),
        0,
        24,
        -17,
        "8f5f99dd5c617c6c3bcd9074cba76a47d34d039ecf5d9dc1da64a28d02fb712c",
        drums=True,
    ),
    Piece(
        "haydn-quartet",
        "haydn/opus74no1/movement3",
        170,
        ((_VIOLIN,), (_VIOLIN,), (_VIOLA,), (_CELLO,)),
        0,
        28,
        -24,
        "077d1adf39ea126b09de59d12d0b7c1e719f2db2a98aefc25f10a0af7917b11a",
    ),
    Piece(
        "aria-clarinet",
        "handel/rinaldo/Lascia_chio_pianga",
        76,
        ((_CLARINET,), (), ()),
        0,
        12,
        -26,
        "dcba847d74614f909868351b717d9ddd3ff529737c3440977948c7f457abbfb1",
        band=(120, 6000),
    ),
    Piece(
        "sinfonia",
        "haydn/opus1no1/movement1",
        150,
        ((_STRINGS, _TRUMPET), (_STRINGS, _HORN), (_STRINGS, _HORN), (_SLOW_STRINGS, _TUBA)),
        0,
        24,
        -15,
        "edf58444f5bd14f33c37603e67b2cb1ddae29ef8e365552c27192436f6c9c8c9",
    ),
    Piece(
        "rondo-piano",
        "cpebach/h186",
        100,
        ((_BRIGHT_PIANO,),),
        0,
        16,
        -18,
        "ac8d6979c093a0e37b61a67eb99ed67dbf09ec8e58ebbdef28df4a8b9a6d8807",
        band=(100, 5500),
    ),
    Piece(
        "organ",
        "palestrina/Agnus",
        240,
        ((_ORGAN,),),
        8,
        40,
        -23,
        "366aaaaa0839b52e460f23ea3bbb775aa01e1f51d1d31aaad368d4a2f22930e2",
    ),
    Piece(
        "wind-band",
        "mozart/k80/movement2",
        130,
        ((_OBOE,), (_CLARINET,), (_HORN,), (_BASSOON, _TUBA)),
        0,
        22,
        -21,
        "dab2c95e818f4c82d997a68399e29aea52dfc6bc827e9855a9efd8d33a32c49c",
        band=(80, 7000),
    ),
    Piece(
        "song-piano",
        "schubert/Lindenbaum",
        80,
        ((_FLUTE,), (_PIANO,)),
        28,
        14,
        -28,
        "cb6f126569f63660b8ffea4b33a3b69105a6632f137fa0552423074bbaa1d455",
        band=(150, 4500),
    ),
)
"""Ten other pieces, for published figures only, in the order in which a limited run takes them."""


def piece_notes(piece: Piece) -> Notes:
    """Return a piece's notes.

    Raises
    ------
    ToolkitError
        If they are not the ones that were pinned, as after a change of the corpus.
    """
    notes = scores.corpus_notes(
        piece.work,
        tempo=piece.tempo,
        programs=piece.programs,
        first=piece.first,
        length=piece.length,
    )
    if piece.drums:
        notes = Notes((*notes, *_march(piece.length, 60.0 / piece.tempo)))
    hint = "install the pinned music21 with: uv sync --group bench"
    check_pinned(piece.name, notes, piece.sha256, hint)
    return notes


def render(piece: Piece) -> Audio:
    """Return a piece as mono audio at 44.1 kHz, from the cache when it is there."""
    path = cache_dir() / "evaluation" / f"{piece.name}-{_key(piece)}.npy"
    if path.is_file():
        return Audio(np.load(path), SAMPLE_RATE)
    stereo = soundfont.play(piece_notes(piece), sample_rate=SAMPLE_RATE, tail=1.0)
    samples = _finish(stereo.samples.mean(axis=0, keepdims=True, dtype=np.float64), piece)
    with keeping(path) as partial:
        np.save(partial, samples)
    return Audio(samples, SAMPLE_RATE)


def clean_music(
    limit: int | None = None, pieces: tuple[Piece, ...] = HELD_OUT
) -> list[tuple[str, Audio]]:
    """Return (name, audio) of the first `limit` pieces, all of them by default."""
    return [(piece.name, render(piece)) for piece in pieces[:limit]]


def names(limit: int | None = None, pieces: tuple[Piece, ...] = HELD_OUT) -> list[str]:
    """Return the names of the first `limit` pieces, all of them by default."""
    return [piece.name for piece in pieces[:limit]]


def held_out(name: str) -> Audio:
    """Return the held-out piece of that name as audio."""
    return render(next(piece for piece in HELD_OUT if piece.name == name))


def case_number(name: str) -> int:
    """Return a number of the piece's own, so that no two pieces suffer the same damage."""
    return zlib.crc32(name.encode())


def _key(piece: Piece) -> str:
    return hashlib.sha256(f"{_RENDER_VERSION} {SAMPLE_RATE} {piece}".encode()).hexdigest()[:16]


def _finish(samples: np.ndarray, piece: Piece) -> Samples:
    if piece.band is not None:
        sections = signal.butter(4, piece.band, "bandpass", fs=SAMPLE_RATE, output="sos")
        samples = signal.sosfiltfilt(sections, samples)
    gain = 10 ** (piece.level_db / 20) / np.sqrt(np.mean(samples**2))
    return np.asarray(samples * gain, np.float32)


def _march(length: float, beat: float) -> list[Note]:
    """Return bass drum on one and three, snare on two and four, cymbal on each eighth."""
    bass, snare, hat, crash = 36, 38, 42, 49
    hits = [(0.0, crash, 0.7)]
    for eighth in range(int(2 * length)):
        hits.append((eighth / 2, hat, 0.55 if eighth % 2 else 0.7))
        if eighth % 2 == 0:
            hits.append((eighth / 2, bass if eighth % 4 == 0 else snare, 0.85))
        elif eighth % 8 == 7:
            hits.append((eighth / 2, snare, 0.6))
    return [
        Note(round(at * beat, 6), round((at + 0.25) * beat, 6), pitch, velocity, DRUMS)
        for at, pitch, velocity in hits
    ]
