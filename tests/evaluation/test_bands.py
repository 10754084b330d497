import numpy as np
import pytest

from toolkit.evaluation import bands, songs

CHORDS = ("C", "Am7", "Dm7", "G7")


def test_chords_of_every_band_are_known():
    charts = [each.source for each in (*songs.DEVELOPMENT, *songs.HELD_OUT)]
    charts = [each for each in charts if isinstance(each, bands.Band)]
    assert len(charts) == 12
    for chart in charts:
        for chord in chart.chords:
            assert 3 <= len(set(bands.chord_tones(chord))) <= 4
    with pytest.raises(ValueError, match="none of the chords"):
        bands.chord_tones("Hm")


def test_tunes_are_chord_tones_on_strong_beats_near_the_middle():
    line = bands.melody(CHORDS * 4, 2.0, middle=70, rng=np.random.default_rng(0))
    onsets = [onset for onset, _, _ in line]
    assert onsets == sorted(onsets)
    assert onsets[0] == 0
    assert all(until <= later for (_, until, _), later in zip(line, onsets[1:], strict=False))
    for onset, _, pitch in line:
        assert abs(pitch - 70) <= 12
        if onset % 1.0 == 0:
            chord = CHORDS[int(onset / 2.0) % 4]
            assert pitch % 12 in bands.chord_tones(chord)


def test_the_seed_decides():
    lines = [
        bands.melody(CHORDS, 2.0, middle=70, rng=np.random.default_rng(seed)) for seed in (1, 1, 2)
    ]
    assert lines[0] == lines[1] != lines[2]


@pytest.mark.slow  # needs Debian's mma, as the suite itself does
def test_grooves_are_held_out():
    from toolkit.adapters import mma

    known = mma.grooves(held_out=True)
    charts = [each.source for each in (*songs.DEVELOPMENT, *songs.HELD_OUT)]
    assert all(each.groove in known for each in charts if isinstance(each, bands.Band))
