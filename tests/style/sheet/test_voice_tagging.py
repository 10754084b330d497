import itertools

import numpy as np
import pytest

from toolkit.style.sheet import voice_tagging
from toolkit.style.sheet.note_context import note_table
from toolkit.style.sheet.voice_tagging import best_line, contour_line, skyline


def random_table(rng, attacks=6):
    onset = np.repeat(np.arange(float(attacks)), rng.integers(1, 4, attacks))
    pitch = rng.integers(40, 90, len(onset)) + np.arange(len(onset)) / 1000
    length = rng.choice([0.5, 1.0, 2.5], len(onset))
    alike = np.zeros(len(onset))
    return note_table(onset, onset + length, pitch, alike + 0.5, alike)[0]


def value(table, gain, chosen):
    """What a line is worth, by its definition."""
    total = sum(gain[index] for index in chosen)
    for one, other in itertools.pairwise(chosen):
        rise = table.pitch[other] - table.pitch[one]
        total -= 0.06 * min(max(abs(rise) - 5, 0), 24)
        if rise < 0:
            over = min(table.offset[one] - table.onset[other], 2.0)
            total -= 0.4 * max(over - 0.1, 0)
    return total


@pytest.mark.parametrize("seed", range(8))
def test_the_line_is_the_best_of_all_by_enumeration(seed):
    rng = np.random.default_rng(seed)
    table = random_table(rng)
    gain = rng.normal(0, 1, len(table))
    groups = [np.flatnonzero(table.group == each).tolist() for each in np.unique(table.group)]
    lines = [
        [each for each in line if each is not None]
        for line in itertools.product(*([None, *group] for group in groups))
    ]
    best = max(value(table, gain, line) for line in lines)
    found = np.flatnonzero(best_line(table, gain)).tolist()
    assert value(table, gain, found) == pytest.approx(best)


def test_at_most_one_note_of_an_attack():
    rng = np.random.default_rng(9)
    table = random_table(rng, 60)
    for chosen in (best_line(table, rng.normal(2, 1, len(table))), skyline(table)):
        assert np.bincount(table.group[chosen]).max() == 1


def test_the_skyline_agrees_with_its_definition():
    table = random_table(np.random.default_rng(10), 40)
    chosen = []
    for group in np.unique(table.group):
        top = np.flatnonzero(table.group == group)[-1]
        held = table.offset[chosen[-1]] - 0.05 > table.onset[top] if chosen else False
        if not (held and table.pitch[chosen[-1]] > table.pitch[top]):
            chosen.append(top)
    assert np.flatnonzero(skyline(table)).tolist() == chosen


def test_nothing_gives_nothing():
    empty = note_table([], [], [], [], [])[0]
    for method in (skyline, contour_line):
        assert method(empty).shape == (0,)
    found = voice_tagging.voices(empty, np.zeros(1))
    assert found.confidence == 0
    assert not len(found.melody)


def accompanied_scale(figure):
    """A scale of whole notes up and down over a figure of eighths."""
    scale = [72, 74, 76, 77, 79, 77, 76, 74] * 4
    onset, pitch, tune = [], [], []
    for bar, high in enumerate(scale):
        onset += [4.0 * bar, *(4 * bar + np.arange(8) / 2)]
        pitch += [high, *figure]
        tune += [True] + [False] * 8
    onset = np.array(onset)
    length = np.where(tune, 4.0, 0.5)
    alike = np.full(len(onset), 0.6)
    table, order = note_table(onset, onset + length, pitch, alike, np.zeros(len(onset)))
    return table, np.array(tune)[order]


@pytest.mark.parametrize("figure", [(48, 55, 52, 55) * 2, (48, 52, 55, 60, 64, 60, 55, 52)])
def test_the_network_finds_a_tune_over_a_figure(figure):
    table, tune = accompanied_scale(figure)
    found = voice_tagging.voices(table, np.arange(0.0, 200, 2))
    assert (found.melody & tune).sum() >= 0.9 * tune.sum()
    assert (found.melody & ~tune).sum() <= 0.15 * tune.sum()
    assert found.confidence > 0.6
    assert found.source == "tune"


def test_a_voice_alone_is_the_melody():
    onset = np.arange(0.0, 40, 0.5)
    pitch = 60 + np.round(5 * np.sin(onset)).astype(int)
    table, _ = note_table(onset, onset + 0.45, pitch, np.full(80, 0.5), np.zeros(80))
    found = voice_tagging.voices(table, np.arange(0.0, 40, 2))
    assert found.melody.all()
    assert found.source == "only voice"


def test_the_top_of_each_span_is_its_highest_note():
    table = random_table(np.random.default_rng(11), 24)
    edges = np.arange(0.0, 24, 4)
    found = np.flatnonzero(voice_tagging.top_line(table, edges))
    assert len(found) == 6
    for first, index in zip(edges, found, strict=True):
        inside = (table.onset >= first) & (table.onset < first + 4)
        assert table.pitch[index] == table.pitch[inside].max()
