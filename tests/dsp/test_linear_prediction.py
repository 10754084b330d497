import numpy as np

from toolkit.dsp.linear_prediction import solve_normal


def test_models_solve_the_normal_equations():
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((3, 40, 6))
    normal, right = rows.swapaxes(1, 2) @ rows, rng.standard_normal((3, 6))
    models = solve_normal(normal.copy(), right)
    np.testing.assert_array_equal(models[:, 0], 1)
    np.testing.assert_allclose(normal @ models[:, 1:, None], -right[..., None], atol=1e-4)


def test_equations_that_rounding_made_indefinite_are_solved_too():
    normal, right = np.array([[[1.0, 2.0], [2.0, 1.0]]]), np.array([[3.0, 3.0]])
    np.testing.assert_allclose(solve_normal(normal, right), [[1, -1, -1]], atol=1e-6)


def test_nothing_is_predicted_from_nothing():
    models = solve_normal(np.zeros((2, 4, 4)), np.zeros((2, 4)))
    np.testing.assert_array_equal(models, np.eye(1, 5).repeat(2, axis=0))
