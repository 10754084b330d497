import itertools

from toolkit.adapters import roman_places

PATH = "bach/choraleAnalyses/riemenschneider005.rntxt"


def test_chords_stand_where_the_analysis_puts_them():
    found = roman_places.placed(PATH)
    symbols = [(begin, end, chord.symbol) for begin, end, chord in found[:5]]
    assert symbols[:2] == [(0.0, 1.0, "G"), (1.0, 2.0, "C")]
    assert symbols[2:5] == [(2.0, 2.5, "D"), (2.5, 3.0, "D7"), (3.0, 4.0, "Em")]
    assert all(one[1] <= two[0] + 1e-9 for one, two in itertools.pairwise(found))
