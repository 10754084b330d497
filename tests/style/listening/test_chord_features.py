import numpy as np

from toolkit.style.listening import chord_features
from toolkit.style.tones import lowest, sounding
from toolkit.values import DRUMS, Note, Notes

EDGES = np.array([0.0, 0.5, 1.1, 2.0, 4.0])
LINES = np.array([0.5, 2.0])


def music(seed):
    rng = np.random.default_rng(seed)
    begins, lengths = rng.uniform(0, 3.8, 40), rng.uniform(0.05, 1.5, 40)
    pitches, forces = rng.integers(30, 90, 40), rng.uniform(0.2, 1.0, 40)
    rows = zip(begins, lengths, pitches, forces, strict=True)
    return Notes(tuple(Note(a, a + b, int(c), d) for a, b, c, d in rows))


def test_a_transposition_turns_the_description_of_each_register():
    notes = music(3)
    low = Notes(tuple(note for note in notes if note.pitch < 54))
    higher = Notes(tuple(Note(n.onset, n.offset, n.pitch + 1, n.velocity) for n in low))
    np.testing.assert_array_equal(
        np.roll(chord_features.describe(low, EDGES, LINES), 1, axis=1),
        chord_features.describe(higher, EDGES, LINES),
    )


def test_tones_and_bass_agree_with_those_of_the_rules():
    notes = music(4)
    found = chord_features.describe(notes, EDGES)
    lengths = np.diff(EDGES)[:, None]
    np.testing.assert_allclose(found[:, :, 0], sounding(notes, EDGES) / lengths, atol=1e-6)
    bass = lowest(notes, EDGES) / lengths
    np.testing.assert_allclose(found[:, :, 3], bass, atol=1e-6)


def test_a_note_that_ends_early_is_still_known_to_have_been_struck():
    short = chord_features.describe(Notes((Note(0.0, 0.1, 60),)), EDGES)
    long = chord_features.describe(Notes((Note(0.0, 4.0, 60),)), EDGES)
    assert short[1, 0, 0] == 0 < long[1, 0, 0]
    np.testing.assert_array_equal(short[:, 0, 9:12], long[:, 0, 9:12])
    assert (np.diff(short[:, 0, 9]) < 0).all()


def test_bar_lines_and_silence_are_marked():
    found = chord_features.describe(Notes((Note(0.6, 1.0, 60),)), EDGES, LINES)
    np.testing.assert_array_equal(found[:, 0, 12], [0, 1, 0, 1])
    assert found[:, :, 13].all()
    np.testing.assert_array_equal(found[:, 5, 14], [1, 0, 1, 1])
    assert not chord_features.describe(Notes((Note(0.6, 1.0, 60),)), EDGES)[:, :, 12:14].any()


def test_drums_and_nothing_are_silence():
    drums = chord_features.describe(Notes((Note(0.0, 1.0, 36, 0.8, DRUMS),)), EDGES)
    nothing = chord_features.describe(Notes(), EDGES)
    np.testing.assert_array_equal(drums, nothing)
    assert nothing.shape == (4, 12, chord_features.NUM_FEATURES)
    assert np.isfinite(nothing).all()
