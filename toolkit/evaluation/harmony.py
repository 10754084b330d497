"""Suite T3: are key, chords, tuning and swing found."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit.adapters import librosa_analysis, soundfont
from toolkit.dsp import tuning
from toolkit.dsp.resample import warp
from toolkit.evaluation import chord_finding, facts, statistics, table, works
from toolkit.evaluation.accompaniment import accompany
from toolkit.evaluation.chord_finding import CHORDS, FUNCTIONS, SAMPLE_RATE, chosen, row
from toolkit.evaluation.methods import choose
from toolkit.evaluation.performance import perform
from toolkit.style import key
from toolkit.style.listening import swing
from toolkit.values import Audio, Notes

Array = npt.NDArray[np.float64]
Symbols = tuple[tuple[float, str], ...]

SWINGS = (1.0, 1.5, 2.0, 3.0)

_PROGRESSIONS = 12
_MOST_CENTS = 45.0


def harmony(
    limit: int | None = None,
    seeds: int = 1,
    progress: Callable[[float, float], None] | None = None,
    methods: Sequence[str] = (),
) -> table.Report:
    """Find key, chords, tuning and swing where they are known."""
    picked = choose({**KEYS, **CHORDS, **FUNCTIONS, **TUNINGS, **SWINGERS}, methods)
    count = _PROGRESSIONS if limit is None else min(limit, _PROGRESSIONS)
    jobs: list[Callable[[], list[dict[str, Any]]]] = []
    for seed in range(seeds):
        jobs += [partial(_key_rows, work, seed, picked) for work in works.HELD_OUT[:limit]]
        jobs += [
            partial(chord_finding.progression_rows, number, seed, picked) for number in range(count)
        ]
        jobs += [partial(_tuning_rows, work, seed, picked) for work in works.HELD_OUT[:count]]
        jobs += [
            partial(_swing_rows, number, ratio, seed, picked)
            for number in range(count)
            for ratio in SWINGS
        ]
    jobs += [
        partial(chord_finding.song_rows, number, picked) for number in chord_finding.SONGS[:limit]
    ]
    rows = table.collect(jobs, progress)
    return table.Report(
        suite="t3",
        title="T3: key, chords, tuning, swing",
        summary=tuple(
            _summary(task, method, figure, mine)
            for (task, method, figure), mine in table.group(
                rows, "task", "method", "figure"
            ).items()
        ),
        rows=rows,
        notes=(
            "Key: scores of the corpus, performed; true is the key signature's major or minor key "
            "whose tonic ends the bass, and works that end on neither are left out. The weighted "
            "figure gives half a point for a fifth, 0.3 for the relative and 0.2 for the parallel "
            "key, as MIREX does.",
            "Chords: generated functional progressions with bass, arpeggios and a tune with "
            "foreign notes; recall is the share of time at which root, major or minor, or the "
            "seventh chord is right (mir_eval), in percent. All methods are told the beats.",
            "Chords of songs: ten songs of POP909's test split as they were played, with the beats "
            "and the chords that its authors annotated; bar lines are not told.",
            "Functions: tonic, subdominant or dominant, beat by beat in the same progressions, by "
            "the network or by a table from what is found by rule.",
            "Tuning: performed scores, rendered and resampled by up to 45 cents; the figure is the "
            "absolute error. The renders themselves are taken for in tune.",
            "Swing: generated ratios from 1 to 3; the figure is the absolute error of the ratio, "
            "from notes with their true beats.",
        ),
        facts={"items": count, "seeds": seeds, **facts.versions(("librosa", "mir-eval"))},
    )


def true_key(work: str) -> str:
    """Return the key that a score's last signature and last bass note agree on, else nothing."""
    score = works.score(work)
    if not score.sharps:
        return ""
    tonic = (7 * score.sharps[-1][1]) % 12
    last = max(onset + length for onset, length, _, _ in score.notes)
    ending = [pitch for onset, length, pitch, _ in score.notes if onset + length > last - 1e-6]
    final = min(ending) % 12
    if final == tonic:
        return key.KEYS[tonic]
    relative = (tonic + 9) % 12
    return key.KEYS[12 + relative] if final == relative else ""


