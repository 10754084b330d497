"""Suite style: is it the same piece, is it jazz, is it music."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
from typing import Any

import numpy as np

from toolkit.adapters import pop909
from toolkit.evaluation import facts, rewriting, style_items, table, works
from toolkit.evaluation.fitted_judges import fitted
from toolkit.evaluation.methods import choose
from toolkit.evaluation.retrieval import Library, library
from toolkit.evaluation.style_rows import (
    ANCHORS,
    CONTROLS,
    FINISHED,
    METHODS,
    OTHER_PIECE,
    RECORDING,
    SAMPLE,
    Piece,
    from_recording,
    other_piece,
    rows,
    sound,
)
from toolkit.evaluation.versions import Version, of_sheet
from toolkit.style import timeline
from toolkit.style.lead_sheet import Bar, LeadSheet, LineNote
from toolkit.style.sheet.sheet_grid import grid
from toolkit.values import Note, Notes

FIGURES = (
    "anchor_recall", *ANCHORS, "anchor_precision", "contour", "tune_recall", "top1", "mrr",
    "content_chroma", "root_retention", "function_agreement", "key_agreement", "cadence_retention",
    "self_similarity", "self_similarity_chroma", "repeats_kept", "phrase_f1",
    "bars_kept",
    "jazz_probability", "groove_judge", "harmony_judge", "line_judge",
    "extended_share", "two_fives", "chords_per_bar", "bigram_divergence",
    "swing_error", "delay_error_ms",
    "violations", "avoid_notes", "copied_run", "notes_per_bar", "attacks_per_bar",
    "lufs", "true_peak_db", "clipped", "seconds_for_two_minutes",
)  # fmt: skip
"""Lines of the table."""

GOALS = {
    "anchor_recall": "0.90 at --melody 0, 0.75 at 0.5; another piece below 0.35",
    "anchors, --melody 0": "0.90",
    "anchors, --melody 0.5": "0.75",
    "top1": "0.90",
    "content_chroma": "0.68 to 0.90",
    "root_retention": "around 0.72",
    "function_agreement": "0.75",
    "cadence_retention": "0.90",
    "self_similarity": "0.50",
    "jazz_probability": "0.80",
    "groove_judge": "0.80",
    "extended_share": "0.85",
    "swing_error": "0.15 at most",
    "delay_error_ms": "10 at most",
    "violations": "0",
    "avoid_notes": "0",
    "copied_run": "8 at most",
    "lufs": "-16 ± 1",
    "clipped": "0",
    "seconds_for_two_minutes": "60 at most",
}
"""What is asked of the toolkit's own lines, by figure."""

_WORST = ("copied_run", "violations", "clipped")
_SEEDS = ("tonearm", "seed 1", "seed 2")
_OTHERS = range(701, 801)
_SEED_ITEMS, _SOUND_ITEMS = 6, 3
_BEATS = 112


def reimagining(
    limit: int | None = None,
    seeds: int = 1,
    progress: Callable[[float, float], None] | None = None,
    methods: Sequence[str] = (),
) -> table.Report:
    """Play held-out pieces as jazz, and judge them beside controls."""
    names = (*METHODS, *CONTROLS, OTHER_PIECE, RECORDING, SAMPLE, FINISHED)
    chosen = tuple(choose(dict.fromkeys(names), methods))
    items = style_items.ITEMS[:limit]
    jobs = [partial(_rows, number, item, items, chosen) for number, item in enumerate(items)]
    measured = table.collect(jobs, progress)
    judges = {name: each["measured"] for name, each in fitted().items()}
    return table.Report(
        suite="style",
        title="Style: the same piece, as jazz, played well",
        summary=tuple(turned((*summaries(measured), *spread(measured)))),
        rows=measured,
        notes=_NOTES,
        facts={
            "items": len(items),
            "pieces to find one among": len(_others()) + len(style_items.ITEMS),
            **{f"judge of {name}": str(each) for name, each in judges.items()},
            **facts.versions(("numpy",)),
        },
    )


_NOTES = (
    "The pieces are those of toolkit/evaluation/style_items.py: no network and no constant of the "
    "style modules was fitted to them, but the beat tracker, which scores with a tempo map do not "
    "need, was fitted to six. Means over pieces; copied runs, violations and clipped samples are "
    "the worst piece's.",
    "Anchors are the source's notes on a beat or of a beat and more, by length; tune recall is the "
    "same for all notes of the tune where a track of its own says which they are.",
    "Content chroma is Groove2Groove's. Self-similarity correlates the matrices of bars, by the "
    "chroma of the melody beside that of everything; by chroma alone, which a band's bass and "
    "chords fill, in the line after it, for the finished mix by that of its sound. The published "
    "rivals were measured on other pieces with matrices of their own.",
    "The jazz probability is the mean of three calibrated judges, of groove, of harmony and of "
    "line. They learned from material that the generator did not: grooves by other authors, charts "
    "of other titles, solos of other players. The line judge knows solos, and takes a tune that is "
    "kept for what it is.",
    "Bars are kept where a version ends within a twentieth of a beat of where its source does; a "
    "recording's last bar line is heard rather than known.",
    "The piano sample is the prelude in samples/, bars 1 to 19; its piano is one that the "
    "transcriber learned from, its piece is not.",
    "The swing loop of the template is one that the groove judge has read, to its advantage.",
)


