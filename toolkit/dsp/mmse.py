"""Take steady noise out of music with two windows: a long one for tones, a short one for attacks.

**Long window** (93 ms). The ratio γ of a cell's power to the expected power of the noise is
averaged over five frames of the same frequency. Tones persist there while noise averages out, so
that a threshold on the average finds them (the neighborhoods of Kowalski, Siedenburg & Dörfler,
"Social sparsity", 2013). Noise alone still crosses it here and there, which would be heard as
musical noise; so where few cells around cross it the threshold is high, and where many do, music is
present and it is low (the local presence of Cohen & Berdugo 2001, used on the threshold). The
a-priori signal-to-noise ratio ξ comes from the spectrum so cleaned, in a second step as in Plapous,
Marro & Scalart 2006, and the minimum-mean-square-error estimate of the complex coefficient is
ξ/(1 + ξ) times it (Ephraim & Malah 1984). The whole recording is at hand, so ξ needs no recursion
into the past: its estimate looks ahead as far as it looks back. Cells without music all get one and
the same gain, the floor: what remains of the noise stays the noise that it was.

**Short window** (12 ms). An attack is spread thin over a long window and taken for noise. But in
what the long window took away it stands out again: broad in frequency, short in time. The same two
steps with a neighborhood of seventeen frequencies find it, and it is handed back. Conversely the
noise that an attack has let through the long window is turned down where the short one hears no
music.

**Beyond the music** there is nothing to be found: above the end of its band, as the floor was
learned with, attacks are not handed back and tones have to tower over the noise by 20 dB more.

Both windows lie on grids of whole hops of the recording and every average is finite, so the result
for a sample depends on the `CONTEXT_HOPS` around it and on nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import fft

from toolkit.dsp.noise_floor import FloorSketch, NoiseFloor
from toolkit.dsp.stft import Grid, Power, hann_weights, smooth
from toolkit.dsp.suppression_rule import Rule, gains_of
from toolkit.values import Samples

# Hops of the long grid: mirror images reach 2 into the analysis, the averages 2 + 8 + 4 + 1
# further, the inverse 2, the short window's own chain less than 2, and the surroundings of an
# attack 2.
CONTEXT_HOPS = 25

_SHORT_HOP_SECONDS = 128 / 44100
_RATIO = 8

_PERSISTENCE = hann_weights(5)
_BREADTH = hann_weights(17)
_NEXT = hann_weights(3)
_TRACKING = hann_weights(9)

# How much an average of γ over noise alone deviates from 1, measured on white noise (one cell: 1;
# five frames a quarter window apart leave 0.72, seventeen bins 0.36), and the thresholds in
# multiples of it.
_PERSISTENT_DEVIATION, _BROAD_DEVIATION = 0.72, 0.36
_CROSSED = np.float32(1 + 2.5 * _PERSISTENT_DEVIATION)
_ATTACK_THRESHOLD = 1 + 4.0 * _BROAD_DEVIATION

# Noise alone has 3 % of its cells above `_CROSSED`. Shares of cells, and the thresholds there.
_PRESENCE = (0.05, 0.2)
_TONE_THRESHOLDS = (1 + 5.0 * _PERSISTENT_DEVIATION, 1 + 0.5 * _PERSISTENT_DEVIATION)
_PRESENCE_TIME, _PRESENCE_FREQUENCY = hann_weights(9), hann_weights(33)

# Where the recording has no music, 20 dB more are asked for, a third of an octave above its end.
_TOWERING = 100.0
_FADE_PER_OCTAVE = 3.0

# How far, in octaves of power, an attack must tower over what lies beside it: from 10 dB on, fully
# from 20 dB.
_TOWERED = 10 / 3.01

# Cells below `_CROSSED` are what tracks the noise's level: noise cut off there has mean 0.91.
_CENSORED_MEAN = 0.91
_TRACKING_PRIOR = 0.05
_TRACKING_ROUNDS = 2
_TRACKING_RANGE = 10 ** (4 / 10)


def long_grid(sample_rate: int) -> Grid:
    """Return the grid of the long window, about 93 ms and always eight times the short one."""
    return Grid(_RATIO * short_grid(sample_rate).hop_length)


def short_grid(sample_rate: int) -> Grid:
    """Return the grid of the short window, about 12 ms."""
    hop_length = max(round(_SHORT_HOP_SECONDS * sample_rate), 4)
    return Grid(int(fft.next_fast_len(hop_length, real=True)))


def learn_noise(sketches: list[FloorSketch], samples: Samples, sample_rate: int) -> None:
    """Add a block to the sketch of each channel; blocks should follow each other.

    Parameters
    ----------
    sketches : list of FloorSketch
        One a channel, from `sketch`.
    samples : np.ndarray, shape (channels, n)
        Blocks shorter than the long window are seen with their mirror images.
    """
    grid = long_grid(sample_rate)
    for channel, each in zip(samples, sketches, strict=True):
        spectra = grid.analyze(channel[np.newaxis])
        # Half a window apart is enough for statistics. The outermost frames see mirror images.
        inner = slice(2, -2, 2) if spectra.shape[1] > 8 else slice(0, None, 2)
        each.add(grid.power(spectra[0, inner]))


def sketch(sample_rate: int) -> FloorSketch:
    """Return an empty sketch of noise for one channel at this rate."""
    grid = long_grid(sample_rate)
    return FloorSketch(grid.num_bins, sample_rate / grid.n_fft)


@dataclass(frozen=True)
class Denoiser:
    """Take away noise of known power, block by block.

    Parameters
    ----------
    sample_rate : int
        In Hz.
    floors : tuple[NoiseFloor, ...]
        One a channel. All channels of a block get the same gains, which keeps the image.
    gain_floor : float
        Gain where there is only noise, 0..1.
    rule : {'wiener', 'log-spectral'}
        As in `gains_of`.
    """

    sample_rate: int
    floors: tuple[NoiseFloor, ...]
    gain_floor: float
    rule: Rule = "wiener"

    def removed(self, samples: Samples, start: int) -> Samples:
        """Return what is to be taken away from a block [channels, n] that begins at `start`.

        Exact for samples at least ``CONTEXT_HOPS`` long hops away from the edges of the block that
        are not the ends of the signal.
        """
        long, short = long_grid(self.sample_rate), short_grid(self.sample_rate)
        noise = np.stack([floor.power for floor in self.floors])
        spectra = long.analyze(samples, start)
        reach = self._reach()
        keep, level = tone_gains(_over_noise(long.power(spectra), noise), reach, self.rule)
        spectra *= 1 - np.maximum(keep, np.float32(self.gain_floor))
        removed = long.synthesize(spectra, start, samples.shape[1])

        spectra = short.analyze(removed, start)
        ratio = _over_noise(short.power(spectra), noise[:, ::_RATIO])
        times = np.array(short.frame_range(start, samples.shape[1])) / _RATIO
        centers = np.array(long.frame_range(start, samples.shape[1]))
        by_level = np.interp(times, centers, 1 / level).astype(np.float32)[:, np.newaxis]
        spectra *= 1 - attack_gains(ratio * by_level, self.rule) * reach[::_RATIO]
        kept = short.analyze(samples, start) - spectra
        ratio = _over_noise(short.power(kept), noise[:, ::_RATIO]) * by_level
        spectra += kept * (1 - beside_attacks(ratio, self.gain_floor))
        return short.synthesize(spectra, start, samples.shape[1])

    def _reach(self) -> Power:
        """Return 1 for bins up to the end of the music, falling to 0 a third of an octave above."""
        grid = long_grid(self.sample_rate)
        high_hz = max(floor.band_hz[1] for floor in self.floors)
        if high_hz == 0:
            # Attacks without any tone are all the music there is, so nothing says where it ends.
            return np.ones(grid.num_bins, np.float32)
        above = np.arange(1, grid.num_bins + 1) * (self.sample_rate / grid.n_fft) / high_hz
        reach: Power = np.clip(1 - _FADE_PER_OCTAVE * np.log2(above), 0, 1).astype(np.float32)
        return reach


def _over_noise(power: Power, noise: Power) -> Power:
    """Return the mean of power/noise over the channels that have noise, [frames, bins]."""
    inverse = np.zeros_like(noise)
    np.divide(1, noise, out=inverse, where=noise > 0)
    heard = np.maximum((noise > 0).sum(axis=0), 1).astype(np.float32)
    ratio = power[0] * (inverse[0] / heard)
    for channel in range(1, len(power)):
        ratio += power[channel] * (inverse[channel] / heard)
    # Beyond this a cell is music whatever the rest; it keeps squares inside float32.
    limited: Power = np.minimum(ratio, np.float32(1e12))
    return limited


def tone_gains(ratio: Power, reach: Power, rule: Rule = "wiener") -> tuple[Power, Power]:
    """Return the gains for the long window and the noise's level over time.

    Parameters
    ----------
    ratio : np.ndarray, shape (frames, bins)
        γ, power over the expected power of the noise. Where that is unknown, 0.
    reach : np.ndarray, shape (bins,)
        1 where the recording has music, 0 where it has none and only what towers over the noise is
        kept.
    rule : {'wiener', 'log-spectral'}
        As in `gains_of`.

    Returns
    -------
    tuple
        Gains [frames, bins] in 0..1 before any floor, and the power of the noise [frames] as a
        multiple of the expected, within ±4 dB.
    """
    persistent = smooth(ratio, _PERSISTENCE, axis=0)
    level = np.ones(len(ratio), np.float32)
    for _ in range(_TRACKING_ROUNDS):
        # What counts as noise depends on the level, so that a swell is followed in rounds.
        quiet = (persistent < _CROSSED * level[:, np.newaxis]) & (ratio > 0)
        level = _noise_level(ratio, quiet)
    by_level = (np.float32(1) / level)[:, np.newaxis]
    persistent *= by_level
    crossed = (persistent > _CROSSED).astype(np.float32)
    presence = smooth(smooth(crossed, _PRESENCE_TIME, axis=0), _PRESENCE_FREQUENCY, axis=1)
    threshold = _tone_threshold(presence) * np.float32(_TOWERING) ** (1 - reach)
    return _two_steps(ratio * by_level, persistent, threshold, rule), level


def _tone_threshold(presence: Power) -> Power:
    """Return the threshold that belongs to a share of cells that crossed, linear between two."""
    (few, many), (high, low) = _PRESENCE, _TONE_THRESHOLDS
    threshold: Power = (presence - np.float32(few)) * np.float32((low - high) / (many - few))
    threshold += np.float32(high)
    return np.clip(threshold, np.float32(low), np.float32(high), out=threshold)


def attack_gains(ratio: Power, rule: Rule = "wiener") -> Power:
    """Return the gains [frames, bins] that pick attacks out of noise in a short window."""
    return _two_steps(ratio, smooth(ratio, _BREADTH, axis=1), np.float32(_ATTACK_THRESHOLD), rule)


def beside_attacks(ratio: Power, floor: float) -> Power:
    """Return the gains [frames, bins] that quieten the noise let through with an attack.

    An attack opens the long window for as long as that lasts. Where a short window within that
    time sees the power of noise only, `floor` is what it should have got.

    Parameters
    ----------
    ratio : np.ndarray, shape (frames, bins)
        Power of what is kept over the expected power of the noise.
    floor : float
        Gain for noise alone, 0..1.
    """
    near = np.maximum(smooth(ratio, _BREADTH, axis=1), np.float32(1e-9))
    loudest = _moving_maximum(near, 2 * _RATIO)
    towered = np.clip(np.log2(loudest / near) / _TOWERED - 1, 0, 1)
    music = np.maximum(1 - np.float32(_ATTACK_THRESHOLD) / near, 0)
    # What has already been turned down to the floor is to stay there.
    gain = np.maximum(music, np.minimum(np.float32(floor) / np.sqrt(near), 1))
    return np.asarray(1 - towered * (1 - gain), np.float32)


def _moving_maximum(values: Power, reach: int) -> Power:
    """Return the maximum over `reach` frames either way, a power of two, by doubling its span."""
    padded = np.pad(values, ((reach, reach), (0, 0)), mode="edge")
    span = 1
    while span <= reach:
        padded = np.maximum(padded[:-span], padded[span:])
        span *= 2
    return np.maximum(padded[:-1], padded[1:])


def _two_steps(
    ratio: Power, neighborhood: Power, threshold: Power | np.float32, rule: Rule
) -> Power:
    """Return gains whose a-priori ratio comes from a first, thresholded estimate."""
    gain = np.maximum(1 - threshold / np.maximum(neighborhood, threshold), 0)
    return gains_of(smooth(gain * gain * ratio, _NEXT, axis=0), ratio, rule)


def _noise_level(ratio: Power, quiet: npt.NDArray[np.bool_]) -> Power:
    """Return the mean of γ over the cells without music, smoothed over nine frames."""
    count = quiet.sum(axis=1).astype(np.float32)
    total = np.einsum("tf,tf->t", ratio, quiet.astype(np.float32)) / np.float32(_CENSORED_MEAN)
    prior = np.float32(_TRACKING_PRIOR * ratio.shape[1])
    level = (smooth(total, _TRACKING, 0) + prior) / (smooth(count, _TRACKING, 0) + prior)
    return np.clip(level, 1 / _TRACKING_RANGE, _TRACKING_RANGE).astype(np.float32)


def gain_floor(floor: NoiseFloor) -> float:
    """Return the gain for noise alone that suits a recording, 0.063 (-24 dB) to 1 (none taken).

    The less noise there is, the more a wrong guess costs and the less there is to win: between 16
    and 24 dB below the music the reduction falls from 24 to 6 dB, and from 40 to 60 dB to nothing.
    If moreover the quiet moments differ so much that the "noise" may well be music, what is taken
    away stays 50 dB below the music.
    """
    if not np.isfinite(floor.snr_db):
        return 1.0
    snr = floor.snr_db
    reduction = np.interp(snr, [16, 24, 40, 60], [24.0, 6.0, 6.0, 0.0])
    taken = 1 - 10 ** (-reduction / 20)
    harmless = min(10 ** ((snr - 50) / 20), 1.0)
    doubt = np.interp(floor.unrest_db, [0.8, 1.5], [0.0, 1.0]) * np.interp(
        snr, [18, 24], [0.0, 1.0]
    )
    return float(1 - taken * (1 - doubt) - min(taken, harmless) * doubt)
