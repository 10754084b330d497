import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.evaluation import stem_metrics

RNG = np.random.default_rng(0)
TRUE = RNG.standard_normal((2, 4000)).astype(np.float32)
FOUND = (0.5 * TRUE + 0.2 * RNG.standard_normal(TRUE.shape)).astype(np.float32)


def naive_si_sdr(true: np.ndarray, found: np.ndarray) -> float:
    inner = sum(float(a) * float(b) for a, b in zip(found.flat, true.flat, strict=True))
    scale = inner / sum(float(a) ** 2 for a in true.flat)
    above = sum((scale * float(a)) ** 2 for a in true.flat)
    below = sum(
        (float(b) - scale * float(a)) ** 2 for a, b in zip(true.flat, found.flat, strict=True)
    )
    return 10 * float(np.log10(above / below))


def naive_usdr(true: np.ndarray, found: np.ndarray) -> float:
    above = sum(float(a) ** 2 for a in true.flat) + 1e-7
    below = sum((float(a) - float(b)) ** 2 for a, b in zip(true.flat, found.flat, strict=True))
    return 10 * float(np.log10(above / (below + 1e-7)))


def test_figures_are_those_of_the_formulas():
    assert stem_metrics.si_sdr(TRUE, FOUND) == pytest.approx(naive_si_sdr(TRUE, FOUND), abs=1e-6)
    assert stem_metrics.usdr(TRUE, FOUND) == pytest.approx(naive_usdr(TRUE, FOUND), abs=1e-6)


@given(st.floats(0.01, 100))
def test_only_usdr_counts_a_wrong_level(gain):
    louder = (gain * FOUND).astype(np.float32)
    assert stem_metrics.si_sdr(TRUE, louder) == pytest.approx(
        stem_metrics.si_sdr(TRUE, FOUND), abs=1e-3
    )
    scaled = (gain * TRUE).astype(np.float32)
    if abs(gain - 1) > 0.01:
        assert stem_metrics.usdr(TRUE, scaled) == pytest.approx(
            -20 * np.log10(abs(gain - 1)), abs=0.01
        )


def test_closed_cases():
    silence = np.zeros_like(TRUE)
    assert stem_metrics.usdr(TRUE, silence) == pytest.approx(0, abs=1e-6)
    assert stem_metrics.usdr(silence, silence) == 0
    assert stem_metrics.usdr(TRUE, 2 * TRUE) == pytest.approx(0, abs=1e-6)
    assert stem_metrics.si_sdr(TRUE, silence) == stem_metrics.LOWEST_SI_SDR
    assert stem_metrics.si_sdr(TRUE, -TRUE) > 100
    left, right = np.array([[1.0, 0.0]], np.float32), np.array([[1.0, 1.0]], np.float32)
    assert stem_metrics.si_sdr(left, right) == pytest.approx(0, abs=1e-9)
    orthogonal = np.array([[0.0, 1.0]], np.float32)
    assert stem_metrics.si_sdr(left, orthogonal) == stem_metrics.LOWEST_SI_SDR


def test_other_shapes_are_refused():
    for figure in (stem_metrics.usdr, stem_metrics.si_sdr):
        with pytest.raises(ValueError, match="same shape"):
            figure(TRUE, FOUND[:, 1:])


def test_levels_and_sums():
    assert stem_metrics.level_dbfs(np.full((1, 10), 0.1, np.float32)) == pytest.approx(-20)
    assert stem_metrics.level_dbfs(np.zeros((1, 10), np.float32)) == -160
    assert stem_metrics.level_dbfs(np.zeros((1, 0), np.float32)) == -160
    assert stem_metrics.inconsistency_db(TRUE, [TRUE / 2, TRUE / 2]) == -160
    assert stem_metrics.inconsistency_db(TRUE, [0.9 * TRUE]) == pytest.approx(-20, abs=0.01)
