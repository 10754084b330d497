import numpy as np

from toolkit.style.sheet import note_context
from toolkit.style.sheet.note_context import NUM_FEATURES, features, note_table


def some_notes(rng, count=60):
    onset = np.sort(rng.integers(0, 4 * count // 3, count) / 4.0)
    return (
        onset,
        onset + rng.integers(1, 9, count) / 4,
        rng.choice(np.arange(40, 90), count),
        rng.random(count),
        rng.integers(0, 2, count),
    )


def test_the_table_is_in_order_of_attack_and_pitch():
    onset = [1.02, 0.0, 1.0, 1.0, 3.0]
    table, order = note_table(onset, np.array(onset) + 1, [50, 40, 70, 60, 30], [0.5] * 5, [0] * 5)
    assert order.tolist() == [1, 0, 3, 2, 4]
    assert table.group.tolist() == [0, 1, 1, 1, 2]
    assert table.pitch.tolist() == [40, 50, 60, 70, 30]


def test_chord_features_agree_with_their_definition():
    table, _ = note_table(*some_notes(np.random.default_rng(1)))
    found = features(table)
    for index in range(len(table)):
        with_it = table.group == table.group[index]
        held = (table.onset <= table.onset[index] + 0.07) & (
            table.offset > table.onset[index] + 0.02
        )
        higher, lower = table.pitch > table.pitch[index], table.pitch < table.pitch[index]
        rises = table.pitch - table.pitch[index]
        wanted = [
            (with_it & higher).sum() / 3,
            (with_it & lower).sum() / 3,
            min((held & higher).sum(), 4) / 3,
            min((held & lower).sum(), 4) / 3,
            min([*rises[held & higher], 24]) / 12,
            min([*-rises[held & lower], 24]) / 12,
        ]
        np.testing.assert_allclose(found[index, 4:10], wanted, rtol=1e-5)


def test_what_is_described_does_not_depend_on_place_or_order():
    rng = np.random.default_rng(2)
    notes = some_notes(rng)
    table, order = note_table(*notes)
    later, _ = note_table(notes[0] + 100, notes[1] + 100, *notes[2:])
    np.testing.assert_allclose(features(table), features(later), atol=1e-4)
    mixed = rng.permutation(len(notes[0]))
    again, shuffled = note_table(*(each[mixed] for each in notes))
    np.testing.assert_allclose(features(table), features(again), atol=1e-6)
    np.testing.assert_array_equal(notes[2][order], notes[2][mixed][shuffled])


def test_transposing_moves_only_the_register():
    notes = some_notes(np.random.default_rng(3))
    low, _ = note_table(*notes)
    high, _ = note_table(*notes[:2], notes[2] + 12, *notes[3:])
    moved = np.abs(features(high) - features(low)).max(axis=0) > 1e-5
    assert moved.nonzero()[0].tolist() == [0]


def test_none_and_one():
    assert features(note_table([], [], [], [], [])[0]).shape == (0, NUM_FEATURES)
    one = features(note_table([1.0], [2.0], [60], [0.5], [0])[0])
    assert one.shape == (1, NUM_FEATURES)
    assert np.isfinite(one).all()
    assert note_context.SAME_ONSET < 0.1