def key_score(truth: str, found: str) -> float:
    """Return MIREX's weighted score of a key: 1, 0.5, 0.3, 0.2 or 0."""
    if truth == found:
        return 1.0
    if not found:
        return 0.0
    (tonic, minor), (other, other_minor) = (_parts(each) for each in (truth, found))
    away = (other - tonic) % 12
    if minor == other_minor:
        return 0.5 if away in (5, 7) else 0.0
    if away == 0:
        return 0.2
    return 0.3 if away == (3 if minor else 9) else 0.0


def _parts(name: str) -> tuple[int, bool]:
    index = key.KEYS.index(name)
    return index % 12, index >= 12


def _performed(work: str, seed: int) -> Notes:
    rng = np.random.default_rng([seed, zlib.crc32(work.encode())])
    return perform(works.score(work), rng, rubato=False, max_beats=200).notes


def _key_rows(work: str, seed: int, methods: Mapping[str, Any]) -> list[dict[str, Any]]:
    truth = true_key(work)
    mine = chosen(methods, KEYS)
    if not truth or not mine:
        return []
    notes = _performed(work, seed)
    rows = []
    for name, method in mine:
        found = method(notes)
        rows.append(row("key", work, seed, name, "right (%)", 100.0 * (found == truth)))
        rows.append(row("key", work, seed, name, "weighted (%)", 100 * key_score(truth, found)))
    return rows


def _tuning_rows(work: str, seed: int, methods: Mapping[str, Any]) -> list[dict[str, Any]]:
    mine = chosen(methods, TUNINGS)
    if not mine:
        return []
    rng = np.random.default_rng([seed, zlib.crc32(work.encode()), 2])
    cents = float(rng.uniform(-_MOST_CENTS, _MOST_CENTS))
    notes = perform(works.score(work), rng, rubato=False, max_beats=32).notes
    audio = transposed(soundfont.play(notes, sample_rate=SAMPLE_RATE), cents)
    return [
        row("tuning", work, seed, name, "error (cents)", abs(method(audio) - cents))
        for name, method in mine
    ]


def _swing_rows(
    number: int, ratio: float, seed: int, methods: Mapping[str, Any]
) -> list[dict[str, Any]]:
    made = accompany(np.random.default_rng([seed, number, 3]), swing=ratio)
    item = f"progression {number}"
    return [
        row("swing", item, seed, name, "error", abs(method(made.notes, made.beats) - ratio))
        for name, method in chosen(methods, SWINGERS)
    ]


def transposed(audio: Audio, cents: float) -> Audio:
    """Return audio that plays faster and higher by some cents, below 100 either way."""
    factor = 2 ** (cents / 1200)
    out = np.zeros((audio.num_channels, int(audio.num_samples / factor)), np.float32)

    def positions(indices: npt.NDArray[np.int64]) -> Array:
        return np.asarray(indices * factor, np.float64)

    warp(audio.samples, positions, out=out, fastest=max(factor, 1.0))
    return audio.with_samples(out)


def _summary(task: str, method: str, figure: str, mine: Sequence[table.Row]) -> dict[str, Any]:
    values = [row["value"] for row in mine]
    return {
        "what": task,
        "method": method,
        "figure": figure,
        "items": len(table.per_item(mine, "value")),
        "mean (95 %)": _mean(mine),
        "median": float(np.median(values)),
        "worst": max(values) if "error" in figure else min(values),
    }


def _mean(mine: Sequence[table.Row]) -> str:
    values = list(table.per_item(mine, "value").values())
    low, high = statistics.bootstrap_interval(values) if values else (float("nan"),) * 2
    return f"{np.mean(values):.3g} ({low:.3g}..{high:.3g})"


KEYS: Mapping[str, Callable[[Notes], str]] = {
    "tonearm, Albrecht-Shanahan": key.key,
    "Krumhansl-Kessler, correlation": key.krumhansl_key,
}
TUNINGS: Mapping[str, Callable[[Audio], float]] = {
    "tonearm tuning": tuning.tuning_cents,
    "librosa estimate_tuning": librosa_analysis.tuning_cents,
}
SWINGERS: Mapping[str, Callable[[Notes, Array], float]] = {"tonearm swing": swing.swing_ratio}
