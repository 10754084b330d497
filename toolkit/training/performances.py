"""Render notes whose truth is known, and take random excerpts of them.

Of its segments two fifths are random polyphony for random presets, two fifths songs of the ledger's
MIDI collections and a fifth movements of its scores, on pianos as they were written or given to
other instruments. Each performance is one SoundFont's and a minute and a half long; beside its
samples (``.npy``, 16-bit mono at 22.05 kHz) lie its notes (``.notes.npy``, rows of onset, offset,
pitch, velocity). The end of a note is where its key is released or, before that, where its preset
has died away.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit.adapters import soundfont
from toolkit.cache import cache_dir
from toolkit.dsp import resample
from toolkit.errors import ToolkitError
from toolkit.training import renders, sources
from toolkit.training.polyphony import invention
from toolkit.training.presets import Preset, font_file, presets
from toolkit.values import Note, Notes

SAMPLE_RATE = 22050
SPLITS = ("validation", "train")

_SEGMENTS, _SEGMENT_SECONDS, _PAUSE = 5, 17.0, 0.8
_FIRST_VALIDATION_SONG, _FIRST_TEST_SONG = 801, 851
_PIANOS, _STRUM = (0, 1, 2, 3), (0, 1, 4, 6, 7, 11, 19, 20, 21, 24, 25, 26, 46, 48, 49, 52)
_FEWEST_NOTES = 20
_SONGS_SHARE, _SCORES_SHARE = 0.4, 0.2
_MOST_PRESETS = 3

Rows = npt.NDArray[np.float32]
"""Notes as [notes, 4]: onset and offset in seconds, pitch, velocity."""

Songs = Sequence[dict[str, Any]]
"""The ledger's collections of MIDI files."""

Bank = dict[int, Preset]
"""The presets of a SoundFont by their programs."""


@dataclass(frozen=True)
class Performances:
    """Hold the rendered performances of one split, as pairs of files: samples, notes."""

    files: tuple[tuple[Path, Path], ...]

    @property
    def hours(self) -> float:
        """Return how much music there is."""
        samples = sum(np.load(path, mmap_mode="r").shape[0] for path, _ in self.files)
        return float(samples) / SAMPLE_RATE / 3600

    def excerpt(self, rng: np.random.Generator, seconds: float) -> tuple[npt.NDArray[Any], Rows]:
        """Return samples of about so many seconds at random, and the notes in them.

        Returns
        -------
        samples : np.ndarray, shape (samples,), float32
        notes : np.ndarray, shape (notes, 4)
            With times from the excerpt's beginning; a note may begin before it.
        """
        audio, truth = self.files[int(rng.integers(len(self.files)))]
        track = np.load(audio, mmap_mode="r")
        length = round(seconds * SAMPLE_RATE)
        first = int(rng.integers(max(len(track) - length, 1)))
        begin = first / SAMPLE_RATE
        notes = np.load(truth)
        inside = (notes[:, 1] > begin) & (notes[:, 0] < begin + seconds)
        shifted = notes[inside] - np.array([begin, begin, 0, 0], np.float32)
        return track[first : first + length].astype(np.float32) / 32768, shifted


def open_performances(split: str = "train") -> Performances:
    """Return the prepared performances of a split.

    Raises
    ------
    ToolkitError
        If nothing is prepared.
    """
    audio = sorted(_folder(split).glob("*.samples.npy"))
    if not audio:
        raise ToolkitError(
            f"no performances are prepared in {_folder(split)}",
            "prepare them with: tonearm train RECIPE --prepare",
        )
    return Performances(tuple((path, _notes_beside(path)) for path in audio))


def prepare(ledger: sources.Ledger) -> Iterator[Path]:
    """Render every performance that is not rendered yet, yielding each."""
    table = ledger.performances
    songs = table.get("midi", ())
    players: dict[str, soundfont.Player] = {}
    for split in SPLITS:
        targets = [_folder(split) / f"{number:04d}.samples.npy" for number in range(table[split])]
        due = [number for number, target in enumerate(targets) if not target.is_file()]
        # Listing works opens their library, which takes seconds.
        works = _works(ledger, split) if due else []
        for number in due:
            target = targets[number]
            rng = np.random.default_rng([number, split == "validation"])
            shares = [font["share"] for font in table["font"]]
            font = table["font"][int(rng.choice(len(shares), p=shares))]
            played, truth = _program(rng, songs, works, presets(font), split)
            name = font["name"]
            if name not in players:
                players[name] = soundfont.Player(font_file(font), sources.SAMPLE_RATE)
            stereo = players[name].play(played).samples
            mono = stereo.mean(axis=0, keepdims=True, dtype=np.float32)
            target.parent.mkdir(parents=True, exist_ok=True)
            np.save(_notes_beside(target), truth)
            sources.save(target, resample.resample(mono, sources.SAMPLE_RATE, SAMPLE_RATE)[0])
            yield target


def _program(
    rng: np.random.Generator,
    songs: Songs,
    works: Sequence[str],
    bank: tuple[Preset, ...],
    split: str,
) -> tuple[Notes, Rows]:
    """Return the notes to play, segment after segment, and the rows of what is then heard."""
    played: list[Note] = []
    heard: list[tuple[float, float, float, float]] = []
    by_number = {preset.program: preset for preset in bank}
    begin = 0.0
    for _ in range(_SEGMENTS):
        # Five segments of up to three presets are as many as one synthesizer has channels for.
        segment: list[Note] = []
        kind = rng.random()
        if songs and kind < _SONGS_SHARE:
            segment = _song(rng, songs, by_number, split)
        elif works and kind < _SONGS_SHARE + _SCORES_SHARE:
            segment = _movement(rng, works[int(rng.integers(len(works)))], by_number)
        if len(segment) < _FEWEST_NOTES:
            chosen = bank if rng.random() < 0.75 else _among(by_number, _PIANOS)
            segment = invention(rng, chosen or bank, _SEGMENT_SECONDS)
        for note in _without_overlaps(segment):
            onset, offset = note.onset + begin, note.offset + begin
            played.append(Note(onset, offset, note.pitch, note.velocity, note.program))
            audible = by_number[note.program].audible_seconds(note.pitch)
            heard.append((onset, min(offset, onset + audible), note.pitch, note.velocity))
        begin += _SEGMENT_SECONDS + _PAUSE
    return Notes(tuple(played)), np.array(sorted(heard), np.float32).reshape(-1, 4)


