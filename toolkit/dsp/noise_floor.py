"""The stationary noise under music, found without a passage of noise alone.

Every power of a spectrum of noise is exponentially distributed. Its logarithm therefore has one
fixed shape (a Gumbel density) that only its level shifts. Music adds cells (frequency × frame) that
lie higher, by anything from nothing to tens of decibels. So the levels of all cells of a narrow
band are described by

    p · G(y - s)  +  (1 - p) · mean of G(y - u) over u in [s, top]

with the noise level s and its share p unknown; the left flank of the histogram decides. Bands are
tied together by a path search, because the noise of a groove, a tape or an amplifier has no steps.

That is an upper bound wherever music never pauses. Whether the level was really seen shows in time:
the quietest twentieth of the moments of a band must lie at s, as low quantiles do for noise (Martin
2001, "minimum statistics"). Where they lie higher, the neighbors that saw the noise count for more.

Above the frequency where the music ends there is no need for any of this: what is there is the
noise, hump by hump, and its mean logarithm is its level, which clicks hardly change.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from toolkit.dsp.cheapest_path import cheapest_path
from toolkit.dsp.music_band import music_band, tones
from toolkit.dsp.stft import Power

Array = npt.NDArray[np.float64]

# Levels in dB re full scale squared per bin: 24-bit dither lies at -144, a full-scale sine at +33.
_LOWEST, _NUM_LEVELS = -160, 200
_LEVELS = _LOWEST + 0.5 + np.arange(_NUM_LEVELS)
_SHARES = (0.03, 0.1, 0.2, 0.35, 0.55, 0.8, 0.97)
_TOP_STEP = 10

# Cells that neighbor in time or frequency repeat each other, so a band's evidence is worth fewer
# observations than it has cells, and one crooked octave must not outvote its neighbors.
_EVIDENCE = 300.0
_STEP_COST = 10.0
_STIFFNESS = 1.0

# The mean and the deviation of 10·log10 of an exponential variable of mean 1.
_LOG_MEAN, _LOG_DEVIATION = -2.507, 5.570
_MOMENT = 4
_SWELL_DB = 4.0
_RUMBLE_HZ, _THUMP_HZ = 30.0, 200.0
_SMOOTHED_BINS = 9
# With a sine window, cells one bin apart correlate by 0.25 and frames half a window apart by 0.10.
_INDEPENDENT_SHARE = 1 / (1.44 * 1.14)


@dataclass(frozen=True)
class NoiseFloor:
    """Hold the noise found under one channel.

    Parameters
    ----------
    power : np.ndarray, shape (bins,), float32
        Expected power of the noise as `toolkit.dsp.stft.Grid.power` scales it; 0 where there is
        nothing but digital silence.
    level_db : float
        RMS of the noise re full scale, -inf without any.
    snr_db : float
        Level of everything else above it; inf without noise, -inf for silence.
    unrest_db : float
        By how much the quiet moments differ from each other beyond what steady noise does. Near 0
        for real noise; 2 and more if the "floor" is music.
    band_hz : tuple[float, float]
        The lowest and the highest frequency of the music, (0, 0) if there is none.
    """

    power: Power
    level_db: float
    snr_db: float
    unrest_db: float
    band_hz: tuple[float, float] = (0.0, 0.0)


@dataclass
class FloorSketch:
    """Gather the levels of a recording of any length in a fixed amount of memory.

    Parameters
    ----------
    num_bins : int
        Frequencies of the spectra.
    bin_hz : float
        Spacing of the bins, in Hz.
    """

    num_bins: int
    bin_hz: float
    edges: npt.NDArray[np.intp] = field(init=False)
    cells: npt.NDArray[np.int64] = field(init=False)
    moments: npt.NDArray[np.int64] = field(init=False)
    swells: npt.NDArray[np.int64] = field(init=False)
    tone_counts: npt.NDArray[np.int64] = field(init=False)
    mean_power: Array = field(init=False)
    sum_levels: Array = field(init=False)
    num_levels: npt.NDArray[np.int64] = field(init=False)
    num_frames: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self.edges = band_edges(self.num_bins)
        self._band_of_bin = np.repeat(np.arange(len(self.edges) - 1), np.diff(self.edges))
        shape = (len(self.edges) - 1, _NUM_LEVELS)
        self.cells, self.moments, self.swells = (np.zeros(shape, np.int64) for _ in range(3))
        self.mean_power, self.sum_levels = np.zeros(self.num_bins), np.zeros(self.num_bins)
        self.tone_counts = np.zeros(self.num_bins, np.int64)
        self.num_levels = np.zeros(self.num_bins, np.int64)

    def add(self, power: Power) -> None:
        """Take in frames [frames, bins] that follow each other at half a window's distance."""
        self.mean_power += power.sum(axis=0, dtype=np.float64)
        self.num_frames += len(power)
        first = self.edges[0]
        self.tone_counts[first:] += tones(power[:, first:]).sum(axis=0)
        levels = 10 * np.log10(power[:, first:] + np.float32(1e-30))
        heard = levels > _LOWEST
        self.sum_levels[first:] += levels.sum(axis=0, where=heard, dtype=np.float64)
        self.num_levels[first:] += heard.sum(axis=0)
        self._count(self.cells, levels, self._band_of_bin)
        widths = np.diff(self.edges)
        bands = np.add.reduceat(levels, self.edges[:-1] - first, axis=1) / widths
        whole = len(bands) // _MOMENT * _MOMENT
        moments = bands[:whole].reshape(-1, _MOMENT, len(widths))
        self._count(self.moments, moments.mean(axis=1), np.arange(len(widths)))
        # A click is seen by two frames, so what the second lowest of four shows is longer.
        swells = np.partition(moments, 1, axis=1)[:, 1]
        self._count(self.swells, swells, np.arange(len(widths)))

    @staticmethod
    def _count(
        counts: npt.NDArray[np.int64], levels: Power | Array, rows: npt.NDArray[np.intp]
    ) -> None:
        columns = np.minimum(np.floor(levels - _LOWEST).astype(np.int32), _NUM_LEVELS - 1)
        # Digital silence is no observation: it says nothing about the noise of the recording.
        keys = (columns + rows.astype(np.int32) * _NUM_LEVELS)[columns >= 0]
        counts += np.bincount(keys, minlength=counts.size).reshape(counts.shape)

    def estimate(self) -> NoiseFloor:
        """Return the noise floor of everything added so far."""
        seen = self.cells.sum(axis=1) > 0
        if not seen.any():
            return NoiseFloor(np.zeros(self.num_bins, np.float32), -np.inf, -np.inf, 0.0)
        bands = self._trusted(_most_likely_path(self.cells[seen]), seen)
        centers = 0.5 * (self.edges[:-1] + self.edges[1:] - 1)[seen]
        power = 10 ** (np.interp(np.arange(self.num_bins), centers, bands) / 10)
        power[self.edges[0] :][~seen[self._band_of_bin]] = 0
        first, last = self._band(power)
        self._learn_above(power, last)
        mean_power = self.mean_power / self.num_frames
        # Both sums leave out DC and its leakage. Bins stand for both signs of their frequency.
        noise = power[self.edges[0] :].sum()
        music = slice(self.edges[0], last + 1)
        rest = max(mean_power[music].sum() - power[music].sum(), 1e-30)
        return NoiseFloor(
            power.astype(np.float32),
            float(10 * np.log10(noise / (self.num_bins - 1))),
            float(10 * np.log10(rest / noise)),
            self._unrest(),
            (first * self.bin_hz, last * self.bin_hz),
        )

    def _band(self, power: Array) -> tuple[int, int]:
        """Return the first and the last bin of the music, given the noise under it."""
        noise = np.add.reduceat(power[self.edges[0] :], self.edges[:-1] - self.edges[0])
        steady = 10 * np.log10(noise / np.diff(self.edges) + 1e-30) + _LOG_MEAN
        # Rumble and thumps swell at the bottom without being music; tones must be the evidence.
        seen = (self.swells.sum(axis=1) > 0) & (self.edges[:-1] * self.bin_hz > _THUMP_HZ)
        swells = seen & (_quantiles(self.swells, 0.9) > steady + _SWELL_DB)
        counts = self.tone_counts.copy()
        counts[: int(np.ceil(_RUMBLE_HZ / self.bin_hz))] = 0
        return music_band(counts, self.num_frames, swells, self.edges)

    def _learn_above(self, power: Array, last: int) -> None:
        """Replace the powers above the music by what was heard there."""
        above = np.flatnonzero(self.num_levels > 0)
        above = above[above > max(last, self.edges[0] - 1)]
        if last and len(above):
            levels = self.sum_levels[above] / self.num_levels[above] - _LOG_MEAN
            # A few bins together steady the estimate; a hump or an edge of noise is wider.
            power[above] = 10 ** (ndimage.uniform_filter1d(levels, _SMOOTHED_BINS) / 10)

    def _trusted(self, bands: Array, seen: npt.NDArray[np.bool_]) -> Array:
        """Pull the bands that never show their noise toward those that do.

        Minimizes Σ w (f - s)² + Σ k (Δf)² with the weight w from how far the quiet moments lie
        above s, and k falling with the distance of the neighbors in octaves.
        """
        deviation = self._moment_deviation()[seen]
        quiet = _quantiles(self.moments[seen], 0.05) - (_LOG_MEAN - 1.645 * deviation)
        weights = 100 * np.exp(-np.maximum(quiet - bands - 0.5, 0)) + 0.003
        centers = np.log2(0.5 * (self.edges[:-1] + self.edges[1:]))[seen]
        stiffness = _STIFFNESS / np.diff(centers)
        floor = bands
        for _ in range(2):
            system = np.diag(weights)
            inner = np.arange(len(stiffness))
            system[inner, inner] += stiffness
            system[inner + 1, inner + 1] += stiffness
            system[inner, inner + 1] -= stiffness
            system[inner + 1, inner] -= stiffness
            floor = np.asarray(np.linalg.solve(system, weights * bands), np.float64)
            # A band's own histogram is an upper bound, so above it the pull back is full.
            weights = np.where(floor > bands, np.maximum(weights, 100), weights)
        return np.minimum(floor, bands + 1)

    def _moment_deviation(self) -> Array:
        cells = np.diff(self.edges) * (_MOMENT * _INDEPENDENT_SHARE)
        return np.asarray(_LOG_DEVIATION / np.sqrt(cells))

    def _unrest(self) -> float:
        centers = 0.5 * (self.edges[:-1] + self.edges[1:]) * self.bin_hz
        top = self.num_bins * self.bin_hz
        audible = (centers > min(1000, top / 4)) & (centers < 16000)
        audible &= self.moments.sum(axis=1) > 0
        if not audible.any():
            return 0.0
        counts = self.moments[audible]
        spread = _quantiles(counts, 0.2) - _quantiles(counts, 0.02)
        return float(np.median(spread - (2.054 - 0.842) * self._moment_deviation()[audible]))


