"""Gather pieces in which melody and bass are known, describe their notes, and keep that.

Three kinds: songs whose vocal line is a track of its own (POP909), string quartets and madrigals
whose top part is taken for the melody, and tunes (fiddle tunes and the songs' melodies) with
accompaniments that are generated around them (`toolkit.training.textures`). Each piece is kept in
a few versions that differ in key, tempo, octave of the tune, loudness, touch and timing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from toolkit.adapters import music21_scores, pop909
from toolkit.cache import cache_dir, keeping
from toolkit.errors import ToolkitError
from toolkit.evaluation import works
from toolkit.style import timeline
from toolkit.style.sheet import note_context
from toolkit.training.textures import BASS, INNER, MELODY, Row, accompanied
from toolkit.values import Notes

Array = npt.NDArray[np.float64]

KINDS = ("songs", "scores", "tunes")
SONGS = tuple(pop909.TRAINING)[::3]
HELD_SONGS = tuple(pop909.VALIDATION)
SCORES = (
    "beethoven/opus18no3.mxl", "beethoven/opus18no4.mxl", "beethoven/opus18no5.mxl",
    "beethoven/opus59no1/movement1.mxl", "beethoven/opus59no1/movement2.mxl",
    "beethoven/opus59no1/movement4.mxl", "beethoven/opus59no2/movement1.mxl",
    "beethoven/opus59no2/movement2.mxl", "beethoven/opus59no2/movement3.mxl",
    "beethoven/opus59no2/movement4.mxl", "beethoven/opus59no3/movement1.mxl",
    "beethoven/opus59no3/movement2.mxl", "beethoven/opus59no3/movement3.mxl",
    "beethoven/opus59no3/movement4.mxl", "monteverdi/madrigal.3.1.mxl",
    "monteverdi/madrigal.4.3.mxl", "verdi/laDonnaEMobile", "liliuokalani/aloha_oe",
    "beach/prayer_of_a_tired_child",
)  # fmt: skip
HELD_SCORES = ("beethoven/opus74.mxl",)
TUNE_BOOKS = (
    "oneills1850/0001-0050.abc", "oneills1850/0051-0100.abc", "oneills1850/0101-0200.abc",
    "oneills1850/0201-0300.abc",
)  # fmt: skip
"""What is heard: song numbers, and paths in music21's corpus."""

_BRIDGE_WEIGHT, _SCORE_WEIGHT = 0.3, 0.5
_LONGEST_NOTES = 3000
_BASS_BELOW = 60


@dataclass(frozen=True, eq=False)
class Voiced:
    """Hold a piece whose voices are known; columns as in `note_context.NoteTable`.

    Parameters
    ----------
    onset, duration, pitch, velocity : np.ndarray, shape (notes,)
        In beats, MIDI numbers, 0..1.
    program, label : np.ndarray of int, shape (notes,)
        Which track it was, and which of `toolkit.models.voice_tagger.VOICES` it is.
    weight : np.ndarray, shape (notes,)
        How much its label is worth.
    """

    onset: Array
    duration: Array
    pitch: Array
    velocity: Array
    program: npt.NDArray[np.intp]
    label: npt.NDArray[np.intp]
    weight: Array

    def __len__(self) -> int:
        return len(self.onset)


def prepare() -> Iterator[Path]:
    """Describe all pieces that are not described yet, yielding each file written."""
    for split in ("validation", "train"):
        for kind in KINDS:
            path = described_file(split, kind)
            if path.is_file():
                continue
            rng = np.random.default_rng([KINDS.index(kind), split == "train"])
            described, labels, weights, ends = [], [], [], []
            for piece in _pieces(rng, split, kind):
                found, label, weight = describe(varied(rng, piece) if split == "train" else piece)
                described.append(found.astype(np.float16))
                labels.append(label.astype(np.int8))
                weights.append(weight.astype(np.float16))
                ends.append(len(label))
            with keeping(path) as partial:
                np.savez(
                    partial,
                    features=np.concatenate(described),
                    label=np.concatenate(labels),
                    weight=np.concatenate(weights),
                    end=np.cumsum(ends),
                )
            yield path


