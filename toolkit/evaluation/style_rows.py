"""Measure all versions of one piece: what the style suite's table consists of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from time import perf_counter
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit.adapters import soundfont
from toolkit.dsp import chroma
from toolkit.dsp.loudness import measure_loudness
from toolkit.evaluation import chord_corpora, rewriting, style_controls
from toolkit.evaluation.correlation import pearson
from toolkit.evaluation.is_music import is_music, longest_copied_run
from toolkit.evaluation.jazz_judges import jazz_probability
from toolkit.evaluation.jazz_marks import (
    Bigrams,
    bigrams,
    divergence,
    feel_marks,
    harmony_marks,
    of_versions,
)
from toolkit.evaluation.retrieval import Library
from toolkit.evaluation.rewriting import Settings
from toolkit.evaluation.same_piece import anchors, recall_of, same_piece
from toolkit.evaluation.versions import Version, of_performance, of_sheet, pulse, warped
from toolkit.style import timeline
from toolkit.style.lead_sheet import LeadSheet
from toolkit.style.performance import Performance
from toolkit.style.sheet.sheet_grid import grid
from toolkit.values import Audio, Notes

Array = npt.NDArray[np.float64]

METHODS: Mapping[str, Settings] = {
    "tonearm": Settings(),
    "tonearm, --melody 0": Settings(melody=0.0),
    "tonearm, --melody 0.5": Settings(melody=0.5),
    "tonearm, solo piano": Settings(ensemble="solo-piano"),
    "harmony as it was": Settings(harmony=False),
    "rhythm as it was": Settings(rhythm=False),
    "seed 1": Settings(seed=1),
    "seed 2": Settings(seed=2),
}
"""What the toolkit makes of a piece, and without single modules."""

CONTROLS: Mapping[str, Callable[[LeadSheet], Version]] = {
    "source unchanged": of_sheet,
    "source, swing only": style_controls.swing_only,
    "triads over a swing loop": style_controls.template,
}
"""Versions without the toolkit."""

ANCHORS: Mapping[str, str] = {
    "anchors, --melody 0": "tonearm, --melody 0",
    "anchors, --melody 0.5": "tonearm, --melody 0.5",
}
"""Figures of a recording besides: how many anchors methods of `METHODS` keep."""

OTHER_PIECE = "another piece"
RECORDING = "tonearm, from a recording"
SAMPLE = "piano sample"
FINISHED = "finished mix"


@dataclass(eq=False)
class Piece:
    """Hold a piece and what has been made of it so far.

    Parameters
    ----------
    name : str
        Of the item.
    sheet : LeadSheet
        The source.
    tune : np.ndarray, shape (notes, 3)
        The tune where it is known, in the sheet's beats; else empty.
    """

    name: str
    sheet: LeadSheet
    tune: Any
    _chords: dict[Settings, LeadSheet] = field(default_factory=dict)

    def performed(self, settings: Settings) -> Performance:
        """Return the piece as it is played; chords of the same settings are found only once."""
        alike = replace(settings, ensemble="", melody=-1.0, rhythm=True)
        if alike not in self._chords:
            self._chords[alike] = rewriting.reharmonized(self.sheet, alike)
        return rewriting.performed(self._chords[alike], settings)

    def version(self, settings: Settings) -> tuple[Performance, Version]:
        """Return a performance, and it in the source's beats."""
        made = self.performed(settings)
        return made, of_performance(self.sheet, made)


def rows(piece: Piece, method: str, library: Library) -> dict[str, Any]:
    """Return all figures of a piece by a method of `METHODS` or a control of `CONTROLS`."""
    began = perf_counter()
    if method in METHODS:
        performance, version = piece.version(METHODS[method])
        extra = is_music(piece.sheet, performance, version)
        extra["copied_run"] = float(longest_copied_run(piece.sheet, version))
    else:
        version, extra = CONTROLS[method](piece.sheet), {}
    found = compared(piece, version, library) | extra
    return {"item": piece.name, "method": method, **found, "seconds": perf_counter() - began}


