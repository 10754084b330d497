"""Songs whose stems are known, rendered on the spot: one set to tune on, another to report on.

Half of them are compositions, the other half what MMA's held-out grooves play, some with a tune on
top; no separator or transcriber hears either in training, nor the SoundFont that plays them. The
notes are pinned by hash. Constants may be chosen on `DEVELOPMENT` only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from toolkit.adapters import openmsx, soundfont
from toolkit.cache import cache_dir, keeping
from toolkit.evaluation import bands
from toolkit.evaluation.bands import Band
from toolkit.evaluation.pins import check_pinned
from toolkit.values import DRUMS, Audio, Notes, Samples, Stems

SAMPLE_RATE = 44100
STEMS = ("piano", "bass", "drums", "other", "noise")
SECONDS = 16

_RENDER_VERSION = 1
_TAIL_SECONDS = 1.0
_LEVEL_DB = -20.0
_SOFTEST_DB = -20.0
_HEARD_SHARE = 0.25

_VIOLIN, _TRUMPET, _TENOR_SAX, _CLARINET, _PIANO = 40, 56, 66, 71, 0
_TURNAROUND = ("C", "Am7", "Dm7", "G7")
_BLUES = ("F7", "Bb7", "F7", "F7", "Bb7", "Bb7", "F7", "D7", "Gm7", "C7", "F7", "C7")
_CIRCLE = ("Eb", "C7", "F7", "Bb7", "Eb", "C7", "Fm7", "Bb7")
_MINOR = ("Am", "Dm7", "G7", "CM7", "FM7", "Dm7", "E7", "Am")
_WALTZ = ("G", "G6", "Am7", "D7", "G", "E7", "Am7", "D7")
_REFRAIN = ("F", "F6", "Gm7", "C7", "Am7", "Dm7", "Gm7", "C7")


@dataclass(frozen=True)
class Song:
    """Describe one item.

    Parameters
    ----------
    name : str
        What tables call it.
    source : str or Band
        A song's name in `toolkit.adapters.openmsx`, of which an excerpt is taken, or a band.
    sha256 : str
        Of the notes as `toolkit.evaluation.pins.fingerprint` gives it.
    stereo : bool
        Keeps the SoundFont's own panning; else both channels are averaged.
    """

    name: str
    source: str | Band
    sha256: str
    stereo: bool = False


DEVELOPMENT = (
    Song(
        "dev-gone",
        "5432gone_redfarn",
        "2696880bc2d78f122cb4cf19e52e7c3127fc89800c96a3cb4a6538d8e2ef7b16",
    ),
    Song(
        "dev-snow",
        "midnight_snow_run",
        "19634d069151d271b99dd21bd9fdc171e776d3deae13aee7e328ddea76a23749",
        stereo=True,
    ),
    Song(
        "dev-neasy",
        "slow_neasy_redfarn",
        "6c7d92ac6640116fa7d73d5093c585c2d58a50964de05f6f0aa2988bd6382073",
    ),
    Song(
        "dev-cash",
        "train_filled_with_cash",
        "9a07b4e1c37a7f6e54dff11b758f1c20477e0f9ec228bbb46b298c5c085c87cb",
    ),
    Song(
        "dev-boogie",
        "boogi_marabi_redfarn",
        "bdcf6f2ffdaf2f4966b1ec2dd7e959b75214a8e80962d8f902aa784106c174c9",
        stereo=True,
    ),
    Song(
        "dev-giant",
        "mighty_giant_run",
        "64bd6c4f332879c700a67593db1d9ba9800e7cce5edc35427b00f57e4ea9de29",
    ),
    Song(
        "dev-big-band",
        Band("casio:MiddleBigBand", _CIRCLE, 152, tune=(_PIANO, 76), seed=11),
        "35b017952d85a96f6861393caa9fa54e7753456ee540aa78b4406459b282d60c",
    ),
    Song(
        "dev-bossa",
        Band("kara:kbossaA", _MINOR, 126, seed=12),
        "bd7edac5fe4e18a4386e6eebff841fd257aafe51ce668ee3d84f31ba9b053fc4",
        stereo=True,
    ),
    Song(
        "dev-rock",
        Band("stdlib:SoftRock1", _TURNAROUND, 104, seed=13),
        "07af4b3e4a1f6544ce0e054646f9b4ad823ebccf57b1b96362a0a1dc4bb8beff",
    ),
    Song(
        "dev-basie",
        Band("yamaha:JazzBasieMainC", _BLUES, 160, tune=(_CLARINET, 72), seed=14),
        "db8a41b39effbe670a52dcdae61c9f15a58e51bdd427abea7d64dd6ba3a09118",
    ),
)
"""Ten songs to tune on; nothing is published about them."""

HELD_OUT = (
    Song(
        "sharp",
        "be_sharp_bw_redfarn",
        "b3ce33b867cf7571a97c950ac056ee3eb004aeed86589d36870ab361704a8a1b",
    ),
    Song(
        "schedule",
        "busy_schedule",
        "cdd10142b805e1ae334351f5d471f51cff2df0bf6f84daa4b0ea5c8984f12567",
        stereo=True,
    ),
    Song(
        "foxtrot",
        Band("stdlib:Foxtrot1", _REFRAIN, 168, seed=1),
        "3f9a0281003186aeed7f0d49e488bfc14859d8cf99b707d8f9f6bb87f577c138",
    ),
    Song(
        "rolling",
        "keep_on_rolling",
        "3e472c0a65775194632a3f6041b92f794daeb50a858ffbdd11abe56c743c6102",
    ),
    Song(
        "motion",
        "modern_motion",
        "6b1f2b999abafe7a656cc7c83c161b4995745ac5f23b38afc728929887b6d62c",
    ),
    Song(
        "dixie",
        Band("stdlib:Dixie4", _CIRCLE, 184, tune=(_CLARINET, 74), seed=2),
        "0d7be0b70e7dfbf50bb1012433d88dcef2558cd7f182f981fae59eb803e52a1c",
    ),
    Song(
        "no-work",
        "no_work_song_redfarn",
        "ff93be7ce9a793b44a8b94bc11410a7bd8c1c24f50b768e7ed8417d5b8db182f",
    ),
    Song(
        "say-what",
        "say_what_redfarn",
        "24b0ce82c1e56faf8cf48ea7f6bf903b2831b4a5f54edf03101f0e4c9213b121",
        stereo=True,
    ),
    Song(
        "slow-swing",
        Band("casio:SlowSwing", _TURNAROUND, 96, tune=(_TENOR_SAX, 60), seed=3),
        "08bd4171a12a86379e3a6e8dec3efe6c513a36e0a960da1fb275f52d0fa627d9",
    ),
    Song(
        "fast-route",
        "the_fast_route",
        "3ffb3da886c3f43d5b68b6c062e325698a9f7efbb428985baa41a51a60b2ff36",
    ),
    Song(
        "hobo",
        "the_hobo_redfarn",
        "d84bf11795679d1eef0e023ad43566f4b72f60efe18b5ca13992c1f4ccbd2443",
    ),
    Song(
        "twist",
        Band("stdlib:Twist", _BLUES, 160, seed=4),
        "aecaf230bc36b04c73144d07e3e74522d1c16d28d1f7741e552393b2287453b9",
        stereo=True,
    ),
    Song(
        "fourth",
        "ttsong_iv_imuh3",
        "8a071d85f2897f4a0807d927918614e87ae2d3e38173cb033faebb81ebd97422",
    ),
    Song(
        "city-blues",
        "city_blues_redfarn",
        "6db3435ef02c6cbed3ec77533d226911c0f11cf2ad37699f156f4690e6956fd9",
    ),
    Song(
        "trio",
        Band("yamaha:JazzTrioMainA", _REFRAIN, 132, tune=(_TRUMPET, 70), seed=5),
        "9616927ae4301c4c8ac0cdf4a0ebab876656b0df24ebe06aa91bc5782ef44e25",
    ),
    Song(
        "basket",
        "linns_basket",
        "771e7d8571c0b36fbe5d490e0cab7f5dc024061d4932d75f4af22beedae297bd",
        stereo=True,
    ),
    Song(
        "run",
        "run_for_your_life",
        "124b8185d963c834abd3c21029c7e9503cf9b7e18eecee8364f649eb0d4ecd95",
    ),
    Song(
        "broadway",
        Band("stdlib:Broadway2", _CIRCLE, 144, seed=6),
        "d162acb4415e386cf1499bebbc0199996fb087dc0cd4209219c4724faa743007",
    ),
    Song(
        "waltz",
        Band("stdlib:WaltzWalk", _WALTZ, 150, 3, (_VIOLIN, 79), seed=7),
        "b184f2f953f216caebc907117dc805787c06ae1e16854a7fdf01ae28435aaddf",
        stereo=True,
    ),
    Song(
        "modern",
        Band("stdlib:ModernJazz1", _MINOR, 138, seed=8),
        "2211ab53ce78d77d0ff4658e3a2fc14d7c42ba98bc16a8bbfff4a3b90986bc69",
    ),
)
"""Twenty other songs, for published figures only; a limited run takes the first ones."""


def stem_of(program: int) -> str:
    """Return the stem that a program belongs to."""
    if program == DRUMS:
        return "drums"
    if program < 8:
        return "piano"
    return "bass" if 32 <= program < 40 else "other"


def by_stem(notes: Notes) -> Mapping[str, Notes]:
    """Return the notes of each stem but noise; an absent one has none."""
    return {
        name: Notes(tuple(note for note in notes if stem_of(note.program) == name))
        for name in STEMS[:-1]
    }


def excerpt(notes: Notes, seconds: int) -> Notes:
    """Return the part of a composition in which the most stems sound.

    Of the spans that begin at a whole second, the one in which the most stems sound for at least a
    quarter of the seconds; of these, the one with the most stems a second, on average; of these,
    the first. It holds the notes that begin inside, which end with it.
    """
    heard = np.stack([_heard(part, notes.duration) for part in by_stem(notes).values()])
    best, first = (-1, -1.0), 0
    for start in range(max(heard.shape[1] - seconds, 0) + 1):
        shares = heard[:, start : start + seconds].mean(axis=1)
        merit = int(np.sum(shares >= _HEARD_SHARE)), round(float(shares.sum()), 9)
        if merit > best:
            best, first = merit, start
    return Notes(
        tuple(
            replace(
                note, onset=note.onset - first, offset=min(note.offset, first + seconds) - first
            )
            for note in notes
            if first <= note.onset < first + seconds
        )
    )


def song_notes(song: Song) -> Notes:
    """Return a song's notes.

    Raises
    ------
    ToolkitError
        If they are not the ones that were pinned, as with other versions of the packages.
    """
    source = song.source
    notes = openmsx.read(source) if isinstance(source, str) else bands.play(source, SECONDS)
    notes = excerpt(notes, SECONDS) if isinstance(source, str) else _until(notes, SECONDS)
    hint = "use Debian's openttd-openmsx 0.4.2 and mma 21.09"
    check_pinned(song.name, notes, song.sha256, hint)
    return notes


def render(song: Song) -> Stems:
    """Return a song's true stems at 44.1 kHz, from the cache when they are there.

    As `play`; the stem noise is silent.
    """
    key = hashlib.sha256(f"{_RENDER_VERSION} {song}".encode()).hexdigest()[:16]
    path = cache_dir() / "evaluation" / f"{song.name}-{key}.npy"
    if path.is_file():
        return _stems(np.load(path))
    samples = play(song_notes(song), stereo=song.stereo)
    with keeping(path) as partial:
        np.save(partial, samples)
    return _stems(samples)


def play(notes: Notes, *, stereo: bool = False) -> Samples:
    """Return the stems of some notes, each played alone by the bench's SoundFont.

    Their levels are as composed, but a stem that sounds is made no softer than 20 dB below the sum
    of all as composed (RMS of the whole song); then all are scaled alike until their sum has an RMS
    of -20 dBFS.

    Returns
    -------
    np.ndarray, shape (stems but noise, channels, samples)
        17 s long, of which the last is for the last notes to die away.
    """
    count = round((SECONDS + _TAIL_SECONDS) * SAMPLE_RATE)
    stems = np.zeros((len(STEMS) - 1, 2 if stereo else 1, count))
    for place, part in zip(stems, by_stem(notes).values(), strict=True):
        if len(part):
            audio = soundfont.play(part, sample_rate=SAMPLE_RATE, tail=_TAIL_SECONDS)
            rendered = audio.samples[:, :count].astype(np.float64)
            place[:, : rendered.shape[1]] = rendered if stereo else rendered.mean(axis=0)
    softest = _rms(stems.sum(axis=0)) * 10 ** (_SOFTEST_DB / 20)
    for place in stems:
        if 0 < _rms(place) < softest:
            place *= softest / _rms(place)
    gain = 10 ** (_LEVEL_DB / 20) / max(_rms(stems.sum(axis=0)), 1e-9)
    return np.asarray(stems * gain, np.float32)


def _stems(samples: Samples) -> Stems:
    every = (*samples, np.zeros_like(samples[0]))
    parts = (Audio(each, SAMPLE_RATE) for each in every)
    return Stems(dict(zip(STEMS, parts, strict=True)))


def _heard(notes: Notes, seconds: float) -> np.ndarray:
    """Return for every whole second whether a note sounds in it."""
    heard = np.zeros(max(int(np.ceil(seconds)), 1), bool)
    for note in notes:
        heard[int(note.onset) : max(int(np.ceil(note.offset)), int(note.onset) + 1)] = True
    return heard


def _until(notes: Notes, seconds: float) -> Notes:
    """Return the notes that begin before a time, none of which lasts longer."""
    return Notes(
        tuple(
            replace(note, offset=min(note.offset, seconds))
            for note in notes
            if note.onset < seconds
        )
    )


def _rms(samples: np.ndarray) -> float:
    return float(np.sqrt(np.mean(samples**2)))