def _song(rng: np.random.Generator, collections: Songs, bank: Bank, split: str) -> list[Note]:
    """Return an excerpt of a song in a random key, tempo and orchestration."""
    import pretty_midi

    source = collections[int(rng.integers(len(collections)))]
    songs = _songs(source["package"], split)
    midi = pretty_midi.PrettyMIDI(str(songs[int(rng.integers(len(songs)))]))
    tempo = float(rng.uniform(0.75, 1.3))
    up, softer = int(rng.integers(-6, 7)), float(rng.uniform(0.6, 1.2))
    start = float(rng.uniform(0, max(midi.get_end_time() - _SEGMENT_SECONDS, 0)))
    on_piano = rng.random() < 0.4
    piano = _among(bank, _PIANOS)
    notes = []
    for part in midi.instruments:
        accompaniment = "PIANO" in part.name.upper()
        choice = _among(bank, _STRUM) if accompaniment else tuple(bank.values())
        choice = piano if on_piano and piano else choice or tuple(bank.values())
        preset = choice[int(rng.integers(len(choice)))]
        for each in part.notes:
            onset, offset = (each.start - start) / tempo, (each.end - start) / tempo
            pitch = int(each.pitch + up)
            if 0 <= onset < _SEGMENT_SECONDS - 0.1 and preset.audible_seconds(pitch) > 0:
                end = min(max(offset, onset + 0.05), _SEGMENT_SECONDS)
                velocity = float(np.clip(each.velocity / 127 * softer, 0.1, 1))
                notes.append(Note(onset, end, pitch, velocity, preset.program))
    return notes


def _movement(rng: np.random.Generator, work: str, bank: Bank) -> list[Note]:
    """Return an excerpt of a score in a random key, tempo and orchestration, a little uneven."""
    parts = renders.parts_of(work)
    quarter = 60 / float(rng.uniform(60, 170))
    last = max((note.onset for note in parts), default=0.0) * quarter
    start = float(rng.uniform(0, max(last - _SEGMENT_SECONDS, 0)))
    up, softer = int(rng.integers(-6, 7)), float(rng.uniform(0.6, 1.2))
    pianos, every = _among(bank, _PIANOS), tuple(bank.values())
    choice, count = (pianos, 1) if pianos and rng.random() < 0.5 else (every, _MOST_PRESETS)
    chosen = [choice[int(rng.integers(len(choice)))] for _ in range(count)]
    notes = []
    for note in parts:
        preset = chosen[note.program % count]
        onset = note.onset * quarter - start + abs(float(rng.normal(0, 0.012)))
        end = min(max(note.offset * quarter - start, onset + 0.05), _SEGMENT_SECONDS)
        pitch = note.pitch + up
        if 0 <= onset < _SEGMENT_SECONDS - 0.1 and preset.audible_seconds(pitch) > 0:
            velocity = note.velocity * softer * float(rng.uniform(0.7, 1.25))
            notes.append(Note(onset, end, pitch, float(np.clip(velocity, 0.1, 1)), preset.program))
    return notes


def _works(ledger: sources.Ledger, split: str) -> list[str]:
    """Return the scores of a split: every tenth is for validation."""
    works = renders.works(ledger.scores)
    return [work for at, work in enumerate(works) if (at % 10 == 0) == (split == "validation")]


def _songs(package: str, split: str) -> list[Path]:
    """Return the numbered songs of a split; the last fifty-nine are for tests only."""
    folder = cache_dir() / "unpacked" / package
    numbered = [(int(path.stem), path) for path in folder.rglob("*.mid") if path.stem.isdigit()]
    if not numbered:
        raise ToolkitError(
            f"the songs of {package} are not here", f"unpack its MIDI files into {folder}"
        )
    first, stop = (
        (_FIRST_VALIDATION_SONG, _FIRST_TEST_SONG)
        if split == "validation"
        else (0, _FIRST_VALIDATION_SONG)
    )
    return [path for number, path in sorted(numbered) if first <= number < stop]


def _among(bank: dict[int, Preset], programs: tuple[int, ...]) -> tuple[Preset, ...]:
    return tuple(bank[program] for program in programs if program in bank)


def _without_overlaps(notes: list[Note]) -> list[Note]:
    """Return notes none of which sounds when its key is struck again."""
    last: dict[tuple[int, int], Note] = {}
    kept: list[Note] = []
    for note in sorted(notes, key=lambda each: each.onset, reverse=True):
        key = (note.program, note.pitch)
        end = min(note.offset, last[key].onset - 0.01) if key in last else note.offset
        if end - note.onset >= 0.03:
            last[key] = Note(note.onset, end, note.pitch, note.velocity, note.program)
            kept.append(last[key])
    return kept[::-1]


def _folder(split: str) -> Path:
    return sources.prepared() / "performances" / split


def _notes_beside(audio: Path) -> Path:
    return audio.with_name(audio.name.replace(".samples.npy", ".notes.npy"))
