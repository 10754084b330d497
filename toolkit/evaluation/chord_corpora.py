"""Bring the chord charts of every source into one form, and split them by title.

Three corpora: jazz standards; the imaginary book, without the titles of the standards, so that what
is trained on it can judge what is trained on them; and common practice, which is pop songs,
chorales and analyses in Roman numerals.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from toolkit.adapters import improvisor, irb, pop909, pop_chords, roman_chords
from toolkit.cache import cache_dir, keeping
from toolkit.evaluation import works
from toolkit.style import timeline
from toolkit.style.chord import parse
from toolkit.style.harmony.changes import Changes, joined
from toolkit.style.key import key, tonic_and_mode
from toolkit.style.listening import chords
from toolkit.values import Note, Notes

SPLITS = ("train", "validation", "test")

_SEED = b"chart "
_SECONDS = 0.5
_EVERY = 3  # a third of the chorales suffices, and each takes a while to read
_OF_WORKS = {"bach/choraleAnalyses/riemenschneider018.rntxt": "bach/bwv318"}
"""Which analyses are of works in `toolkit.evaluation.works` that are held out."""


def split_of(title: str) -> str:
    """Return a title's split: eight of ten titles train, one validates, one tests.

    Examples
    --------
    >>> split_of("Blue Moon") == split_of("BLUE MOON!")
    True
    """
    place = zlib.crc32(_SEED + _plain(title).encode()) % 10
    return "train" if place > 1 else SPLITS[1 + place]


@cache
def corpus(name: str, split: str) -> tuple[Changes, ...]:
    """Return the charts of a corpus, a key of `CORPORA`, in a split.

    Raises
    ------
    ToolkitError
        If its sources are not here.
    """
    return CORPORA[name](split)


def _standards(split: str) -> tuple[Changes, ...]:
    return tuple(chart for chart in irb.standards() if split_of(chart.title) == split)


def _imaginary(split: str) -> tuple[Changes, ...]:
    taken = {_plain(chart.title) for chart in irb.standards()}
    return tuple(
        chart
        for chart in improvisor.charts()
        if _plain(chart.title) not in taken and split_of(chart.title) == split
    )


def _common(split: str) -> tuple[Changes, ...]:
    songs = {"train": pop909.TRAINING, "validation": pop909.VALIDATION, "test": pop909.TEST}[split]
    pop = pop_chords.charts(songs[0], songs[-1])
    return (*pop, *(chart for chart in _scores() if split_of(chart.title) == split))


@cache
def _scores() -> tuple[Changes, ...]:
    """Return the analyses, and the chorales as `toolkit.style.listening.chords` hears them.

    Reading them takes minutes, so they are kept in the cache folder, under a name that says which.
    """
    analyses, chorales = scores_read()
    kept = zlib.crc32(json.dumps([analyses, chorales]).encode())
    path = cache_dir() / "training" / f"chord-charts-{kept:08x}.json"
    if not path.is_file():
        charts = [roman_chords.analysis(each) for each in analyses]
        charts += [_chorale(name) for name in chorales]
        with keeping(path) as partial:
            partial.write_text(json.dumps([_written(chart) for chart in charts]), encoding="utf-8")
    return tuple(_read(each) for each in json.loads(path.read_text(encoding="utf-8")))


def scores_read() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return which analyses and which chorales common practice is learned from.

    No work of any list of `toolkit.evaluation.works` is among the chorales, and no analysis of one
    that is held out: styles are measured on some of them.
    """
    held_out = {*works.HELD_OUT, *works.HELD_OUT_BEATS}
    left_out = {*works.DEVELOPMENT, *held_out}
    analyses = [each for each in roman_chords.analyses() if _OF_WORKS.get(each) not in held_out]
    chorales = [name for name in roman_chords.chorales() if name not in left_out]
    return tuple(analyses), tuple(chorales[::_EVERY])


def _written(chart: Changes) -> dict[str, Any]:
    chords = [(each.duration, each.chord.symbol, each.opens) for each in chart.chords]
    key = [chart.tonic, chart.minor]
    return {"title": chart.title, "key": key, "beats": chart.beats, "chords": chords}


def _read(table: dict[str, Any]) -> Changes:
    chords = [(length, parse(symbol), opens) for length, symbol, opens in table["chords"]]
    return joined(table["title"], (table["key"][0], table["key"][1]), table["beats"], chords)


def _chorale(work: str) -> Changes:
    score = works.score(work)
    beats = score.bars[-1].numerator
    pickup = score.bars[0].length if score.bars[0].length < beats else 0.0
    notes = Notes(
        tuple(
            Note((onset - pickup) * _SECONDS, (onset - pickup + length) * _SECONDS, pitch)
            for onset, length, pitch, _ in score.notes
            if onset >= pickup
        )
    )
    grid = timeline.beats(((0.0, 60 / _SECONDS),), (), notes.duration)
    found = chords.by_rule(notes, grid)
    tonic, mode = tonic_and_mode(key(notes))
    ends = [*(at for at, _ in found[1:]), notes.duration]
    rows = [
        (float(round((end - at) / _SECONDS)), parse(name), False)
        for (at, name), end in zip(found, ends, strict=True)
        if name != chords.NO_CHORD and round((end - at) / _SECONDS)
    ]
    return joined(work, (tonic, mode == "minor"), beats, rows)


def _plain(title: str) -> str:
    """Return a title without case, article and signs, by which charts of one song agree."""
    bare = re.sub(r"^(the|an?) |, (the|an?)$", "", title.lower())
    return re.sub(r"[^a-z0-9]", "", bare)


CORPORA: Mapping[str, Callable[[str], tuple[Changes, ...]]] = {
    "standards": _standards,
    "imaginary": _imaginary,
    "common": _common,
}
"""Every corpus by name."""
