import numpy as np
import pytest
import torch

from toolkit.models import note_finder, note_listening
from toolkit.models.note_decoding import Thresholds
from toolkit.models.note_finder import Config, Model, transcribe
from toolkit.run import Run
from toolkit.values import Audio

RATE = 22050
SMALL = Config(channels=16, dilations=(1, 2, 4))
EAGER = Thresholds(onset=0.011, frame=0.05)


def network(config=SMALL, seed=0):
    torch.manual_seed(seed)
    model = Model(config).eval()
    for name, buffer in model.named_buffers():
        if name.endswith("running_mean"):
            buffer.normal_()
    return model


def melody(seconds=9.0, rate=RATE, channels=1):
    rng = np.random.default_rng(1)
    time = np.arange(int(0.4 * rate)) / rate
    out = np.zeros(int(seconds * rate), np.float32)
    for onset in np.arange(0, seconds - 0.5, 0.25):
        pitch = 110 * 2 ** (rng.integers(0, 36) / 12)
        first = int(onset * rate)
        out[first : first + len(time)] += 0.2 * np.sin(2 * np.pi * pitch * time) * np.exp(-5 * time)
    return Audio(np.tile(out, (channels, 1)), rate)


def test_shapes_and_size():
    model = network(Config())
    assert model(torch.rand(2, 2, 50, 288)).shape == (2, 3, 50, 88)
    assert sum(each.numel() for each in model.parameters()) < 200_000


def test_the_answer_moves_with_the_music():
    # Without blocks: their shifts feel the ends of the keyboard.
    model = network(Config(channels=16, dilations=()))
    levels = torch.zeros(1, 2, 60, 288)
    levels[:, :, 20:40, 100:103] = 1.5
    up = torch.roll(levels, 21, dims=3)
    with torch.inference_mode():
        low, high = model(levels)[..., 20:60], model(up)[..., 27:67]
    torch.testing.assert_close(low, high, atol=1e-4, rtol=0)


def test_a_frame_depends_on_its_context_only():
    model = network()
    reach = SMALL.context
    levels = torch.rand(1, 2, 80, 288)
    other = levels.clone()
    other[:, :, : 40 - reach] = 0
    other[:, :, 41 + reach :] = 0
    with torch.inference_mode():
        here, there = model(levels)[:, :, 40], model(other)[:, :, 40]
    torch.testing.assert_close(here, there, atol=1e-5, rtol=0)


def test_shifts_are_by_intervals():
    x = torch.arange(88.0)[None, None, None]
    assert note_finder._shift(x, 12)[0, 0, 0, 5] == 17
    assert note_finder._shift(x, -12)[0, 0, 0, 17] == 5
    assert note_finder._shift(x, 12)[0, 0, 0, 80] == 0


def test_segments_make_no_difference():
    samples = melody().samples
    whole, pieces = (
        note_listening.curves(network(), samples, 1.0, Run(), segment_frames)
        for segment_frames in (10_000, 70)
    )
    assert whole.shape == (3 * 88, -(-samples.shape[1] // 512))
    assert np.ptp(whole[:88]) > 1e-3
    np.testing.assert_allclose(whole, pieces, atol=1e-5)


def test_level_makes_no_difference():
    model, audio = network(), melody(4.0)
    quiet = audio.with_samples(np.float32(2**-7) * audio.samples)
    one, other = (transcribe(model, each, Run(), thresholds=EAGER) for each in (audio, quiet))
    assert len(one) > 20
    assert one == other


@pytest.mark.parametrize("rate", [4000, 44100, 192000])
@pytest.mark.parametrize("channels", [1, 2])
def test_any_rate_and_channels(rate, channels):
    audio = melody(1.0, rate, channels)
    notes = transcribe(network(), audio, Run(), thresholds=EAGER)
    assert all(0 <= note.onset <= 1.0 for note in notes)


@pytest.mark.parametrize("length", [0, 1, 2, 3, 700])
@pytest.mark.parametrize("value", [0.0, 1.0, 1e-40])
def test_short_and_constant_signals(length, value):
    audio = Audio(np.full((1, length), value, np.float32), 44100)
    transcribe(network(), audio, Run(), thresholds=EAGER)


def test_the_loud_seconds_set_the_level():
    loud = np.full((1, RATE), 0.5, np.float32)
    rests = np.zeros((1, 5 * RATE), np.float32)
    assert note_listening.loud_level(np.concatenate((rests, loud), axis=1)) == pytest.approx(0.5)
    assert note_listening.loud_level(np.zeros((1, 0), np.float32)) == 0


def test_progress_reaches_the_end():
    heard = []
    run = Run(progress=lambda step, done, total: heard.append((done, total)))
    note_listening.listen(network(), melody(4.0), run, thresholds=EAGER, segment_frames=60)
    assert heard[-1][0] == heard[-1][1]
    assert len(heard) > 2
