"""Render bands stem by stem: what a separator is to take apart.

MMA plays random charts in its own styles; instruments are exchanged at random within their class,
a melody is added, and every class may come from another SoundFont, set of recordings or
synthesizer, since variety of sound and not the number of hours is what carries over to other
instruments (Manilow et al. 2019, "Cutting music source separation some Slakh"). Besides, movements
of the scores that other networks hear are played on pianos and other instruments, and songs,
movements and chance are arranged for bands, for textures that no accompaniment has.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from toolkit.adapters import mma, scores
from toolkit.cache import keeping
from toolkit.errors import ToolkitError
from toolkit.evaluation.songs import stem_of
from toolkit.training import arrangements, charts, players, renders, sources
from toolkit.values import Note, Notes

SAMPLE_RATE = 22050
CLASSES = ("piano", "bass", "drums", "other")

_PIANOS, _BASSES = range(8), range(32, 40)
_BARS = 16
_LONGEST_SECONDS = 40.0
_EXCERPT_QUARTERS = 64.0
_VALIDATION_EVERY = 16
_TURNS, _FEWEST_NOTES = 6, 30
_ACOUSTIC_PIANOS = (0, 0, 0, 1, 2, 3)
_OTHERS = arrangements.OTHERS


def prepare_bands(ledger: sources.Ledger) -> Iterator[Path]:
    """Render the ledger's number of songs, those that are not there yet.

    A song is one ``.npy`` of int16 [4, samples] at 22.05 kHz, stems in the order of `CLASSES`,
    each of peak 0.7 of full scale or silent. One of sixteen is for validation.
    """
    grooves = mma.grooves(held_out=False)
    for number in range(int(ledger.bands["songs"])):
        target = _place("bands", f"{number:04d}", number)
        if not target.is_file():
            rng = np.random.default_rng([20, number])
            try:
                notes = _song(rng, grooves)
            except ToolkitError:
                # A few of MMA's grooves know no bar of four, or no such chord.
                continue
            _save(target, notes, rng, ledger)
            yield target


def prepare_movements(ledger: sources.Ledger) -> Iterator[Path]:
    """Render excerpts of scores on one class of instruments: pianos or others."""
    found = renders.works(ledger.scores)
    for number, work in enumerate(found[: int(ledger.bands["movements"])]):
        name = Path(work).with_suffix("").as_posix().replace("/", "-")
        target = _place("movements", name, number)
        if not target.is_file():
            rng = np.random.default_rng([21, zlib.crc32(work.encode())])
            notes = _movement(rng, work)
            if len(notes) >= 30:
                _save(target, notes, rng, ledger)
                yield target


def prepare_arrangements(ledger: sources.Ledger) -> Iterator[Path]:
    """Render grooves, songs, movements and chance as bands play them; all are for training."""
    for number in range(int(ledger.bands["arrangements"])):
        target = sources.prepared() / "train" / "arrangements" / f"{number:04d}.npy"
        if not target.is_file():
            rng = np.random.default_rng([23, number])
            try:
                notes = _arrangement(rng, number, ledger)
            except ToolkitError:
                # As in `prepare_bands`.
                continue
            if len(notes) >= _FEWEST_NOTES:
                _save(target, notes, rng, ledger)
                yield target


def _arrangement(rng: np.random.Generator, number: int, ledger: sources.Ledger) -> Notes:
    """Return by turns chance, a movement, two grooves, and two songs."""
    turn = number % _TURNS
    if turn == 0:
        return Notes(tuple(arrangements.chance(rng)))
    if turn == 1:
        found = renders.works(ledger.scores)
        return _arranged_movement(rng, found[number // _TURNS % len(found)])
    if turn < 4:
        return _song(rng, mma.grooves(held_out=False))
    songs = arrangements.pop_songs()
    song = songs[int(rng.integers(len(songs)))]
    return Notes(tuple(arrangements.pop(rng, song)))


def _arranged_movement(rng: np.random.Generator, work: str) -> Notes:
    tempo = float(rng.uniform(70, 170))
    parts = renders.parts_of(work)
    if not parts:
        return Notes()
    first = float(rng.uniform(0, max(parts[-1].onset - _EXCERPT_QUARTERS, 1)))
    up = int(rng.integers(-5, 6))
    moved = (
        Note(
            (note.onset - first) * 60 / tempo,
            (note.offset - first) * 60 / tempo,
            int(np.clip(note.pitch + up, 21, 108)),
            float(np.clip(note.velocity * rng.uniform(0.6, 1.25), 0.1, 1.0)),
            note.program,
        )
        for note in parts
        if note.onset >= first
    )
    return Notes(tuple(arrangements.movement(rng, moved, tempo)))


def _place(kind: str, name: str, number: int) -> Path:
    split = "validation" if number % _VALIDATION_EVERY == 0 else "train"
    return sources.prepared() / split / kind / f"{name}.npy"


def _song(rng: np.random.Generator, grooves: Sequence[str]) -> Notes:
    groove = grooves[int(rng.integers(len(grooves)))]
    chart = charts.chart(rng, _BARS)
    tempo = float(rng.uniform(80, 190))
    band = mma.accompany(chart.spelled, groove, tempo, int(rng.integers(10**6)))
    length = max(band.duration, 1.0)
    played = _exchange(rng, [note for note in band if note.onset < _LONGEST_SECONDS])
    if rng.random() < 0.75:
        piano = rng.random() < 0.35
        choice = _ACOUSTIC_PIANOS if piano else _OTHERS
        program = int(choice[int(rng.integers(len(choice)))])
        bar = length / _BARS
        center = int(rng.integers(57, 80))
        line = charts.melody(rng, chart, bar_seconds=bar, program=program, center=center)
        played += [note for note in line if note.onset < min(length, _LONGEST_SECONDS)]
    return Notes(tuple(played))


def _exchange(rng: np.random.Generator, band: list[Note]) -> list[Note]:
    """Return a band whose instruments are others; chords come on a piano in half of the songs."""
    programs = sorted({note.program for note in band})
    given: dict[int, int] = {}
    for program in programs:
        kind = stem_of(program)
        if kind == "bass":
            given[program] = int(rng.choice(_BASSES))
        elif kind == "piano" or (kind == "other" and rng.random() < 0.3):
            piano = rng.random() < 0.8
            given[program] = int(rng.choice(_ACOUSTIC_PIANOS if piano else _PIANOS))
        elif kind == "other" and rng.random() < 0.7:
            given[program] = int(rng.choice(_OTHERS))
    late = {program: float(rng.uniform(0, 0.012)) for program in programs}
    found = []
    for note in band:
        shift = late[note.program] + abs(float(rng.normal(0, 0.006)))
        velocity = float(np.clip(note.velocity * rng.uniform(0.75, 1.2), 0.05, 1.0))
        program = given.get(note.program, note.program)
        end = min(note.offset + shift, _LONGEST_SECONDS + 4)
        begin = min(note.onset + shift, end)
        found.append(Note(begin, end, note.pitch, velocity, program))
    return found


def _movement(rng: np.random.Generator, work: str) -> Notes:
    piano = rng.random() < 0.6
    choice = _ACOUSTIC_PIANOS if piano else _OTHERS
    programs = tuple((int(rng.choice(choice)),) for _ in range(1 if piano else 4))
    first = 64.0 * int(rng.integers(0, 2))
    tempo = float(rng.uniform(80, 160))
    notes = scores.corpus_notes(
        work, tempo=tempo, programs=programs, first=first, length=_EXCERPT_QUARTERS
    )
    up = int(rng.integers(-4, 5))
    return Notes(
        tuple(
            Note(
                note.onset + (late := abs(float(rng.normal(0, 0.012)))),
                note.offset + late,
                int(np.clip(note.pitch + up, 21, 108)),
                float(np.clip(note.velocity * rng.uniform(0.5, 1.25), 0.1, 1.0)),
                note.program,
            )
            for note in notes
            if note.onset < _LONGEST_SECONDS
        )
    )


def _save(target: Path, notes: Notes, rng: np.random.Generator, ledger: sources.Ledger) -> None:
    length = min(notes.duration + 1.5, _LONGEST_SECONDS + 3)
    stems = np.zeros((len(CLASSES), round(length * SAMPLE_RATE)), np.float32)
    for index, kind in enumerate(CLASSES):
        part = tuple(note for note in notes if stem_of(note.program) == kind)
        stems[index] = players.perform(part, kind, ledger.bands["font"], rng, stems.shape[1])
    with keeping(target) as partial:
        np.save(partial, np.round(stems * 32767).astype(np.int16))
