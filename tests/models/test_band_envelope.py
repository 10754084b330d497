import pytest
import torch

from toolkit.models.band_envelope import Config, Model

TINY = Config(bands=6, channels=8, blocks=2, kernel=3)


def model():
    torch.manual_seed(0)
    return Model(TINY).eval()


@pytest.mark.parametrize("frames", [1, 2, 9])
def test_answers_for_every_frame_and_band(frames):
    known = torch.tensor([[1.0, 1, 1, 0, 0, 0]]).expand(2, 6)
    with torch.no_grad():
        level, flatness = model()(torch.randn(2, frames, 6), known)
    assert level.shape == flatness.shape == (2, frames, 6)


def test_what_is_unknown_does_not_count():
    known = torch.tensor([[1.0, 1, 1, 0, 0, 0]])
    levels = torch.randn(1, 9, 6)
    other = levels.clone()
    other[:, :, 3:] = 7
    with torch.no_grad():
        one, two = model()(levels, known)[0], model()(other, known)[0]
    assert torch.equal(one, two)


def test_nothing_beyond_the_context_counts():
    known = torch.ones(1, 6)
    levels = torch.randn(1, 40, 6)
    other = levels.clone()
    other[:, 20] += 1
    with torch.no_grad():
        changed = (model()(levels, known)[0] != model()(other, known)[0]).any(dim=2)[0]
    reached = changed.nonzero().flatten()
    assert TINY.context == 3
    assert (reached.min(), reached.max()) == (20 - TINY.context, 20 + TINY.context)


def test_learns_to_continue_a_slope():
    torch.manual_seed(0)
    network = Model(TINY)
    slope = torch.randn(16, 5, 1)
    wanted = slope * torch.arange(6.0)
    known = torch.tensor([[1.0, 1, 1, 0, 0, 0]]).expand(16, 6)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-2)
    losses = []
    for _ in range(150):
        loss = (network(wanted, known)[0] - wanted).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.05 * losses[0]
