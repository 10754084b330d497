"""Suite Y1: does a line sound played, and does the band swing as bands do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit.adapters import wjazzd_playing
from toolkit.adapters.wjazzd_playing import Played
from toolkit.evaluation import facts, table
from toolkit.evaluation.methods import choose
from toolkit.style.arrangement import Arrangement, Part, Tone
from toolkit.style.lead_sheet import Bar, LeadSheet, LineNote
from toolkit.style.performing import solo_playing, swing_feel
from toolkit.style.performing.line_playing import Written
from toolkit.style.performing.perform import perform
from toolkit.style.style import load_style
from toolkit.values import Notes

Array = npt.NDArray[np.float64]
Method = Callable[["Known", Written, np.random.Generator], Array]

TEMPI = (50.0, 100.0, 150.0, 200.0, 250.0, 300.0)
"""Where classes of tempo begin, in beats a minute."""

_ON, _OFF = 0.03, 0.03
_BAND_TEMPI = (75.0, 125.0, 175.0, 225.0, 275.0, 325.0)
_BAND_BEATS = 96.0


@dataclass(frozen=True, eq=False)
class Known:
    """Hold what the baselines are told: solos of the players that the network learned from."""

    solos: tuple[Played, ...]

    def moments(self, tempo: float, quantity: int, off_beat: bool) -> tuple[float, float, float]:
        """Return median, mean and standard deviation of a quantity in a class of tempo."""
        chosen = [
            each.values[_off_beat(each.written) == off_beat, quantity]
            for each in self.solos
            if tempo_class(_tempo(each.written)) == tempo_class(tempo)
        ]
        values = np.concatenate(chosen)
        values = values[np.isfinite(values)]
        return float(np.median(values)), float(values.mean()), float(values.std())


def playing(
    limit: int | None = None,
    seeds: int = 1,
    progress: Callable[[float, float], None] | None = None,
    methods: Sequence[str] = (),
) -> table.Report:
    """Compare how lines are played with players that no training heard, and measure the swing."""
    chosen = choose(METHODS, methods)
    known = Known(wjazzd_playing.corpus("train"))
    held = wjazzd_playing.corpus("test")[:limit]
    jobs: list[Callable[[], list[dict[str, Any]]]] = [
        partial(_rows, known, held, name, method, seed)
        for seed in range(seeds)
        for name, method in chosen.items()
    ]
    jobs += [partial(_band_rows, tempo, seed) for seed in range(seeds) for tempo in _BAND_TEMPI]
    rows = table.collect(jobs, progress)
    return table.Report(
        suite="y1",
        title="Y1: timing, loudness and lengths of played lines",
        summary=tuple(_summary(rows)),
        rows=rows,
        notes=(
            "KS is the largest difference of cumulative distributions, 0 the same and 1 apart, of "
            "all notes in a class of tempo; the solos are of thirteen players that no training "
            "heard.",
            "Memory is the correlation of a note's lateness with that of the one before; players "
            "have it, noise has not.",
            "As used means more even than players are, by choice: listeners hear a tidy band.",
            "The band plays random eighths; ratio and delay are medians of its notes, from note to "
            "note and against the beat, the wanted ones those of 25,713 pairs of eighths. The "
            "delay is set, not learned: all notes of a line are moved together to have it.",
        ),
        facts={"solos": len(held), "seeds": seeds, **facts.versions(())},
    )


def tempo_class(tempo: float) -> float:
    """Return where the class of a tempo begins."""
    return max((low for low in TEMPI if low <= tempo), default=TEMPI[0])


def soloist_swing(onsets: Array, places: Array) -> float:
    """Return the median ratio of a beat's two eighths, from note to note to note.

    Parameters
    ----------
    onsets : np.ndarray, shape (notes,)
        In seconds, ascending.
    places : np.ndarray, shape (notes,)
        Where they are written, in beats, the second eighth at .5.

    Returns
    -------
    float
        nan where no beat has just two eighths and another note on the next.
    """
    on_beat = np.abs(places - np.round(places)) < _ON
    steps = np.diff(places)
    pairs = np.flatnonzero(
        on_beat[:-2] & (np.abs(steps[:-1] - 0.5) < _ON) & (np.abs(steps[1:] - 0.5) < _ON)
    )
    if not len(pairs):
        return float("nan")
    gaps = np.maximum(np.diff(onsets), 1e-6)
    return float(np.median(gaps[pairs] / gaps[pairs + 1]))


def on_beat_delay(onsets: Array, places: Array, beats: Array) -> float:
    """Return by how many seconds on-beats come late in the median, nan without any.

    Parameters
    ----------
    onsets, places
        As in `soloist_swing`.
    beats : np.ndarray, shape (notes,)
        When the places are without swing or delay, in seconds.
    """
    on_beat = np.abs(places - np.round(places)) < _ON
    return float(np.median((onsets - beats)[on_beat])) if on_beat.any() else float("nan")


def ks_distance(first: Array, second: Array) -> float:
    """Return the largest difference of two cumulative distributions (A. Kolmogorov, 1933).

    Examples
    --------
    >>> ks_distance(np.array([1.0, 2.0]), np.array([3.0])), ks_distance(np.ones(3), np.ones(2))
    (1.0, 0.0)
    """
    both = np.concatenate([first, second])
    below = [
        np.searchsorted(np.sort(each), both, side="right") / len(each) for each in (first, second)
    ]
    return float(np.abs(below[0] - below[1]).max())


def _learned(known: Known, line: Written, rng: np.random.Generator) -> Array:
    return solo_playing.play_line(line, solo_playing.character(rng, 1.0), rng)


def _as_used(known: Known, line: Written, rng: np.random.Generator) -> Array:
    values = solo_playing.play_line(
        line, solo_playing.character(rng, 0.25), rng, temperatures=solo_playing.TIDY
    )
    values[:, 0] = solo_playing.tidy(values, line)
    return values


def _medians(known: Known, line: Written, rng: np.random.Generator) -> Array:
    return _drawn(known, line, rng, noise=False)


def _white_noise(known: Known, line: Written, rng: np.random.Generator) -> Array:
    return _drawn(known, line, rng, noise=True)


def _drawn(known: Known, line: Written, rng: np.random.Generator, *, noise: bool) -> Array:
    values = np.zeros((len(line), 3))
    off_beat = _off_beat(line)
    for quantity in range(3):
        for off in (False, True):
            median, mean, spread = known.moments(_tempo(line), quantity, off)
            drawn = mean + spread * rng.standard_normal(len(line)) if noise else median
            values[:, quantity] = np.where(off_beat == off, drawn, values[:, quantity])
    return values


METHODS: Mapping[str, Method] = {
    "tonearm performer": _learned,
    "tonearm performer, as used": _as_used,
    "medians by tempo": _medians,
    "white noise by tempo": _white_noise,
}


def _rows(
    known: Known, held: Sequence[Played], name: str, method: Method, seed: int
) -> list[dict[str, Any]]:
    """Return the distances in each class of tempo."""
    made: dict[float, list[tuple[Array, Array, Array]]] = {}
    for number, solo in enumerate(held):
        rng = np.random.default_rng([seed, number])
        values = method(known, solo.written, rng)
        kind = np.where(_off_beat(solo.written), 1, np.where(_on_beat(solo.written), 0, 2))
        made.setdefault(tempo_class(_tempo(solo.written)), []).append((values, solo.values, kind))
    return [
        {"part": "line", "tempo": tempo, "method": name, "seed": seed, **_distances(made[tempo])}
        for tempo in sorted(made)
    ]


def _distances(made: Sequence[tuple[Array, Array, Array]]) -> dict[str, float]:
    values, truth, kind = (np.concatenate(each) for each in zip(*made, strict=True))
    found = {
        "KS on-beat timing": ks_distance(values[kind == 0, 0], truth[kind == 0, 0]),
        "KS off-beat timing": ks_distance(values[kind == 1, 0], truth[kind == 1, 0]),
    }
    for quantity, name in ((1, "loudness"), (2, "length")):
        heard = np.isfinite(truth[:, quantity])
        found[f"KS {name}"] = ks_distance(values[heard, quantity], truth[heard, quantity])
    found["memory"] = _memory([each[0] for each in made])
    found["players' memory"] = _memory([each[1] for each in made])
    return found


def _memory(made: Sequence[Array]) -> float:
    """Return the correlation of neighbors' lateness, within solos; 0 where it does not vary."""
    pairs = [np.stack([each[:-1, 0], each[1:, 0]]) - np.median(each[:, 0]) for each in made]
    both = np.concatenate(pairs, axis=1)
    first, second = both
    if min(float(first.std()), float(second.std())) < 1e-9:
        return 0.0
    return float(np.corrcoef(first, second)[0, 1])


