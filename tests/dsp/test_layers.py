"""Layers in numpy are those of torch."""

import numpy as np
import pytest
import torch

from toolkit.dsp import layers


def arrays(module: torch.nn.Module) -> dict[str, np.ndarray]:
    return {f"it.{name}": value.detach().numpy() for name, value in module.named_parameters()}


def test_a_linear_layer_and_a_convolution_of_one_are_the_same() -> None:
    torch.manual_seed(1)
    one, other = torch.nn.Linear(5, 4), torch.nn.Conv1d(5, 4, 1)
    rows = torch.randn(9, 5)
    with torch.no_grad():
        wanted, convolved = one(rows).numpy(), other(rows.T[None])[0].T.numpy()
    np.testing.assert_allclose(layers.linear(arrays(one), "it", rows.numpy()), wanted, atol=1e-6)
    found = layers.linear(arrays(other), "it", rows.numpy())
    np.testing.assert_allclose(found, convolved, atol=1e-6)


@pytest.mark.parametrize("dilation", [1, 4, 12])
def test_a_dilated_convolution_sees_zeros_around_the_rows(dilation: int) -> None:
    torch.manual_seed(2)
    layer = torch.nn.Conv1d(3, 6, 3, dilation=dilation, padding=dilation, bias=False)
    rows = torch.randn(10, 3)
    with torch.no_grad():
        wanted = layer(rows.T[None])[0].T.numpy()
        kernel = layer.weight.numpy()
    found = layers.dilated(kernel, rows.numpy(), dilation)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, wanted, atol=1e-6)


def test_a_sigmoid_overflows_nowhere() -> None:
    values = np.array([-1e4, -2.0, 0.0, 1.0, 1e4])
    with np.errstate(all="raise"):
        found = layers.sigmoid(values)
    np.testing.assert_allclose(found, torch.sigmoid(torch.from_numpy(values)), atol=1e-15)
