import numpy as np
import pytest
import torch

from toolkit.models.axial_attention import AxialAttention

CHANNELS, BANDS, REACH = 8, 6, 3


@pytest.fixture
def block():
    """A block that has learned something: at first it adds nothing."""
    torch.manual_seed(0)
    block = AxialAttention(CHANNELS, BANDS, REACH, heads=2).eval()
    with torch.no_grad():
        for each in block.parameters():
            each.add_(0.3 * torch.randn_like(each))
    return block


def attended_slowly(block, x, bias, axis):
    """Attend cell by cell in [lines, length, channels]; `bias` is None where out of reach."""
    width = CHANNELS // block.heads
    query, key, value = block.ask[axis](block.norms[axis](x)).split(CHANNELS, dim=-1)
    found = torch.zeros_like(x)
    for line, here, head in np.ndindex(*x.shape[:2], block.heads):
        part = slice(head * width, (head + 1) * width)
        near = [there for there in range(x.shape[1]) if bias(head, here, there) is not None]
        likeness = torch.stack(
            [
                query[line, here, part] @ key[line, there, part] / width**0.5
                + bias(head, here, there)
                for there in near
            ]
        )
        for share, there in zip(torch.softmax(likeness, dim=0), near, strict=True):
            found[line, here, part] += share * value[line, there, part]
    return x + block.tell[axis](found)


def test_it_is_attention_along_both_axes(block):
    x = torch.randn(1, CHANNELS, 7, BANDS)

    def by_distance(head, here, there):
        apart = there - here
        return block.by_distance[head, apart + REACH] if abs(apart) <= REACH else None

    with torch.no_grad():
        cells = x[0].permute(1, 2, 0)
        cells = attended_slowly(block, cells, lambda h, a, b: block.between_bands[h, a, b], 0)
        cells = attended_slowly(block, cells.transpose(0, 1), by_distance, 1).transpose(0, 1)
        wide = torch.nn.functional.gelu(block.widen(block.norms[2](cells)))
        expected = (cells + block.narrow(wide)).permute(2, 0, 1)
        assert torch.allclose(block(x)[0], expected, atol=1e-5)


def test_a_new_block_changes_nothing_but_learns():
    torch.manual_seed(0)
    block, x = AxialAttention(CHANNELS, BANDS, REACH), torch.randn(2, CHANNELS, 9, BANDS)
    assert torch.equal(block(x), x)
    block(x).square().sum().backward()
    assert all(each.weight.grad.abs().sum() > 0 for each in (*block.tell, block.narrow))


def test_frames_out_of_reach_do_not_matter(block):
    x = torch.randn(1, CHANNELS, 20, BANDS)
    changed = x.clone()
    changed[:, :, 12] = torch.randn(1, CHANNELS, BANDS)
    with torch.no_grad():
        apart = (block(x) - block(changed)).abs().amax(dim=(0, 1, 3))
    moved = torch.nonzero(apart > 1e-6)[:, 0].tolist()
    assert moved == list(range(12 - REACH, 12 + REACH + 1))
