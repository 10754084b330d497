from itertools import pairwise

import numpy as np
import pytest

from toolkit.style.listening import attacks, bars, beat_chains, beats, structure
from toolkit.values import Note, Notes


def waltz(times):
    """Return a bass note on each third beat, chords on the others, eighths now and then."""
    notes = []
    for index, (begin, end) in enumerate(pairwise(times)):
        length = end - begin
        if index % 3 == 0:
            notes.append(Note(begin, begin + 2.7 * length, 40 + index % 5))
            notes.append(Note(begin, begin + 1.8 * length, 72))
        else:
            notes += [Note(begin, begin + 0.5 * length, pitch) for pitch in (60, 64, 67)]
            notes.append(Note(begin + 0.5 * length, begin + 0.9 * length, 74))
    return Notes(tuple(notes))


def hits(reference, estimate):
    """Return the F-measure within 70 ms by pairing in order, the naive way."""
    left = list(estimate)
    right = 0
    for time in reference:
        near = [each for each in left if abs(each - time) <= 0.07]
        if near:
            left.remove(near[0])
            right += 1
    return 2 * right / (len(reference) + len(estimate))


def test_steady_beats_are_found():
    times = 0.4 + 0.55 * np.arange(60)
    assert hits(times[:-1], structure.pulse(waltz(times)).beats) > 0.95


def test_beats_survive_rubato():
    rng = np.random.default_rng(1)
    slow = np.convolve(rng.standard_normal(80), np.hanning(8), "valid")
    times = 0.4 + np.cumsum(0.55 * np.exp(0.13 * slow[:60] / slow.std()))
    assert hits(times[:-1], structure.pulse(waltz(times)).beats) > 0.9


def test_bars_of_three_are_found():
    times = 0.4 + 0.55 * np.arange(61)
    places, lengths = bars.places(waltz(times), times[:-1])
    assert (lengths == 3).mean() > 0.95
    assert (np.flatnonzero(places == 0) % 3 == 0).all()


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_few_notes_are_no_error(count):
    notes = Notes(tuple(Note(0.5 * each, 0.5 * each + 0.3, 60) for each in range(count)))
    found = structure.pulse(notes)
    assert len(found.beats) == len(found.places) == len(found.lengths)
    assert np.isfinite(found.beats).all()


def test_the_best_chains_equal_a_naive_search():
    rng = np.random.default_rng(5)
    model, search = beat_chains._model(), beat_chains._search(beat_chains.STEADY)
    steps, tempo, final = 130, 4, 108
    shape = (steps, len(model.periods), len(beat_chains.SHARES))
    densities = rng.normal(0, 3, shape).astype("f4")
    columns, reach = search.columns[tempo], len(search.walk) // 2
    periods = model.periods[columns]
    total = np.full((steps, len(columns), shape[2]), -1e9)
    best = np.full(total.shape, -1e9)
    for step in range(steps):
        for index, period in enumerate(periods):
            if step >= period:
                before = best[step - period, index]
                here = densities[step, columns[index]] + search.pull[tempo, index]
                total[step, index] = here + before
        for index in range(len(periods)):
            sources = range(max(index - reach, 0), min(index + reach + 1, len(periods)))
            walked = np.max(
                [total[step, j] + search.walk[j - index + reach, tempo, index] for j in sources],
                axis=0,
            )
            best[step, index] = (walked[:, None] + model.changes).max(axis=0)
        if step <= beat_chains._LONGEST + 1:
            best[step] = np.maximum(best[step], model.starts)
    found = beat_chains._totals(densities, search)[:, tempo]
    reachable = total > -1e8
    np.testing.assert_allclose(found[reachable], total[reachable], rtol=1e-4, atol=1e-3)
    chain = beat_chains._best_chains(densities, final, search)[tempo]
    place = np.unravel_index(total[final:].argmax(), total[final:].shape)
    assert chain[-1] == final + place[0]
    assert set(np.diff(chain)) <= set(periods)


def test_the_likelihood_of_beats_is_that_of_their_attacks():
    times = np.array([0.5, 1.0, 1.26, 1.5, 2.0])
    heard = attacks.Attacks(times, np.array([1.0, 1.0, -2.0, 1.0, 1.0]))
    grid = np.array([0.5, 1.0, 1.5, 2.0, 2.5])
    likely = beat_chains.log_likelihood(grid, heard)
    assert likely > beat_chains.log_likelihood(grid + 0.17, heard)
    assert likely > beat_chains.log_likelihood(grid[::2], heard)


def test_long_recordings_are_joined_from_sections():
    times = 0.4 + np.concatenate([0.6 * np.arange(150), 90 + 0.5 * np.arange(180)])
    found = structure.pulse(waltz(times)).beats
    assert hits(times[:-1], found) > 0.95
    assert (np.diff(found) > 0.3).all()


def test_sections_are_joined_where_only_strengths_are_known():
    taps = 0.4 + np.concatenate([0.6 * np.arange(100), 60 + 0.5 * np.arange(130)])
    times = np.sort(np.concatenate([taps, (taps[:-1] + taps[1:]) / 2]))
    strengths = np.where(np.isin(times, taps), 2.0, 1.0)
    found = beats.track(attacks.from_strengths(times, strengths))
    assert hits(taps, found) > 0.9
    assert (np.diff(found) > 0.2).all()


def test_a_beat_is_not_put_between_those_of_two_sections():
    more = np.array([1.51, 2.02, 3.5, 4.0, 4.5])
    np.testing.assert_allclose(
        beats._joined(np.array([1.0, 1.5, 2.0, 2.5]), more, 1.9), [1.0, 1.5, 2.02, *more[2:]]
    )
    np.testing.assert_allclose(
        beats._joined(np.array([1.0, 1.5, 2.0]), more[2:], 2.6), [1, 1.5, 2, 2.5, 3, *more[2:]]
    )


def test_attacks_gather_chords():
    labels, times = attacks.gather(np.array([0.0, 0.01, 0.02, 0.5, 0.52, 1.0]))
    assert labels.tolist() == [0, 0, 0, 1, 1, 2]
    np.testing.assert_allclose(times, [0.01, 0.51, 1.0])


def test_the_tracker_is_linear_in_time_and_deterministic():
    times = 0.4 + 0.5 * np.arange(200)
    notes = waltz(times)
    one, two = structure.pulse(notes), structure.pulse(notes)
    assert np.array_equal(one.beats, two.beats)
