import numpy as np

from toolkit.evaluation.reharmonizing import kept, measured, sheet_of
from toolkit.style.chord import parse
from toolkit.style.harmony.changes import joined
from toolkit.style.harmony.melody_fit import clashes

NAMES = "C Am Dm G7 C F Dm7 G7 Em Am Dm G C C7 F C"
CHART = joined("x", (0, False), 4, [(4.0, parse(name), False) for name in NAMES.split()])


def test_a_chart_becomes_a_sheet_whose_tune_fits():
    sheet = sheet_of(CHART, np.random.default_rng(0))
    assert (sheet.length, len(sheet.bars), len(sheet.phrases)) == (64, 16, 2)
    assert clashes(sheet) == []
    assert max(note.offset for note in sheet.melody) == 64


def test_a_sheet_keeps_all_of_itself():
    found = measured(CHART, 0.0, 0, palette="plain")
    assert found["roots"] == found["functions"] == found["rate"] == 1.0
    assert found["clashes"] == 0.0


def test_another_key_keeps_little():
    sheet = sheet_of(CHART, np.random.default_rng(0))
    assert kept(sheet, sheet.transposed(6))["roots"] == 0.0


def test_bolder_keeps_less():
    mild, bold = (measured(CHART, amount, 1) for amount in (0.2, 1.0))
    assert mild["roots"] > bold["roots"]
    assert mild["extended"] > 0.8
