import pytest
import torch

from toolkit.models.tfc_tdf import Config, Model

TINY = Config(n_fft=64, features=3, growth=4, levels=2)


@pytest.mark.parametrize("frames", [1, 3, 4, 17])
def test_mask_has_the_shape_of_the_spectrogram_and_passes_music(frames):
    torch.manual_seed(0)
    mask = Model(TINY).eval()(torch.zeros(2, 3, frames, 32))
    assert mask.shape == (2, frames, 32)
    assert ((mask > 0) & (mask < 1)).all()
    assert mask.mean() > 0.7


def test_items_of_a_batch_do_not_mix():
    torch.manual_seed(0)
    model = Model(TINY).eval()
    features = torch.randn(3, 3, 8, 32)
    with torch.no_grad():
        together, alone = model(features), torch.cat([model(each[None]) for each in features])
    assert torch.allclose(together, alone, atol=1e-5)


def test_learns_to_mute_half_of_the_band():
    torch.manual_seed(0)
    model = Model(TINY)
    wanted = torch.cat([torch.ones(4, 8, 16), torch.zeros(4, 8, 16)], dim=-1)
    features = torch.randn(4, 3, 8, 32)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    losses = []
    for _ in range(40):
        loss = (model(features) - wanted).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.05 * losses[0]


@pytest.mark.parametrize("frames", [1, 5, 16])
def test_several_masks_share_every_cell_out(frames):
    torch.manual_seed(0)
    masks = Model(Config(n_fft=64, growth=4, levels=2, outputs=3))(torch.randn(2, 3, frames, 32))
    assert masks.shape == (2, 3, frames, 32)
    assert torch.allclose(masks.sum(dim=1), torch.ones(2, frames, 32), atol=1e-6)


@pytest.mark.parametrize("attentive", [0, 1])
def test_a_local_network_reaches_no_farther_than_it_says(attentive):
    torch.manual_seed(0)
    config = Config(
        n_fft=64, growth=4, levels=2, local=True, attentive=attentive, attention_reach=3
    )
    model = Model(config).eval()
    for block in model.attend:
        for last in (*block.tell, block.narrow):
            torch.nn.init.normal_(last.weight)
    features = torch.randn(1, 3, 128, 32)
    changed = features.clone()
    at = 64
    changed[:, :, at] += 5
    with torch.no_grad():
        apart = (model(features) - model(changed)).abs().amax(dim=(0, 2))
    moved = torch.nonzero(apart > 1e-7)[:, 0]
    assert moved.min() >= at - config.reach_frames
    assert moved.max() <= at + config.reach_frames
    assert len(moved) > 10


def test_the_first_level_may_be_wider():
    assert Config(growth=4, levels=2).widths == [4, 8, 12]
    config = Config(n_fft=64, growth=4, levels=2, first=8, outputs=3, attentive=1)
    assert config.widths == [8, 12, 16]
    torch.manual_seed(0)
    model = Model(config)
    assert model.enter.out_channels == 8
    masks = model(torch.randn(2, 3, 5, 32))
    assert masks.shape == (2, 3, 5, 32)
    masks[:, 0].sum().backward()
    assert all(block.tell[0].weight.grad.abs().sum() > 0 for block in model.attend)