def band_edges(num_bins: int) -> npt.NDArray[np.intp]:
    """Return the edges, in bins, of bands of an eighth of an octave and at least eight bins."""
    edges = [1]
    while edges[-1] < num_bins:
        edges.append(max(edges[-1] + 8, int(edges[-1] * 2**0.125)))
    edges[-1] = num_bins
    if len(edges) > 2 and edges[-1] - edges[-2] < 4:
        del edges[-2]
    return np.array(edges)


def _quantiles(counts: npt.NDArray[np.int64], share: float) -> Array:
    """Return a quantile of each row of a histogram of levels, interpolated within its step."""
    cumulative = np.cumsum(counts, axis=1) / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    step = (cumulative < share).sum(axis=1).clip(max=_NUM_LEVELS - 1)
    rows = np.arange(len(counts))
    above = cumulative[rows, step]
    below = np.where(step > 0, cumulative[rows, step - 1], 0)
    inside = (share - below) / np.maximum(above - below, 1e-12)
    return np.asarray(_LOWEST + step + inside.clip(0, 1))


def _most_likely_path(cells: npt.NDArray[np.int64]) -> Array:
    """Return the noise level of each band: a path of high likelihood and few steps (Viterbi)."""
    score = _log_likelihoods(cells) * _EVIDENCE
    cost = _STEP_COST * np.abs(_LEVELS[:, None] - _LEVELS)
    path = cheapest_path(-score, lambda band: cost)
    return np.asarray(_LEVELS[path])


