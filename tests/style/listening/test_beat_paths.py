from itertools import pairwise

import numpy as np
import pytest

from toolkit.style.listening import beat_paths
from toolkit.style.listening.attack_features import NUM_OUTPUTS, PERIOD, PERIODS, PHASE, PHASES

TRUST = beat_paths.Trust(phase=0.5, period=0.2, walk=0.06, slow=0.5)


def told(times, beats, sureness=4.0):
    """Return what a network would say that knows the beats."""
    place = np.interp(times, beats, np.arange(len(beats)))
    period = np.interp(times, beats, np.gradient(beats))
    said = np.zeros((len(times), NUM_OUTPUTS), np.float32)
    away = np.abs((place % 1)[:, None] - np.append(PHASES, 1.0)).argmin(axis=1) % len(PHASES)
    said[np.arange(len(times)), PHASE.start + away] = sureness
    nearest = np.abs(np.log(period)[:, None] - np.log(PERIODS)).argmin(axis=1)
    said[np.arange(len(times)), PERIOD.start + nearest] = sureness
    return said


def test_beats_that_are_told_are_found_though_tempo_wanders():
    rng = np.random.default_rng(2)
    slow = np.convolve(rng.standard_normal(90), np.hanning(8), "valid")
    beats = 0.5 + np.cumsum(0.6 * np.exp(0.15 * slow[:70] / slow.std()))
    places = np.sort(rng.choice(np.arange(4 * 69), 150, replace=False)) / 4
    times = np.interp(places, np.arange(70), beats)
    found = beat_paths.path(times, told(times, beats), TRUST)
    inside = beats[(beats > times[0]) & (beats < times[-1])]
    assert (np.abs(inside[:, None] - found).min(axis=1) < 0.05).mean() > 0.95
    assert abs(len(found) - len(inside)) < 4


def test_the_best_path_equals_a_naive_search():
    rng = np.random.default_rng(3)
    periods, walk = beat_paths._periods(), beat_paths._walk(0.06)
    steps, final = 140, 120
    odds = rng.normal(0, 3, (steps, len(periods))).astype("f4")
    start = -np.log(len(periods))
    total = np.full(odds.shape, -1e9)
    for step in range(steps):
        for index, period in enumerate(periods):
            before = step - period
            if before >= 0:
                ways = list(total[before] + walk[:, index])
                ways += [start] if before <= beat_paths._LONGEST else []
                total[step, index] = odds[step, index] + max(ways)
    place = np.unravel_index(total[final:].argmax(), total[final:].shape)
    found, likely = beat_paths._best(odds, walk, final)
    assert likely == pytest.approx(total[final:].max(), abs=1e-2)
    assert found[-1] == final + place[0]
    assert found[-1] - found[-2] == periods[place[1]]
    worth, before = 0.0, None
    for begin, end in pairwise(found):
        now = int(np.flatnonzero(periods == end - begin)[0])
        worth += odds[end, now] + (start if before is None else walk[before, now])
        before = now
    assert worth == pytest.approx(total[final:].max(), abs=1e-2)


def test_slow_beats_are_believed_if_they_are_much_more_probable():
    beats = 0.5 + 1.0 * np.arange(40)
    times = 0.5 + 0.5 * np.arange(78)
    for sureness, slow, believed in ((4.0, 0.5, True), (4.0, 9.0, False), (1.0, 1.0, False)):
        trust = beat_paths.Trust(phase=0.5, period=0.2, walk=0.06, slow=slow)
        found = beat_paths.path(times, told(times, beats, sureness), trust)
        period = np.median(np.diff(found))
        assert period == pytest.approx(1.0, abs=0.03) if believed else period < 0.81


def test_every_attack_counts_once_whatever_the_tempo():
    times = 0.5 + 0.3 * np.arange(30)
    said = np.zeros((30, NUM_OUTPUTS), np.float32)  # all alike: nothing is told
    odds = beat_paths._odds((times - times[0]) * 50 + 90, said, TRUST)
    periods = beat_paths._periods()
    for index in (3, 12, len(periods) - 1):
        ends = np.arange(periods[index], len(odds), periods[index])
        each = -(TRUST.phase * np.log(len(PHASES)) + TRUST.period * np.log(len(PERIODS)))
        counted = (odds[ends, index] / each).sum()
        inside = ((times - times[0]) * 50 + 90 < ends[-1]).sum()
        assert counted == pytest.approx(inside, abs=0.1)


def test_two_attacks_are_enough():
    said = np.zeros((2, NUM_OUTPUTS), np.float32)
    found = beat_paths.path(np.array([0.5, 1.0]), said)
    assert found[0] <= 0.5
    assert found[-1] >= 0.9
