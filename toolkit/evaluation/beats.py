"""Suite T2: are beats and downbeats found, in steady playing and in rubato."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit.adapters import librosa_analysis, mir_scores, soundfont
from toolkit.evaluation import facts, table, transcription, works
from toolkit.evaluation.chart import chart
from toolkit.evaluation.methods import choose
from toolkit.evaluation.performance import MANNERS, Performance, perform
from toolkit.style.listening import structure
from toolkit.values import Audio, Notes

Array = npt.NDArray[np.float64]
Found = tuple[Array, Array]
"""Beats and downbeats in seconds; the latter empty where a method has none."""

Method = Callable[[Notes, Callable[[], Audio]], Found]

SAMPLE_RATE = 22050


def beats(
    limit: int | None = None,
    seeds: int = 1,
    progress: Callable[[float, float], None] | None = None,
    methods: Sequence[str] = (),
) -> table.Report:
    """Track the beats of piano performances whose beats are known."""
    chosen = choose(METHODS, methods)
    names = works.HELD_OUT_BEATS[:limit]
    jobs = [
        partial(_rows, work, manner, seed, chosen)
        for work in names
        for manner in MANNERS
        for seed in range(seeds)
    ]
    rows = table.collect(jobs, progress)
    groups = table.group(rows, "manner", "method")
    return table.Report(
        suite="t2",
        title="T2: beats and downbeats of performed scores",
        summary=tuple(_summary(key, mine) for key, mine in groups.items()),
        rows=rows,
        notes=(
            "Chorales of Bach and a prelude, fiddle tunes (a single voice) and songs for two hands "
            "and a band, their first 96 beats, are played on the piano: steady, or with "
            "a tempo that wanders by 13 % (one standard deviation) and slows down to 70 % at the "
            "ends of phrases. Notes jitter by 10 ms, chords are spread, loudness knows nothing of "
            "the meter. Tempi are drawn from 66 to 132 beats a minute, slower where notes crowd.",
            "F is mir_eval's F-measure within 70 ms, in percent, against the beat that is notated: "
            "a quarter in 2/4, 3/4 and 4/4, a half in 2/2, three eighths in 6/8 and 9/8. "
            "Any level also takes every second beat, off-beats or half beats for right.",
            "Audio is rendered with a SoundFont that nothing here was fitted to.",
            "Network and constants were fitted to other works, performed in the same manner.",
        ),
        facts={"items": len(names), "seeds": seeds, **facts.versions(("librosa", "mir-eval"))},
        chart=chart(rows, x="manner", y="f", y_label="beat F (%)"),
    )


def performance(work: str, manner: str, seed: int = 0) -> Performance:
    """Return the performance of a work that all methods are given."""
    salt = [seed, zlib.crc32(work.encode()), MANNERS.index(manner)]
    return perform(works.score(work), np.random.default_rng(salt), rubato=manner == "rubato")


def _rows(work: str, manner: str, seed: int, methods: Mapping[str, Method]) -> list[dict[str, Any]]:
    played = performance(work, manner, seed)
    audio: list[Audio] = []

    def listen() -> Audio:
        # Rendered once, and only if a method listens.
        if not audio:
            audio.append(soundfont.play(played.notes, sample_rate=SAMPLE_RATE))
        return audio[0]

    rows = []
    for name, method in methods.items():
        found, downbeats = method(played.notes, listen)
        rows.append(
            {
                "item": work,
                "manner": manner,
                "seed": seed,
                "meter": f"{played.numerator}/{played.denominator}",
                "method": name,
                "f": 100 * mir_scores.beat_f_measure(played.beats, found),
                "any_level": 100 * mir_scores.beat_f_any_level(played.beats, found),
                "downbeat_f": 100 * mir_scores.beat_f_measure(played.downbeats, downbeats)
                if len(downbeats)
                else float("nan"),
            }
        )
    return rows


def _summary(key: tuple[Any, ...], mine: Sequence[table.Row]) -> dict[str, Any]:
    manner, method = key
    figures = [row["f"] for row in mine]
    return {
        "playing": manner,
        "method": method,
        "beat F (%)": table.spread(mine, "f"),
        "median": float(np.median(figures)),
        "worst": min(figures),
        "any level (%)": table.spread(mine, "any_level"),
        "downbeat F (%)": table.spread(mine, "downbeat_f"),
    }


def _from_notes(notes: Notes, listen: Callable[[], Audio]) -> Found:
    found = structure.pulse(notes)
    return found.beats, found.downbeats


def _from_audio(notes: Notes, listen: Callable[[], Audio]) -> Found:
    return structure.pulse(Notes(), listen()).beats, np.zeros(0)


def _heard_by(transcriber: str) -> Method:
    """Return the method that goes by the notes which a transcriber of suite T1 hears."""
    transcribe = transcription.METHODS[transcriber]
    return lambda notes, listen: _from_notes(transcribe(listen()), listen)


def _librosa(notes: Notes, listen: Callable[[], Audio]) -> Found:
    return librosa_analysis.beats(listen()), np.zeros(0)


METHODS: Mapping[str, Method] = {
    "tonearm, notes": _from_notes,
    "tonearm, audio": _from_audio,
    "tonearm, notes of the audio": _heard_by("tonearm notes"),
    "tonearm, basic-pitch's notes": _heard_by("basic-pitch"),
    "librosa, audio": _librosa,
}