def _log_likelihoods(cells: npt.NDArray[np.int64]) -> Array:
    """Return the mean log-likelihood [band, noise level], each at its best share of noise."""
    shares = cells / np.maximum(cells.sum(axis=1, keepdims=True), 1)
    tops = (np.cumsum(shares, axis=1) < 0.9999).sum(axis=1)
    tops = np.minimum(-(-tops // _TOP_STEP) * _TOP_STEP, _NUM_LEVELS - 1)
    scores = np.empty(cells.shape)
    for top in np.unique(tops):
        rows = tops == top
        each = shares[rows] @ _log_densities(int(top))
        scores[rows] = each.reshape(rows.sum(), len(_SHARES), _NUM_LEVELS).max(axis=1)
    return scores


@lru_cache(maxsize=32)
def _log_densities(top: int) -> Array:
    """Return log densities of the mixture: [observed level, (share of noise, noise level)]."""
    noise = _gumbel()
    reaching = np.cumsum(noise[::-1], axis=0)[::-1]
    music = np.maximum(reaching - reaching[top], 0)
    music[top:] = noise[top:]
    music /= np.maximum(music.sum(axis=1, keepdims=True), 1e-300)
    mixtures = [share * noise + (1 - share) * music for share in _SHARES]
    # The addend forgives the few cells that fit neither, and keeps the logarithm finite.
    return np.ascontiguousarray(np.log(np.concatenate(mixtures) + 1e-7).T)


@lru_cache(maxsize=1)
def _gumbel() -> Array:
    """Return the density of the level of exponential noise: [noise level, observed level].

    y = 10·log10(x) of x = Exp(1) has the density ∝ e^v·exp(-e^v) with v = y·ln(10)/10.
    """
    ratio = (_LEVELS - _LEVELS[:, None]) * np.log(10) / 10
    density = np.exp(ratio - np.exp(np.minimum(ratio, 50)))
    return np.asarray(density / density.sum(axis=1, keepdims=True))