def compared(piece: Piece, version: Version, library: Library) -> dict[str, float]:
    """Return what a version has in common with a piece, and what of jazz it has."""
    source = of_sheet(piece.sheet)
    rank = library.rank(version, piece.name)
    known = {"tune_recall": recall_of(piece.tune, version)} if len(piece.tune) else {}
    return {
        **same_piece(source, version),
        **known,
        "top1": float(rank == 1),
        "mrr": 1 / rank,
        **jazz_probability(version),
        **harmony_marks(version),
        "bigram_divergence": divergence(of_versions([version]), _standards()),
        **feel_marks(version),
    }


def other_piece(piece: Piece, stranger: Piece, library: Library) -> dict[str, Any]:
    """Return the figures of what was made of another piece: the shuffled control."""
    _, version = stranger.version(METHODS["tonearm"])
    row = {"item": piece.name, "method": OTHER_PIECE, **compared(piece, version, library)}
    # A stranger's length says nothing.
    return {key: value for key, value in row.items() if key != "bars_kept"}


def from_recording(
    piece: Piece, notes: Notes, recording: Audio, library: Library
) -> dict[str, Any]:
    """Return the figures of what was made of a recording, held against the piece as written.

    Parameters
    ----------
    piece : Piece
        As written.
    notes : Notes
        What its sheet was made of; the recording is theirs, second by second.
    recording : Audio
        What the toolkit is given.
    library : Library
        To find the piece in.
    """
    began = perf_counter()
    heard = rewriting.written_down(recording)
    sheet = rewriting.lead_sheet(heard)
    again = Piece(piece.name, sheet, piece.tune)
    written, tracked = grid(notes), grid(heard)

    def moved(beats: Array) -> Array:
        return written.at(tracked.time(beats))

    def version(performance: Performance) -> Version:
        return warped(of_performance(sheet, performance), piece.sheet, moved)

    performance = again.performed(METHODS["tonearm"])
    played = version(performance)
    source = of_sheet(piece.sheet)
    kept = {
        figure: anchors(source, version(again.performed(METHODS[method])))[0]
        for figure, method in ANCHORS.items()
    }
    return {
        "item": piece.name,
        "method": RECORDING,
        **compared(piece, played, library),
        **kept,
        **is_music(sheet, performance, played),
        "seconds": perf_counter() - began,
    }


def sound(name: str, notes: Notes) -> dict[str, Any]:
    """Return loudness, true peak and speed of the finished mix, all of it made anew.

    Besides, how alike the bars of the mix are, compared with those of a piano that plays the notes.
    """
    began = perf_counter()
    piece = Piece(name, rewriting.lead_sheet(notes, name), np.zeros((0, 3)))
    performance = piece.performed(METHODS["tonearm"])
    mixed = rewriting.mixed(performance)
    seconds = perf_counter() - began
    whole = mixed.mixture()
    loudness = measure_loudness(whole.samples, whole.sample_rate)
    return {
        "item": name,
        "method": FINISHED,
        "self_similarity_chroma": _heard_alike(piece.sheet, notes, performance, whole),
        "lufs": loudness.integrated_lufs,
        "true_peak_db": loudness.true_peak_db,
        "clipped": float((np.abs(whole.samples) >= 1.0).sum()),
        "seconds_for_two_minutes": 120 * seconds / whole.duration,
    }


def _heard_alike(sheet: LeadSheet, notes: Notes, performance: Performance, mix: Audio) -> float:
    """Return Pearson's correlation of the self-similarity of bars, by chroma of the sound."""
    edges = np.array([*(bar.onset for bar in sheet.bars), sheet.length])
    arrangement = performance.arrangement
    places = arrangement.body[0] + pulse(sheet, arrangement) * edges
    tempo_map = next(iter(performance.parts.values())).tempo_map
    piano = soundfont.play(notes, sample_rate=mix.sample_rate)
    rows = [
        chroma.salience(audio, times) @ np.eye(12)[np.arange(33, 97) % 12]
        for audio, times in (
            (piano, grid(notes).time(edges)),
            (mix, timeline.seconds(tempo_map, places)),
        )
    ]
    above = np.triu_indices(len(edges) - 1, 1)
    first, second = (np.asarray(np.corrcoef(each))[above] for each in rows)
    return pearson(first, second)


@cache
def _standards() -> Bigrams:
    return bigrams(chord_corpora.corpus("standards", "test"))
