"""Fit the judges of jazz: ``python -m toolkit.training.judging``.

Three regressions whose weights go to ``toolkit/evaluation/fitted_judges.json``. Each is measured
and calibrated on groups it has not learned from (libraries of grooves by one author, titles,
players), and then fitted to all of them. Nothing here was heard by the generator: grooves of MMA,
whose rhythms no player of `toolkit.style.band.players` learned from; charts of the imaginary book;
and solos of the database's validation and test players. Pieces of `toolkit.evaluation.style_items`
are left out.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit.adapters import mma, pop909, wjazzd
from toolkit.cache import cache_dir
from toolkit.errors import ToolkitError
from toolkit.evaluation import chord_corpora, fitted_judges, logistic, works
from toolkit.evaluation.groove_profile import by_range, groove_profile
from toolkit.evaluation.jazz_judges import GROOVE_BEATS, LINE_BEATS, harmony_lead, pieces
from toolkit.evaluation.jazz_marks import on_beat_delay, swing_ratio
from toolkit.evaluation.line_profile import line_profile
from toolkit.evaluation.style_items import ITEMS
from toolkit.evaluation.versions import played
from toolkit.style.harmony.changes import Changes
from toolkit.values import DRUMS, Note, Notes

Array = npt.NDArray[np.float64]

_JAZZ = re.compile(r"jazz|swing|bebop|bigband|basie|evansish|combo", re.IGNORECASE)
_HYBRID = re.compile(r"rock|rh?umba|bossa|country|western|folk|68swing|latin", re.IGNORECASE)
_NO_GROOVE = re.compile(r"intro|end|fill|count|metronome|none", re.IGNORECASE)
_CHART = ("C Am7 Dm7 G7 Cmaj7 A7 Dm7 G7 Em7 A7 Fmaj7 G7 Fm6 C D7 G7 " * 2).split()
_TEMPO = 120.0
_BARS = 8
_SNAP = (2, 3, 4)
_CHART_CHORDS = 32
_UNEVEN, _LATE_SECONDS, _SHUFFLES = 0.1, 0.015, 0.2


@dataclass(frozen=True, eq=False)
class Example:
    """Hold the features of a piece of music, the group that is held out together, and its class."""

    group: str
    jazz: bool
    features: Array


def fitted(examples: Sequence[Example]) -> dict[str, Any]:
    """Return weights, calibration and what was measured on groups held out.

    Groups are held out in two halves: by turns one is learned from and the other one judged.
    """
    features = np.array([each.features for each in examples])
    classes = np.array([each.jazz for each in examples])
    half = np.array([_half(each.group) for each in examples])
    scores = np.zeros(len(examples))
    ranks = []
    for turn in (False, True):
        learned = logistic.fit(features[half != turn], classes[half != turn])
        scores[half == turn] = learned.score(features[half == turn])
        ranks.append(logistic.auc(scores[half == turn], classes[half == turn]))
    slope, offset = logistic.calibration(scores, classes)
    odds = 1 / (1 + np.exp(-(slope * scores + offset)))
    final = logistic.fit(features, classes)
    return {
        "center": _short(final.center), "spread": _short(final.spread),
        "weights": _short(final.weights), "bias": round(final.bias, 5),
        "slope": round(slope, 5), "offset": round(offset, 5),
        "measured": {
            "auc on groups held out": [round(each, 4) for each in ranks],
            "right, share": round(float(np.mean((odds > 0.5) == classes)), 4),
            "jazz, mean probability": round(float(odds[classes].mean()), 4),
            "rest, mean probability": round(float(odds[~classes].mean()), 4),
            "jazz, rest, examples": [int(classes.sum()), int((~classes).sum())],
        },
    }  # fmt: skip


def grooves() -> Iterator[Example]:
    """Yield grooves of every library, with drums, without, and as a pianist would play them.

    One library of many styles is by one author and is a half by itself.
    """
    for name, notes in _rendered().items():
        library, groove = name.split(":")
        jazz = bool(_JAZZ.search(groove))
        for parts in _bands(notes):
            for piece in pieces(parts, GROOVE_BEATS, 4):
                yield Example(library, jazz, groove_profile(piece, 4))


def charts() -> Iterator[Example]:
    """Yield by how much one chord model leads the other on charts that neither has read."""
    for name, jazz in (("imaginary", True), ("common", False)):
        for split in ("validation", "test"):
            for number, chart in enumerate(chord_corpora.corpus(name, split)):
                cut = begun(chart)
                if len(cut.chords) >= 8:
                    yield Example(f"{name} {number}", jazz, np.array([harmony_lead(cut)]))


def lines() -> Iterator[Example]:
    """Yield solos of players whom no training heard, and tunes of pop songs, dances, chorales."""
    for solo in (*wjazzd.solos("validation"), *wjazzd.solos("test")):
        if solo.lengths[0] not in (3, 4) or len(set(solo.lengths.tolist())) > 1:
            continue
        first = int(np.argmax(solo.places == 0))
        places = wjazzd.written(solo)
        onset = places - first
        length = np.append(np.diff(onset), 1.0)
        line = np.column_stack([onset, np.minimum(length, 4.0), solo.pitches])
        heard = np.interp(solo.onsets, solo.beats, np.arange(len(solo.beats)))
        ratio, late = swing_ratio(places, heard), on_beat_delay(places, heard)
        how = (
            1.0 if np.isnan(ratio) else ratio,
            0.0 if np.isnan(late) else late * 60 / solo.tempo,
        )
        yield from _pieces_of_line(solo.performer, True, line, int(solo.lengths[0]), how)
    taken = {item.source for item in ITEMS}
    for number in (*pop909.VALIDATION, *pop909.TEST):
        if f"pop909/{number}" in taken:
            continue
        yield from _pieces_of_line(f"song {number}", False, _snapped(pop909.song(number).melody), 4)
    for work in sorted({*works.HELD_OUT, *works.HELD_OUT_BEATS, *works.DEVELOPMENT} - taken):
        score = works.score(work)
        top = [each[:3] for each in score.notes if each[3] == 0]
        pickup = score.bars[0].length if score.bars[0].length < 2 else 0.0
        line = np.array(sorted(top), float).reshape(-1, 3) - [pickup, 0, 0]
        one = np.append(np.diff(line[:, 0]) > 1e-6, True)
        beats = max(round(score.bars[-1].length), 2)
        yield from _pieces_of_line(work, False, line[one], beats)


def main() -> None:
    """Fit all judges and write them down."""
    found = {
        "groove": fitted(list(grooves())),
        "harmony": fitted(list(charts())),
        "line": fitted(list(lines())),
    }
    fitted_judges.PATH.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def _half(group: str) -> bool:
    if group in ("stdlib", "casio", "yamaha", "kara", "pflib", "zoom", "alexis"):
        return group == "stdlib"
    return zlib.crc32(group.encode()) % 2 == 0


def _pieces_of_line(
    group: str, jazz: bool, line: Array, bar: int, manner: tuple[float, float] | None = None
) -> Iterator[Example]:
    """Yield the pieces of a line; one that nobody played is played as people do.

    Most play evenly, but one in five shuffles: swing alone makes no jazz.
    """
    rng = np.random.default_rng(zlib.crc32(group.encode()))
    for piece in pieces({"melody": line}, LINE_BEATS, bar):
        if len(piece["melody"]) >= 16:
            even = rng.random() > _SHUFFLES
            ratio = np.exp(rng.normal(0, _UNEVEN)) if even else rng.uniform(1.3, 2.3)
            how = manner or (float(ratio), float(rng.normal(0, _LATE_SECONDS)))
            yield Example(group, jazz, line_profile(piece["melody"], bar, *how))


def _bands(notes: Notes) -> Iterator[dict[str, Array]]:
    """Yield a band as it is, without its drums, and played by one pianist."""
    pitched = [note for note in notes if note.program != DRUMS]
    bass = {note for note in pitched if 32 <= note.program < 40}
    tables = {
        "bass": _table(each for each in pitched if each in bass),
        "chords": _table(each for each in pitched if each not in bass),
        "drums": _table(note for note in notes if note.program == DRUMS),
    }
    if len(tables["drums"]):
        yield tables
    if len(pitched) >= 8:
        yield tables | {"drums": np.zeros((0, 3))}
        yield by_range(_table(pitched))


def _table(notes: Iterable[Any]) -> Array:
    return played(Notes(tuple(notes), tempo_map=((0.0, _TEMPO),)))


def _rendered() -> dict[str, Notes]:
    """Return what MMA plays in some of its grooves, kept in the cache folder."""
    folder = cache_dir() / "training" / "judge-grooves"
    folder.mkdir(parents=True, exist_ok=True)
    found = {}
    for name in some([*mma.grooves(held_out=False), *mma.grooves(held_out=True)]):
        path = folder / f"{name.replace(':', '-')}.json"
        if not path.is_file():
            path.write_text(json.dumps(_rows(name)), encoding="utf-8")
        rows = json.loads(path.read_text(encoding="utf-8"))
        if rows:
            found[name] = Notes(tuple(Note(*row[:2], *row[2:]) for row in rows))
    return found


def some(names: Iterable[str]) -> list[str]:
    """Return about half of the grooves of jazz, all of small libraries, and one of ten others.

    Hybrids of jazz and something else are left out.

    Examples
    --------
    >>> some(["stdlib:JazzRock", "stdlib:SwingIntro"])
    []
    """
    kept = []
    for name in sorted(names):
        library, groove = name.split(":")
        jazz = bool(_JAZZ.search(groove))
        if _NO_GROOVE.search(groove) or (jazz and _HYBRID.search(groove)):
            continue
        every = (2 if library == "stdlib" else 1) if jazz else 10
        if zlib.crc32(name.encode()) % every == 0:
            kept.append(name)
    return kept


def _rows(name: str) -> list[tuple[float, float, int, float, int]]:
    """Return the notes of a groove over a chart of its own; none if MMA refuses."""
    seed = zlib.crc32(name.encode())
    chart = _CHART[seed % 8 : seed % 8 + _BARS]
    try:
        notes = mma.accompany(chart, name, _TEMPO, seed % 1000)
    except ToolkitError:
        # A few library files do not play by themselves; there are enough others.
        return []
    return [(each.onset, each.offset, each.pitch, each.velocity, each.program) for each in notes]


def _snapped(melody: Notes) -> Array:
    """Return a sung line at the nearest halves, thirds and quarters of beats."""
    table = played(melody)
    grid = np.unique([part / parts for parts in _SNAP for part in range(parts + 1)])
    beat = np.floor(table[:, 0])
    nearest = np.abs((table[:, 0] - beat)[:, None] - grid).argmin(axis=1)
    return np.column_stack([beat + grid[nearest], table[:, 1:]])


def begun(chart: Changes) -> Changes:
    """Return the beginning of a chart, as long as a piece is."""
    return Changes(chart.title, chart.tonic, chart.minor, chart.beats, chart.chords[:_CHART_CHORDS])


def _short(values: Array) -> list[float]:
    return [round(float(each), 5) for each in values]


if __name__ == "__main__":
    main()
