import numpy as np
import pytest

from toolkit.style.listening import attack_features, attacks
from toolkit.values import DRUMS, Note, Notes


@pytest.fixture
def notes():
    rng = np.random.default_rng(3)
    onsets = np.sort(rng.uniform(0, 20, 90))
    lengths, pitches = rng.uniform(0.05, 1.5, 90), rng.integers(40, 80, 90)
    rows = zip(onsets, lengths, pitches, strict=True)
    return Notes(tuple(Note(begin, begin + long, int(pitch)) for begin, long, pitch in rows))


def described(notes):
    labels, times = attacks.gather(np.array([note.onset for note in notes]))
    return times, attack_features.describe(notes, labels, times)


def test_every_attack_is_described_by_as_many_numbers(notes):
    times, found = described(notes)
    assert found.shape == (len(times), attack_features.NUM_FEATURES)
    assert np.isfinite(found).all()


def test_what_stands_a_lag_later_is_what_a_naive_sum_finds(notes):
    times, _ = described(notes)
    found = attack_features._lattice(times, np.ones(len(times)))
    for number in (0, 8, 17):
        lag = attack_features.LAGS[number]
        spread = np.hypot(0.02, 0.04 * lag)
        for column, sign in ((number, 1), (number + len(attack_features.LAGS), -1)):
            naive = [
                sum(np.exp(-0.5 * ((other - time - sign * lag) / spread) ** 2) for other in times)
                for time in times
            ]
            # A grid of 20 ms blurs the shortest lags a little.
            np.testing.assert_allclose(found[column], naive, atol=0.2)
            assert np.abs(found[column] - naive).mean() < 0.04


def test_novelty_is_that_of_naively_summed_pitch_classes(notes):
    times, _ = described(notes)
    found = attack_features._novelty(notes, times, 1.0)

    def classes(begin, end):
        sums = np.zeros(12)
        for note in notes:
            length = min(note.offset, note.onset + 2.0, end) - max(note.onset, begin)
            sums[note.pitch % 12] += max(length, 0)
        return sums

    naive = []
    for time in times:
        before, after = classes(time - 1, time - 0.01), classes(time - 0.01, time + 0.99)
        lengths = np.linalg.norm(before) * np.linalg.norm(after)
        naive.append(1 - before @ after / (lengths + 1e-6))
    np.testing.assert_allclose(found, naive, atol=1e-6)


def test_later_and_transposed_is_nearly_the_same(notes):
    moved = Notes(tuple(Note(n.onset + 5, n.offset + 5, n.pitch + 12) for n in notes))
    one, two = described(notes)[1], described(moved)[1]
    # One column is the register itself.
    lattices = 6 * len(attack_features.LAGS) + 2 * len(attack_features.ECHO_LAGS)
    assert np.abs(one - two).max(axis=0)[-lattices:].max() < 0.1
    assert (np.abs(one - two).max(axis=0) < 1e-3)[:19].sum() >= 18


def test_echoes_are_what_a_naive_sum_finds(notes):
    times, _ = described(notes)
    labels, _ = attacks.gather(np.array([note.onset for note in notes]))
    found = np.array(attack_features._echoes(notes, labels, times))
    names = [{note.pitch % 12 for note, at in zip(notes, labels, strict=True) if at == each}
             for each in range(len(times))]  # fmt: skip
    for number in (0, 7, 15):
        lag = attack_features.ECHO_LAGS[number]
        spread = np.hypot(0.02, 0.04 * lag)
        naive = [
            sum(
                np.exp(-0.5 * ((time - other - lag) / spread) ** 2)
                * len(mine & theirs)
                / np.sqrt(len(mine) * len(theirs))
                for other, theirs in zip(times, names, strict=True)
                if abs(time - other - lag) < 2 * spread
            )
            for time, mine in zip(times, names, strict=True)
        ]
        np.testing.assert_allclose(found[number], naive, atol=1e-6)


def test_one_attack_and_drums_are_no_error():
    _, found = described(Notes((Note(0.5, 0.6, 36, 0.5, DRUMS),)))
    assert np.isfinite(found).all()