def _rows(
    number: int, item: style_items.Item, items: Sequence[style_items.Item], chosen: Sequence[str]
) -> list[dict[str, Any]]:
    piece, found = _piece(item), []
    known = _library(tuple(items))
    for method in chosen:
        if method in CONTROLS or (method in METHODS and _is_due(method, number)):
            found.append(rows(piece, method, known))
        elif method == OTHER_PIECE and len(items) > 1:
            stranger = _piece(items[(number + 1) % len(items)])
            found.append(other_piece(piece, stranger, known))
        elif method == FINISHED and number < _SOUND_ITEMS:
            found.append(sound(item.name, style_items.read(item)))
        elif method == RECORDING:
            found += _heard(item, known)
        elif method == SAMPLE and number == 0:
            found += _sample()
    return found


def _is_due(method: str, number: int) -> bool:
    return not method.startswith("seed ") or number < _SEED_ITEMS


def _heard(item: style_items.Item, known: Library) -> Iterator[dict[str, Any]]:
    """Yield the figures of a recording's beginning, and of the same beginning as written."""
    notes = style_items.begun(item)
    piece = _of_notes(item, notes)
    yield {**rows(piece, "tonearm", known), "method": "tonearm, beginnings from MIDI"}
    yield from_recording(piece, notes, style_items.heard(item), known)


def _sample() -> Iterator[dict[str, Any]]:
    """Yield the figures of the prelude among the samples, as written and from its recording."""
    notes, recording = style_items.sample()
    piece = Piece("prelude", rewriting.lead_sheet(notes, "prelude"), np.zeros((0, 3)))
    known = library({**_others(), "prelude": of_sheet(piece.sheet)})
    yield {**rows(piece, "tonearm", known), "method": f"{SAMPLE}, from MIDI"}
    heard = from_recording(piece, notes, recording, known)
    yield {**heard, "method": f"{SAMPLE}, from its recording"}


@cache
def _piece(item: style_items.Item) -> Piece:
    return _of_notes(item, style_items.read(item))


def _of_notes(item: style_items.Item, notes: Notes) -> Piece:
    sheet = rewriting.lead_sheet(notes, item.name)
    tune, beats = style_items.tune(item), grid(notes)
    onset = beats.at([note.onset for note in tune])
    length = beats.at([note.offset for note in tune]) - onset
    known = np.column_stack([onset, length, [note.pitch for note in tune]]).reshape(-1, 3)
    return Piece(item.name, sheet, known[known[:, 0] < sheet.length])


@cache
def _library(items: tuple[style_items.Item, ...]) -> Library:
    """Return all items' sheets, and others of the same kinds."""
    mine = {item.name: of_sheet(_piece(item).sheet) for item in items}
    return library({**_others(), **mine})


@cache
def _others() -> Mapping[str, Version]:
    """Return songs, dances and chorales that are no items, as versions."""
    taken = {item.source for item in style_items.ITEMS}
    found = {}
    for number in _OTHERS:
        song = pop909.song(number)
        found[f"song {number}"] = _plain(song.melody.notes, (*song.bridge, *song.piano), song.piano)
    for work in (*works.HELD_OUT, *works.HELD_OUT_BEATS, *works.DEVELOPMENT):
        if work not in taken:
            top = style_items.of_work(work, 120.0, part=0)
            found[work] = _plain(top.notes, style_items.of_work(work, 120.0).notes, top)
    return found


def _plain(melody: Sequence[Note], others: Sequence[Note], timed: Notes) -> Version:
    """Return notes as a version in quarter notes, without analysis."""

    def line(notes: Sequence[Note]) -> tuple[LineNote, ...]:
        onset, offset = (
            timeline.quarters(timed.tempo_map, times)
            for times in ([each.onset for each in notes], [each.offset for each in notes])
        )
        rows = zip(notes, onset.tolist(), offset.tolist(), strict=True)
        return tuple(
            LineNote(begin, max(end - begin, 0.01), note.pitch)
            for note, begin, end in rows
            if begin < _BEATS
        )

    bars = tuple(Bar(float(beat), 4) for beat in range(0, _BEATS, 4))
    return of_sheet(LeadSheet(bars, line(melody), inner=line(others)))


def summaries(measured: Sequence[table.Row]) -> list[dict[str, Any]]:
    """Return a line for each method, further seeds apart."""
    groups = table.group(measured, "method")
    return [
        {"method": method, "pieces": len(mine), **_means(mine)}
        for (method,), mine in groups.items()
        if not method.startswith("seed ")
    ]


def turned(lines: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield a line for each figure with a column for each method, from lines for each method."""
    for figure in ("pieces", *FIGURES):
        if any(figure in line for line in lines):
            values = {str(line["method"]): _shown(line.get(figure)) for line in lines}
            yield {"figure": figure, "goal": GOALS.get(figure, ""), **values}


def _shown(value: float | None) -> str:
    if value is None or not math.isfinite(value):
        return ""
    return f"{value:.0f}" if value == round(value) and abs(value) > 1 else f"{value:.3g}"


def _means(mine: Sequence[table.Row]) -> dict[str, float]:
    found = {}
    for figure in FIGURES:
        values = [row[figure] for row in mine if math.isfinite(row.get(figure, math.nan))]
        if values:
            found[figure] = round(float(max(values) if figure in _WORST else np.mean(values)), 3)
    return found


def spread(measured: Sequence[table.Row]) -> Iterator[dict[str, Any]]:
    """Yield the standard deviation over seeds, of the means over the pieces that have them."""
    groups = table.group([row for row in measured if row["method"] in _SEEDS], "method")
    items = {row["item"] for (name,), mine in groups.items() if name == "seed 1" for row in mine}
    means = [_means([row for row in mine if row["item"] in items]) for mine in groups.values()]
    if len(means) == len(_SEEDS) and items:
        yield {
            "method": "standard deviation over seeds",
            "pieces": len(items),
            **{name: round(float(np.std([each.get(name, math.nan) for each in means])), 3)
               for name in means[0]},
        }  # fmt: skip