def described_file(split: str, kind: str) -> Path:
    """Return where the described pieces of a split and kind are kept."""
    return cache_dir() / "training" / "voices" / split / f"{kind}.npz"


def describe(
    piece: Voiced,
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.intp], Array]:
    """Return features, labels and weights of a piece's notes, in one order."""
    table, order = note_context.note_table(
        piece.onset, piece.onset + piece.duration, piece.pitch, piece.velocity, piece.program
    )
    return note_context.features(table), piece.label[order], piece.weight[order]


def song(number: int) -> Voiced:
    """Return a song of POP909: melody, lowest voice of the piano, and the rest."""
    tracks = pop909.song(number)
    parts = [
        _columns(tracks.melody, 0, MELODY, 1.0),
        _columns(tracks.bridge, 1, INNER, _BRIDGE_WEIGHT),
        _columns(tracks.piano, 2, INNER, 1.0),
    ]
    piece = Voiced(*(np.concatenate(each) for each in zip(*parts, strict=True)))
    return _with_bass(piece)


def score(work: str) -> Voiced:
    """Return a score: the top part is the melody, the lowest part the bass."""
    notes = works.score(work).notes[:_LONGEST_NOTES]
    onset, duration, pitch, part = (np.array(each, float) for each in zip(*notes, strict=True))
    last = part.max()
    label = np.where(part == 0, MELODY, np.where(part == last, BASS, INNER))
    # Of double stops of the top part the upper note is the tune's.
    for index in np.flatnonzero((label[:-1] == MELODY) & (np.diff(onset) == 0)):
        if label[index + 1] == MELODY:
            label[index] = INNER
    count = len(onset)
    return Voiced(
        onset,
        duration,
        pitch,
        np.full(count, 0.6),
        part.astype(np.intp),
        label.astype(np.intp),
        np.full(count, _SCORE_WEIGHT),
    )


def tunes() -> list[tuple[list[Row], float]]:
    """Return the tunes of the books, each with the beats of its bar."""
    found = []
    with music21_scores.quietly() as music21:
        for book in TUNE_BOOKS:
            for each in music21.corpus.parse(book).scores:
                flat = each.flatten().stripTies()
                meter = next(iter(flat.getElementsByClass("TimeSignature")), None)
                rows = [
                    (float(note.offset), float(note.quarterLength), int(note.pitch.midi), 0.7)
                    for note in flat.getElementsByClass("Note")
                    if note.quarterLength > 0
                ]
                if len(rows) > 20:
                    bar = float(meter.barDuration.quarterLength) if meter else 4.0
                    found.append(([(*row, MELODY) for row in sorted(rows)], bar))
    return found


def varied(rng: np.random.Generator, piece: Voiced) -> Voiced:
    """Return the piece in another key and tempo, perhaps with another touch and loudness."""
    onset, duration, pitch = piece.onset.copy(), piece.duration.copy(), piece.pitch.copy()
    velocity, program = piece.velocity.copy(), piece.program.copy()
    melody = piece.label == MELODY
    pitch += rng.integers(-6, 7)
    if rng.random() < 0.25:
        pitch[melody] += rng.choice([-12, 12])
    if rng.random() < 0.3:
        duration = duration * rng.uniform(0.4, 1.0)
    if rng.random() < 0.25:
        # As the pedal holds them.
        duration = np.maximum(duration, rng.uniform(0.5, 3.0))
    if rng.random() < 0.5:
        onset = onset + rng.normal(0, 0.012, len(onset)) - 0.03 * melody * rng.random()
    if rng.random() < 0.45:
        velocity[:] = 0.63
    else:
        loud = velocity + rng.normal(0, 0.05, len(velocity))
        velocity = np.clip(loud + rng.uniform(-0.05, 0.2) * melody, 0.05, 1)
    if rng.random() < 0.7:
        program[:] = 0
    scale = 2.0 ** (rng.integers(-1, 2) + rng.uniform(-0.2, 0.2))
    changed = (onset * scale, duration * scale, np.clip(pitch, 0, 127), velocity, program)
    return Voiced(*changed, piece.label, piece.weight)


