"""Suite T1: which notes are found, on a piano and in ensembles, clean and on an old record."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from time import process_time
from typing import Any

from toolkit import pipeline
from toolkit.adapters import transcribers
from toolkit.evaluation import facts, note_items, table
from toolkit.evaluation.chart import chart
from toolkit.evaluation.methods import choose
from toolkit.evaluation.music import case_number
from toolkit.evaluation.note_scores import NoteScores, note_scores
from toolkit.evaluation.statistics import bootstrap_interval, paired_differences
from toolkit.run import Run
from toolkit.values import Audio, Notes

CLEAN, OLD = "clean", "old record"

_CHAIN = "degrade-acoustic-78"
_RIVAL = "basic-pitch"
_FIGURES = {
    "onset": "onset F1",
    "offset": "onset+offset F1",
    "velocity": "onset+velocity F1",
    "frame": "frame F1",
    "precision": "precision",
    "recall": "recall",
}

Transcriber = Callable[[Audio], Notes]


def transcription(
    limit: int | None = None,
    seeds: int = 1,
    progress: Callable[[float, float], None] | None = None,
    methods: Sequence[str] = (),
) -> table.Report:
    """Write down held-out music whose notes are known."""
    chosen = choose(METHODS, methods)
    items = note_items.items()[:limit]
    jobs = [
        partial(_rows, item, condition, seed, chosen)
        for item in items
        for condition, seed in ((CLEAN, 0), *((OLD, seed) for seed in range(seeds)))
    ]
    rows = table.collect(jobs, progress)
    cases = table.group(rows, "group", "condition", "method")
    return table.Report(
        suite="t1",
        title="T1: notes found, F1",
        summary=tuple(_summary(case, mine, cases) for case, mine in cases.items()),
        rows=rows,
        notes=(
            "Onset F1: pitch within 50 cents, onset within 50 ms (mir_eval); with offset: and the "
            "offset within a fifth of the duration or 50 ms; with velocity: and the velocity "
            "within 0.1 after a linear fit. Frame F1 counts what sounds every 10 ms. Means over "
            "tracks, with 95 % intervals.",
            "Truth are the keys of the score: no pedal is used, drums are left out, unisons are "
            "one note.",
            f"The old record is the pipeline `{_CHAIN}`; its speed wavers by 0.4 %, which moves no "
            "onset by more than some milliseconds.",
            "The music is rendered with a SoundFont that the network of `tonearm notes` has never "
            "heard.",
            "transkun knows only pianos and is measured on nothing else.",
        ),
        facts={
            "items": len(items),
            "seeds": seeds,
            **facts.versions(("basic-pitch", "transkun", "mir-eval")),
        },
        chart=chart(
            [{**row, "case": f"{row['group']}, {row['condition']}"} for row in rows],
            x="case",
            y="onset",
            y_label="onset F1",
        ),
    )


def old_record(audio: Audio, seed: int) -> Audio:
    """Return the recording as a 78 before 1925 has it."""
    worn, _ = pipeline.execute(pipeline.load(_CHAIN), audio, Run(seed=seed))
    if not isinstance(worn, Audio):
        raise TypeError(f"{_CHAIN} gave {type(worn).__name__}")
    return worn


def _rows(
    item: note_items.Item, condition: str, seed: int, methods: Mapping[str, Transcriber]
) -> list[dict[str, Any]]:
    truth = note_items.item_notes(item)
    audio = note_items.render(item, truth)
    if condition == OLD:
        audio = old_record(audio, seed + case_number(item.name))
    labels = {"item": item.name, "group": item.group, "condition": condition, "seed": seed}
    return [
        {**labels, "method": name, **_measured(method, audio, truth)}
        for name, method in methods.items()
        if item.group == note_items.PIANO or name not in _ONLY_PIANO
    ]


def _measured(method: Transcriber, audio: Audio, truth: Notes) -> dict[str, float]:
    began = process_time()
    found = method(audio)
    seconds = process_time() - began
    scores: NoteScores = note_scores(truth, found)
    return {**vars(scores), "cpu": seconds / audio.duration}


def _summary(
    case: tuple[Any, ...],
    mine: Sequence[table.Row],
    cases: Mapping[tuple[Any, ...], Sequence[table.Row]],
) -> dict[str, Any]:
    group, condition, method = case
    columns: dict[str, Any] = {"music": group, "as": condition, "method": method}
    for key, label in _FIGURES.items():
        values = tuple(table.per_item(mine, key).values())
        shown = f"{sum(values) / len(values):.3f}"
        if key == "onset":
            shown += " ({:.3f}..{:.3f})".format(*bootstrap_interval(values))
        columns[label] = shown
    rival = cases.get((group, condition, _RIVAL), ())
    columns[f"over {_RIVAL}"] = "" if method == _RIVAL else _ahead(mine, rival)
    columns["CPU-s per s"] = f"{sorted(row['cpu'] for row in mine)[len(mine) // 2]:.3f}"
    return columns


def _ahead(mine: Sequence[table.Row], rival: Sequence[table.Row]) -> str:
    """Return the mean difference of the onset F1 item by item, with its interval."""
    ahead = paired_differences(table.per_item(mine, "onset"), table.per_item(rival, "onset"))
    if not ahead:
        return ""
    low, high = bootstrap_interval(ahead)
    return f"{sum(ahead) / len(ahead):+.3f} ({low:+.3f}..{high:+.3f})"


def _by(model: str) -> Transcriber:
    def transcribe(audio: Audio) -> Notes:
        return transcribers.transcribe(audio, Run(), model, transcribers.Options())

    return transcribe


METHODS: Mapping[str, Transcriber] = {
    "tonearm notes": _by("notes"),
    _RIVAL: _by("basic-pitch"),
    "transkun": _by("transkun"),
}

_ONLY_PIANO = ("transkun",)