def _band_rows(tempo: float, seed: int) -> list[dict[str, Any]]:
    """Return what the output notes of a band say at a tempo."""
    arrangement = _eighths(tempo, np.random.default_rng([seed, round(tempo)]))
    played = perform(arrangement, style=load_style("jazz-swing"), rng=np.random.default_rng(seed))
    onsets, places = _aligned(played.parts["sax"], arrangement.part("sax"))
    ride, ride_places = _aligned(played.parts["drums"], arrangement.part("drums"))
    ratio = soloist_swing(onsets, places)
    delay = 1000 * on_beat_delay(onsets, places, places * 60 / tempo)
    wanted = float(swing_feel.soloist_ratio(tempo))
    wanted_delay = 1000 * float(swing_feel.soloist_delay(tempo))
    return [
        {
            "part": "band",
            "tempo": tempo,
            "seed": seed,
            "ratio": ratio,
            "ratio wanted": wanted,
            "ratio error": abs(ratio - wanted),
            "delay ms": delay,
            "delay wanted ms": wanted_delay,
            "delay error ms": abs(delay - wanted_delay),
            "ride ratio": soloist_swing(ride, ride_places),
        }
    ]


def _eighths(tempo: float, rng: np.random.Generator) -> Arrangement:
    """Return a random line, mostly of eighths, with a ride cymbal that plays every eighth."""
    tones: list[Tone] = []
    beat, pitch = 0.0, 67
    while beat < _BAND_BEATS - 2:
        length = float(rng.choice([0.5, 1.0, 1.5], p=[0.8, 0.12, 0.08]))
        pitch = int(np.clip(pitch + rng.integers(-4, 5), 55, 84))
        tones.append(Tone(beat, length, pitch))
        beat += length
    bars = tuple(Bar(float(start), 4) for start in range(0, int(_BAND_BEATS), 4))
    sheet = LeadSheet(
        bars, tuple(LineNote(each.onset, each.duration, each.pitch) for each in tones), tempo=tempo
    )
    ride = tuple(Tone(step / 2, 0.3, 51) for step in range(2 * int(_BAND_BEATS)))
    parts = (Part("sax", "melody", 66, tuple(tones)), Part("drums", "drums", 128, ride))
    return Arrangement(sheet, "jazz-swing", parts, ((0.0, tempo),), (0.0, _BAND_BEATS))


def _aligned(notes: Notes, part: Part) -> tuple[Array, Array]:
    """Return onsets of played notes and where they were written: both in one order."""
    return np.array([note.onset for note in notes]), np.array([tone.onset for tone in part.tones])


def _summary(rows: Sequence[table.Row]) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = []
    for (part, tempo, method), mine in table.group(
        [{"method": "band", **row} for row in rows], "part", "tempo", "method"
    ).items():
        figures = [key for key in mine[0] if key not in ("part", "tempo", "method", "seed")]
        label = f"{tempo:.0f}" if part == "band" else f"{tempo:.0f} and more"
        lines.append(
            {"tempo": label, "method": method}
            | {key: f"{table.mean(mine, key):.2f}" for key in figures}
        )
    return lines


def _on_beat(line: Written) -> npt.NDArray[np.bool_]:
    return np.asarray(np.abs(line.onsets - np.round(line.onsets)) < _ON)


def _off_beat(line: Written) -> npt.NDArray[np.bool_]:
    return np.asarray(np.abs(line.onsets % 1 - 0.5) < _OFF)


def _tempo(line: Written) -> float:
    return float(np.median(line.tempo))
