from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.checkpoints import shipped
from toolkit.chunks import blocks, overlap_add, release
from toolkit.run import Run
from toolkit.stages.denoise import Denoise
from toolkit.values import Audio

seeded = settings(derandomize=True, deadline=None)


@st.composite
def plans(draw):
    """Return (total, size, overlap, context) that `blocks` allows, odd corners included."""
    total = draw(st.integers(0, 600))
    size = draw(st.integers(1, 200))
    return total, size, draw(st.integers(0, size // 2)), draw(st.integers(0, 250))


def noise(num_channels, num_samples):
    rng = np.random.default_rng(num_samples)
    return rng.standard_normal((num_channels, num_samples)).astype(np.float32)


def crossfaded(values, total, size, overlap):
    """Return, sample by sample, blocks of constant value cross-faded over their overlaps."""
    out = np.zeros(total)
    for index in range(total):
        for number, value in enumerate(values):
            place = index - number * (size - overlap)
            if not 0 <= place < size:
                continue
            weight = 1.0
            if number > 0 and place < overlap:
                weight = (place + 0.5) / overlap
            if number < len(values) - 1 and place >= size - overlap:
                weight = (size - place - 0.5) / overlap
            out[index] += weight * value
    return out


@seeded
@given(plans())
def test_identity_in_gives_identity_out(plan):
    total, size, overlap, context = plan
    samples = noise(2, total)
    out = overlap_add(
        lambda block, start: block,
        samples,
        size=size,
        overlap=overlap,
        context=context,
        out=np.zeros_like(samples),
    )
    if overlap == 0:
        assert np.array_equal(out, samples)
    np.testing.assert_allclose(out, samples, rtol=0, atol=1e-6)


@seeded
@given(plans())
def test_blocks_cover_the_signal_and_share_only_the_overlap(plan):
    total, size, overlap, context = plan
    spans = [b.span for b in blocks(noise(1, total), size=size, overlap=overlap, context=context)]
    assert bool(spans) == (total > 0)
    if spans:
        assert (spans[0].start, spans[-1].stop) == (0, total)
    for before, after in pairwise(spans):
        assert before.stop - after.start == overlap
        assert before.stop - before.start == size
        assert after.stop > before.stop


@seeded
@given(plans())
def test_context_is_real_neighbors_and_shorter_only_at_the_ends(plan):
    total, size, overlap, context = plan
    samples = noise(2, total)
    for block in blocks(samples, size=size, overlap=overlap, context=context):
        stop = block.start + block.samples.shape[1]
        assert np.array_equal(block.samples, samples[:, block.start : stop])
        assert block.span.start - block.start == min(context, block.span.start)
        assert stop - block.span.stop == min(context, total - block.span.stop)


@seeded
@given(plans(), st.integers(0, 20))
def test_a_filter_in_chunks_is_the_filter_of_the_whole(plan, reach):
    total, size, overlap, more = plan
    samples = noise(1, total)
    taps = np.random.default_rng(reach).standard_normal(2 * reach + 1)

    def filtered(block, start):
        return np.convolve(block[0], taps)[None, reach : reach + block.shape[1]]

    expected = np.convolve(samples[0], taps)[reach : reach + total] if total else samples[0]
    out = overlap_add(
        filtered,
        samples,
        size=size,
        overlap=overlap,
        context=reach + more,
        out=np.zeros_like(samples),
    )
    np.testing.assert_allclose(out[0], expected, atol=2e-5)


@pytest.mark.parametrize(
    ("total", "size", "overlap"),
    [(50, 20, 10), (50, 20, 3), (47, 21, 10), (21, 20, 1), (11, 20, 10)],
)
def test_overlaps_are_cross_faded_linearly(total, size, overlap):
    starts = [block.start for block in blocks(noise(1, total), size=size, overlap=overlap)]
    out = overlap_add(
        lambda block, start: np.full(block.shape, start, np.float32),
        noise(1, total),
        size=size,
        overlap=overlap,
        out=np.zeros((1, total), np.float32),
    )
    np.testing.assert_allclose(out[0], crossfaded(starts, total, size, overlap), rtol=1e-6)


def test_output_may_have_other_channels_and_progress_ends_at_the_end():
    samples = noise(2, 1000)
    seen = []
    out = overlap_add(
        lambda block, start: block.sum(axis=0, keepdims=True),
        samples,
        size=300,
        overlap=50,
        out=np.zeros((1, 1000), np.float32),
        progress=lambda done, total: seen.append((done, total)),
    )
    np.testing.assert_allclose(out[0], samples.sum(axis=0), atol=1e-6)
    assert seen == [(300, 1000), (550, 1000), (800, 1000), (1000, 1000)]


def test_a_function_may_spoil_its_block_but_not_the_signal():
    samples = noise(1, 100)
    before = samples.copy()

    def spoil(block, start):
        block *= 0
        return block

    out = overlap_add(spoil, samples, size=30, overlap=10, context=9, out=np.ones_like(samples) * 0)
    assert np.array_equal(samples, before)
    assert not out.any()


@pytest.mark.parametrize(
    "plan",
    [
        {"size": 0},
        {"size": -5},
        {"size": 10, "overlap": 6},
        {"size": 10, "overlap": -1},
        {"size": 10, "context": -1},
    ],
)
def test_impossible_plans_are_refused(plan):
    with pytest.raises(ValueError, match="size"):
        next(blocks(noise(1, 100), **plan))


@pytest.mark.parametrize("mode", ["r+", "c"])
def test_release_keeps_what_was_written_into_a_map(tmp_path, mode):
    path = tmp_path / "samples"
    noise(2, 5000).tofile(path)
    mapped = np.memmap(path, np.float32, mode, shape=(2, 5000))
    mapped[1, 1000:4000] = 7
    release(mapped[1:, 10:])
    assert np.all(mapped[1, 1000:4000] == 7)
    assert np.array_equal(mapped[0], noise(2, 5000)[0])
    stored = np.fromfile(path, np.float32).reshape(2, 5000)
    assert np.all(stored[1, 1000:4000] == 7) == (mode == "r+")


def test_release_leaves_ordinary_arrays_alone():
    samples = noise(2, 100)
    release(samples[:, 10:])
    release(np.zeros((1, 0), np.float32))
    assert np.array_equal(samples, noise(2, 100))


def test_overlap_add_from_one_map_into_another(tmp_path):
    samples = noise(1, 50_000)
    samples.tofile(tmp_path / "in")
    source = np.memmap(tmp_path / "in", np.float32, "r", shape=samples.shape)
    out = np.memmap(tmp_path / "out", np.float32, "w+", shape=samples.shape)
    overlap_add(lambda block, start: 2 * block, source, size=4096, overlap=512, out=out)
    out.flush()
    stored = np.fromfile(tmp_path / "out", np.float32)
    np.testing.assert_allclose(stored, 2 * samples[0], atol=2e-6)


class Smeared(torch.nn.Module):
    """A small network of 301 samples in each output, with so much memory and no more."""

    def __init__(self, most):
        super().__init__()
        torch.manual_seed(0)
        self.layers = torch.nn.Sequential(
            torch.nn.Conv1d(2, 8, 151, padding=75),
            torch.nn.Tanh(),
            torch.nn.Conv1d(8, 2, 151, padding=75),
        )
        self.most, self.refused = most, []

    def forward(self, given):
        if given.shape[-1] > self.most:
            self.refused.append(given.shape[-1])
            raise torch.OutOfMemoryError("no more")
        return self.layers(given)


def smear(samples, most, *, size, context, overlap=0):
    network, told = Smeared(most), []

    def function(block, start):
        with torch.inference_mode():
            return network(torch.from_numpy(block)[None])[0].numpy()

    out = overlap_add(
        function,
        samples,
        size=size,
        context=context,
        overlap=overlap,
        out=np.zeros_like(samples),
        halved=told.append,
    )
    return out, network, told


@pytest.mark.parametrize("overlap", [0, 500])
def test_a_block_too_long_for_the_memory_is_halved_and_gives_the_same(overlap):
    samples = noise(2, 50_000)
    calm, _, _ = smear(samples, 10**9, size=20_000, context=150, overlap=overlap)
    out, network, told = smear(samples, 6_000, size=20_000, context=150, overlap=overlap)
    error = np.square(out - calm).sum() / np.square(calm).sum()
    assert error < 1e-6
    assert told == sorted(told, reverse=True)
    assert told[-1] + 2 * 150 <= 6_000
    # Refused while it is found out how much fits, and not with every block again.
    assert len(network.refused) == len(told) == 2


def test_a_seam_between_halves_is_cross_faded_where_blocks_are():
    samples = np.ones((1, 40_000), np.float32)

    def crude(block, start):
        if block.shape[1] > 12_000:
            raise MemoryError
        return block * start

    out = overlap_add(
        crude,
        samples,
        size=20_000,
        overlap=2_000,
        out=np.zeros_like(samples),
        halved=lambda n: None,
    )
    assert np.abs(np.diff(out)).max() < 12_000 / 2_000 * 1.01


def test_memory_that_is_too_short_for_any_block_ends_it():
    samples = noise(2, 50_000)
    with pytest.raises(torch.OutOfMemoryError):
        smear(samples, 500, size=20_000, context=150)
    with pytest.raises(torch.OutOfMemoryError):
        smear(samples, 6_000, size=20_000, context=5_900)


def test_without_being_asked_nothing_is_halved():
    def full(block, start):
        raise MemoryError

    with pytest.raises(MemoryError):
        overlap_add(full, noise(1, 9000), size=9000, out=np.zeros((1, 9000), np.float32))


def test_another_error_is_not_taken_for_a_lack_of_memory():
    def broken(block, start):
        raise RuntimeError("no")

    samples = noise(1, 9000)
    with pytest.raises(RuntimeError, match="no"):
        overlap_add(broken, samples, size=9000, out=np.zeros_like(samples), halved=lambda n: None)


@seeded
@given(plans(), st.integers(1100, 9000))
def test_halved_identity_is_identity(plan, most):
    total, size, overlap, context = (50 * each for each in plan)
    context //= 25
    samples = noise(1, total)

    def identity(block, start):
        if block.shape[1] > max(most, 2 * context + max(context, 2 * overlap, 1024)):
            raise MemoryError
        return block

    out = overlap_add(
        identity,
        samples,
        size=size,
        overlap=overlap,
        context=context,
        out=np.zeros_like(samples),
        halved=lambda n: None,
    )
    np.testing.assert_allclose(out, samples, rtol=0, atol=1e-6)


def test_denoise_says_that_its_blocks_were_halved():
    rng = np.random.default_rng(3)
    time = np.arange(20 * 44100) / 44100
    tone = 0.2 * np.sin(2 * np.pi * 440 * time) + 0.02 * rng.standard_normal(len(time))
    audio = Audio(tone[None].astype(np.float32), 44100)

    class Scarce:
        """The real network, which does not take more than ten seconds at a time."""

        def load(self, name, device="cpu"):
            network = shipped().load(name, device)
            network.register_forward_pre_hook(self.check)
            return network

        def check(self, module, given):
            if given[0].shape[2] > 10 * 44100 / 2048:
                raise torch.OutOfMemoryError("no more")

    calm, run = Run(checkpoints=shipped()), Run(checkpoints=Scarce())
    expected = Denoise(model="fast")(audio, calm)
    found = Denoise(model="fast")(audio, run)
    assert "blocks_halved_to" not in calm.findings
    assert run.findings["blocks_halved_to"] < 10 * 44100
    error = np.square(found.samples - expected.samples).sum() / np.square(expected.samples).sum()
    assert error < 1e-6
