"""Say how probably a version of a piece is jazz, by groove, by harmony and by line.

The judges learned from what no generator here learned from: grooves of an accompaniment program,
chord charts of other titles, and solos of players whom no training heard. Each was calibrated on
material it had not learned from; `toolkit.training.judging` says how well they do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt

from toolkit.evaluation.fitted_judges import judge
from toolkit.evaluation.groove_profile import by_range, groove_profile
from toolkit.evaluation.jazz_marks import manner
from toolkit.evaluation.line_profile import line_profile
from toolkit.evaluation.versions import ONSET, Version
from toolkit.style.harmony import chord_language
from toolkit.style.harmony.changes import Change, Changes, of_sheet
from toolkit.style.harmony.chord_events import events

Array = npt.NDArray[np.float64]

JAZZ, COMMON = "judge-chords-jazz", "judge-chords-common"

LINE_BEATS = 64
"""A line is judged in pieces of so many beats."""

GROOVE_BEATS = 32
"""A groove is judged in pieces of so many beats."""


def jazz_probability(version: Version) -> dict[str, float]:
    """Return the probabilities of the three judges, and their mean as ``jazz_probability``."""
    found = {
        "groove_judge": groove_probability(version),
        "harmony_judge": harmony_probability(version),
        "line_judge": line_probability(version),
    }
    return {"jazz_probability": float(np.mean(list(found.values()))), **found}


def groove_probability(version: Version) -> float:
    """Return how probably the accompaniment is that of a jazz band, the mean over its pieces."""
    parts = in_own_beats(version)
    bar = own_bar(version)
    accompaniment = {name: parts[name] for name in ("bass", "chords", "drums")}
    if not len(parts["bass"]) and not len(parts["drums"]):
        accompaniment |= by_range(parts["chords"])
    features = [groove_profile(each, bar) for each in pieces(accompaniment, GROOVE_BEATS, bar)]
    return _mean("groove", features)


def harmony_probability(version: Version) -> float:
    """Return how probably the chords, in beats of the version's own pulse, are those of jazz."""
    lead = harmony_lead(own_chart(version))
    return float("nan") if np.isnan(lead) else _mean("harmony", [np.array([lead])])


def line_probability(version: Version) -> float:
    """Return how probably the melody is a line of jazz, the mean over its pieces."""
    notes = [(note.onset, note.duration, note.pitch) for note in version.sheet.melody]
    line = np.array(notes, float).reshape(-1, 3) * [version.pulse, version.pulse, 1.0]
    bar, (ratio, late) = own_bar(version), manner(version)
    ratio = 1.0 if np.isnan(ratio) else ratio
    delay = 0.0 if np.isnan(late) else late * 60 / version.tempo
    cut = pieces({"melody": line}, LINE_BEATS, bar)
    features = [
        line_profile(each["melody"], bar, ratio, delay) for each in cut if len(each["melody"]) >= 8
    ]
    return _mean("line", features)


def harmony_lead(chart: Changes) -> float:
    """Return by how much the model of jazz foretells a chart better than that of common practice.

    In nats a chord; nan for a chart without chords.
    """
    written = events(_whole_beats(chart))
    if not len(written.chords):
        return float("nan")
    logs = [chord_language.load(name).log_probabilities(written).mean() for name in (JAZZ, COMMON)]
    return float(logs[0] - logs[1])


def pieces(parts: Mapping[str, Array], length: float, bar: int) -> Iterator[dict[str, Array]]:
    """Yield parts in pieces of about so many beats, whole bars each, every piece from beat 0."""
    step = max(round(length / bar), 1) * bar
    end = max((each[:, ONSET].max(initial=0.0) for each in parts.values()), default=0.0)
    for begin in np.arange(0, max(end - step / 2, 1), step):
        cut = {}
        for name, table in parts.items():
            inside = (table[:, ONSET] >= begin - 0.2) & (table[:, ONSET] < begin + step - 0.2)
            cut[name] = table[inside] - [begin, 0.0, 0.0]
        yield cut


def in_own_beats(version: Version) -> dict[str, Array]:
    """Return a version's parts in beats of its own pulse."""
    return {
        role: table * [version.pulse, version.pulse, 1.0] for role, table in version.parts.items()
    }


def own_bar(version: Version) -> int:
    """Return how many beats of its own a bar has: two or one are taken for four."""
    counts = Counter(round(bar.beats) for bar in version.sheet.bars)
    beats = counts.most_common(1)[0][0]
    return {1: 4, 2: 4, 6: 3}.get(beats, beats)


def own_chart(version: Version) -> Changes:
    """Return the chords of a version in beats of its own pulse."""
    chart = of_sheet(version.sheet)
    scale = version.pulse
    return Changes(
        chart.title,
        chart.tonic,
        chart.minor,
        own_bar(version),
        tuple(
            Change(each.onset * scale, each.duration * scale, each.chord, each.opens)
            for each in chart.chords
        ),
    )


def _whole_beats(chart: Changes) -> Changes:
    """Return a chart whose chords begin on beats; what lasts less than half of one is left out."""
    rows = []
    for change in chart.chords:
        begin, end = round(change.onset), round(change.onset + change.duration)
        if end > begin:
            rows.append(Change(begin, end - begin, change.chord, change.opens))
    return Changes(chart.title, chart.tonic, chart.minor, chart.beats, tuple(rows))


def _mean(name: str, features: list[Array]) -> float:
    if not features:
        return float("nan")
    return float(judge(name).probability(np.array(features)).mean())