def _pieces(rng: np.random.Generator, split: str, kind: str) -> Iterator[Voiced]:
    training = split == "train"
    if kind == "songs":
        yield from (song(number) for number in (SONGS if training else HELD_SONGS))
    elif kind == "scores":
        for work in SCORES * 3 if training else HELD_SCORES:
            yield score(work)
    else:
        chosen = [each for index, each in enumerate(tunes()) if (index % 10 != 9) == training]
        chosen += [(_sung(number), 4.0) for number in (SONGS if training else HELD_SONGS)]
        for tune, bar in chosen * (2 if training else 1):
            yield from_rows(accompanied(rng, tune, bar))


def from_rows(rows: list[Row]) -> Voiced:
    """Return rows of onset, duration, pitch, velocity and label as a piece; voices are programs."""
    table = np.array(rows, float)
    label = table[:, 4].astype(np.intp)
    onset, duration, pitch, velocity = table[:, :4].T
    program = (label != MELODY).astype(np.intp)
    return Voiced(onset, duration, pitch, velocity, program, label, np.ones(len(table)))


def _sung(number: int) -> list[Row]:
    """Return a song's melody as a tune, from its first bar."""
    alone = _columns(pop909.song(number).melody, 0, MELODY, 1.0)
    first = 4 * np.floor(alone[0].min() / 4)
    return [
        (float(onset - first), float(length), int(pitch), 0.7, MELODY)
        for onset, length, pitch in zip(*alone[:3], strict=True)
    ]


def _columns(notes: Notes, program: int, label: int, weight: float) -> tuple[Array, ...]:
    """Return notes as the columns of `Voiced`."""
    begin = timeline.quarters(notes.tempo_map, [note.onset for note in notes])
    end = timeline.quarters(notes.tempo_map, [note.offset for note in notes])
    count = len(notes)
    return (
        begin,
        end - begin,
        np.array([note.pitch for note in notes], float),
        np.array([note.velocity for note in notes]),
        np.full(count, program),
        np.full(count, label),
        np.full(count, weight),
    )


def _with_bass(piece: Voiced) -> Voiced:
    """Call bass what has nothing below it, in the low register, among what is no melody."""
    label = piece.label.copy()
    order = np.argsort(piece.onset, kind="stable")
    onset, pitch = piece.onset[order], piece.pitch[order]
    offset = onset + piece.duration[order]
    for place, index in enumerate(order):
        if label[index] != INNER or pitch[place] >= _BASS_BELOW:
            continue
        first = np.searchsorted(onset, onset[place] - 8)
        stop = np.searchsorted(onset, onset[place] + 0.1)
        near = slice(first, stop)
        sounds = (offset[near] > onset[place] + 0.1) & (pitch[near] < pitch[place])
        recent = (onset[near] > onset[place] - 1.9) & (pitch[near] < pitch[place] - 9)
        if not (sounds | recent).any():
            label[index] = BASS
    return Voiced(
        piece.onset, piece.duration, piece.pitch, piece.velocity, piece.program, label, piece.weight
    )


def open_described(split: str) -> dict[str, dict[str, npt.NDArray[np.generic]]]:
    """Return the described pieces of a split by kind.

    Raises
    ------
    ToolkitError
        If they are not prepared.
    """
    out = {}
    for kind in KINDS:
        path = described_file(split, kind)
        if not path.is_file():
            raise ToolkitError(
                f"no voices are prepared in {path.parent}",
                "prepare them with: tonearm train RECIPE --prepare",
            )
        with np.load(path) as kept:
            out[kind] = dict(kept)
    return out
