import numpy as np
import pytest

from toolkit.training import charts


@pytest.mark.parametrize("seed", range(6))
def test_a_chart_has_its_bars_and_knows_its_chords(seed):
    drawn = charts.chart(np.random.default_rng(seed), 14)
    assert len(drawn.chords) == len(drawn.spelled) == 14
    assert len(drawn.scale) == 7
    for root, quality in drawn.chords:
        assert 0 <= root < 12
        assert quality in charts.TONES


def test_charts_differ_in_key_and_chords():
    drawn = {tuple(charts.chart(np.random.default_rng(seed), 8).spelled) for seed in range(20)}
    assert len(drawn) > 15


def test_a_melody_has_chord_tones_on_its_beats_and_stays_in_its_range():
    rng = np.random.default_rng(3)
    over = charts.chart(rng, 32)
    notes = charts.melody(rng, over, bar_seconds=2.0, program=73, center=72)
    assert len(notes) > 40
    assert {note.program for note in notes} == {73}
    on_the_beat = 0
    for note in notes:
        assert 72 - 14 <= note.pitch <= 72 + 14
        bar, within = divmod(note.onset, 2.0)
        root, quality = over.chords[min(int(bar), 31)]
        tones = {(root + tone) % 12 for tone in charts.TONES[quality]}
        if within % 0.5 < 0.06:
            on_the_beat += 1
            assert note.pitch % 12 in tones | set(over.scale)
    assert on_the_beat > 20
