"""Suite M1: is the melody found among the notes of a piece."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit.adapters import pop909
from toolkit.evaluation import facts, statistics, table, works
from toolkit.evaluation.methods import choose
from toolkit.style import timeline
from toolkit.style.sheet import voice_tagging
from toolkit.style.sheet.note_context import NoteTable, note_table

Mask = npt.NDArray[np.bool_]

SCORES = (
    "schubert/Lindenbaum",
    "haydn/opus74no1/movement1",
    "schumann_robert/dichterliebe_no2",
    "haydn/opus74no1/movement3",
    "handel/rinaldo/Lascia_chio_pianga",
    "haydn/opus1no1/movement1",
    "mozart/k80/movement2",
    "haydn/opus1no1/movement2",
    "haydn/opus74no1/movement2",
    "mozart/k80/movement1",
    "haydn/opus1no1/movement3",
    "haydn/opus74no1/movement4",
)
"""Works whose top part is a singer or a first violin; no training and no tuning saw them."""

_LONGEST_NOTES = 3000


def melody(
    limit: int | None = None,
    seeds: int = 1,
    progress: Callable[[float, float], None] | None = None,
    methods: Sequence[str] = (),
) -> table.Report:
    """Find the melody of test songs and scores, all instruments merged into one."""
    chosen = choose(METHODS, methods)
    jobs: list[Callable[[], list[dict[str, Any]]]] = [
        partial(_rows, "POP909 851-909", f"song {number}", partial(_song, number), chosen)
        for number in list(pop909.TEST)[:limit]
    ]
    jobs += [
        partial(_rows, "voice or violin on top", work, partial(_score, work), chosen)
        for work in SCORES[:limit]
    ]
    rows = table.collect(jobs, progress)
    return table.Report(
        suite="m1",
        title="M1: which notes are the melody",
        summary=tuple(
            _summary(material, method, mine)
            for (material, method), mine in table.group(rows, "material", "method").items()
        ),
        rows=rows,
        notes=(
            "All tracks of a piece are merged into one list of piano notes; a method has to say "
            "which of them are the melody track's. F1 counts notes, in percent, with the 95 % "
            "interval over pieces.",
            "POP909: the vocal line among second melody and piano. Both loudness and timing are as "
            "in the files; 'without loudness' hides the velocities.",
            "Scores: the singer or the first violin is taken for the melody throughout, though "
            "others have it at times and the violin accompanies at times.",
            "The skyline is the highest note of each attack unless a higher one sounds; the "
            "contour line is the best path by height, length and small leaps.",
        ),
        facts={"items": len(jobs), **facts.versions(("numpy", "torch"))},
    )


def scores(truth: Mask, found: Mask) -> tuple[float, float, float]:
    """Return precision, recall and F1, each 0 where nothing is found or to be found."""
    both = float((truth & found).sum())
    precision = both / max(int(found.sum()), 1)
    recall = both / max(int(truth.sum()), 1)
    total = precision + recall
    return precision, recall, 2 * precision * recall / total if total else 0.0


def _rows(
    material: str,
    item: str,
    piece: Callable[[], tuple[NoteTable, Mask]],
    methods: Mapping[str, Callable[[NoteTable], Mask]],
) -> list[dict[str, Any]]:
    notes, truth = piece()
    rows = []
    for name, method in methods.items():
        precision, recall, f1 = scores(truth, method(notes))
        rows.append(
            {
                "material": material,
                "item": item,
                "method": name,
                "precision": 100 * precision,
                "recall": 100 * recall,
                "f1": 100 * f1,
            }
        )
    return rows


def _song(number: int) -> tuple[NoteTable, Mask]:
    tracks = pop909.song(number)
    notes = [
        (note, index)
        for index, track in enumerate((tracks.melody, tracks.bridge, tracks.piano))
        for note in track
    ]
    tempo_map = tracks.piano.tempo_map
    merged, order = note_table(
        timeline.quarters(tempo_map, [note.onset for note, _ in notes]),
        timeline.quarters(tempo_map, [note.offset for note, _ in notes]),
        [note.pitch for note, _ in notes],
        [note.velocity for note, _ in notes],
        np.zeros(len(notes), int),
    )
    return merged, np.array([index == 0 for _, index in notes])[order]


def _score(work: str) -> tuple[NoteTable, Mask]:
    notes = works.score(work).notes[:_LONGEST_NOTES]
    onset, duration, pitch, part = (np.array(each, float) for each in zip(*notes, strict=True))
    alike = np.full(len(onset), 0.6)
    merged, order = note_table(onset, onset + duration, pitch, alike, np.zeros(len(onset), int))
    return merged, (part == 0)[order]


def _tagged(notes: NoteTable) -> Mask:
    return voice_tagging.tagged(notes).melody


def _tagged_without_loudness(notes: NoteTable) -> Mask:
    alike = NoteTable(
        notes.onset,
        notes.offset,
        notes.pitch,
        np.full(len(notes), 0.6),
        notes.program,
        notes.group,
    )
    return voice_tagging.tagged(alike).melody


def _summary(material: str, method: str, mine: Sequence[table.Row]) -> dict[str, Any]:
    values = list(table.per_item(mine, "f1").values())
    low, high = statistics.bootstrap_interval(values)
    return {
        "material": material,
        "method": method,
        "pieces": len(values),
        "precision (%)": table.mean(mine, "precision"),
        "recall (%)": table.mean(mine, "recall"),
        "F1 (95 %)": f"{np.mean(values):.1f} ({low:.1f}..{high:.1f})",
        "worst": min(values),
    }


METHODS: Mapping[str, Callable[[NoteTable], Mask]] = {
    "tonearm tag-voices": _tagged,
    "tonearm tag-voices, without loudness": _tagged_without_loudness,
    "contour line": voice_tagging.contour_line,
    "skyline": voice_tagging.skyline,
}
