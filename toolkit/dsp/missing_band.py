"""Make up the treble above a cut-off, given how loud it is to be.

What is heard of the recording is turned into levels of bands, the form in which a network reads
them; the network answers with the levels above the cut-off and with their flatness. Sound of those
levels is then made in three ways, band by band and frame by frame:

- where the recording still has something, no more than some decibels too soft, as on the slope of a
  gentle filter, that is turned up;
- else the top octave below the cut-off is rectified, which makes harmonics and sums of its partials
  that lie where the instruments' own do (J. Makhoul and M. Berouti, "High-frequency regeneration in
  speech coding systems", 1979);
- and where the band is to be flatter than those harmonics are, noise takes their place in part.

The result is what has to be added. It has nothing below the cut-off but what the windows' side
lobes leak there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy import fft, signal

from toolkit.dsp import band_levels
from toolkit.dsp.stft import OVERLAP, Grid, Power, Spectra
from toolkit.values import Samples

Array = npt.NDArray[np.float32]
Guess = Callable[[Array, Array], tuple[Array, Array]]
"""Maps levels [frames, bands] and known [bands] to levels and flatness [frames, bands].

Flatness is log10 of the geometric over the arithmetic mean of a band's powers: -0.25 for noise,
less for tones.
"""

# At 44.1 kHz; other rates have frames of about the same duration.
RATE = 44100
N_FFT, HOP_LENGTH = 1024, 512
FLOOR_DB, CENTER_DB, UNIT_DB = -90.0, -40.0, 20.0

# The network reads every other frame: 12 ms are short enough for attacks.
HOPS_PER_READING = HOP_LENGTH * OVERLAP // N_FFT
_OWN_DB, _FADE_DB = 24.0, 12.0
_WHITE_FLATNESS = -0.25
_SHARPEST = 2.0
# Treble is hardly ever louder than the loudest band of the octave below it.
_LOUDEST = 4.0
_RAMP = 1.04
_NOISE_FRAMES = 512
_TINY = 1e-20
# Of a whitened band, whose power is near 1.
_FAINTEST = 1e-3


def grid(sample_rate: int) -> Grid:
    """Return frames of about 23 ms, 6 ms apart, of a length that transforms fast."""
    return Grid(
        int(fft.next_fast_len(max(round(HOP_LENGTH / HOPS_PER_READING * sample_rate / RATE), 1)))
    )


def noise_table(rng: np.random.Generator, grid: Grid) -> Spectra:
    """Return the spectra of white noise of unit variance that repeats every 3 s, [frames, bins]."""
    noise = rng.standard_normal(_NOISE_FRAMES * grid.hop_length).astype(np.float32)
    around = np.pad(noise, (grid.n_fft // 2, grid.n_fft // 2), mode="wrap")
    views = np.lib.stride_tricks.sliding_window_view(around, grid.n_fft)[:: grid.hop_length]
    table: Spectra = fft.rfft(views[:_NOISE_FRAMES] * grid.window, axis=-1)
    return table


@dataclass(frozen=True, eq=False)
class Extender:
    """Make up one recording's treble.

    Parameters
    ----------
    sample_rate : int
        In Hz.
    cutoff_hz : float
        Nothing is added below.
    power : float
        Mean power of the recording below the cut-off, from `mean_power`: its levels are relative.
    noise : np.ndarray, shape (frames, bins), complex64
        From `noise_table`, the same for all channels so that the middle stays in the middle.
    """

    sample_rate: int
    cutoff_hz: float
    power: float
    noise: Spectra

    @cached_property
    def grid(self) -> Grid:
        """Return where the frames lie."""
        return grid(self.sample_rate)

    @cached_property
    def known(self) -> Array:
        """Return 1 for bands below the cut-off and 0 for those above, shape (bands,)."""
        return known_bands(self.cutoff_hz)

    @cached_property
    def _first(self) -> int:
        """Return the first bin above the cut-off."""
        return int(np.ceil(self.cutoff_hz * self.grid.n_fft / self.sample_rate))

    @cached_property
    def _averages(self) -> Array:
        return band_levels.averages(self.grid.num_bins, self.sample_rate).T.copy()

    @cached_property
    def _above(self) -> Array:
        """Return the averages of the bins above the cut-off alone, shape (bins above, bands)."""
        above = self._averages[self._first :]
        return np.asarray(above / np.maximum(above.sum(axis=0), np.float32(1e-9)))

    @cached_property
    def _along(self) -> Array:
        """Return what draws values of bands over the bins above the cut-off, (bands, bins above).

        Bands that lie above by less than half have too few bins there to be measured.
        """
        middles = band_levels.centers()
        first = int(np.searchsorted(middles, self.cutoff_hz))
        last = int(np.searchsorted(middles, self.sample_rate / 2))
        bands = range(first, max(first, last))
        along = band_levels.along_bins(self.grid.num_bins, self.sample_rate, bands)
        return along[:, self._first :]

    @cached_property
    def _ramp(self) -> Array:
        """Return the gain with which what is made sets in, shape (bins above,)."""
        frequency = np.arange(self._first, self.grid.num_bins) * (
            self.sample_rate / self.grid.n_fft
        )
        rise = np.log(np.maximum(frequency, 1) / self.cutoff_hz) / np.log(_RAMP)
        ramp = np.sin(np.pi / 2 * np.clip(rise, 0, 1)) ** 2 * (frequency <= band_levels.TOP_HZ)
        return np.asarray(ramp, np.float32)

    @cached_property
    def _sections(self) -> npt.NDArray[np.float64]:
        nyquist = self.sample_rate / 2
        sections = signal.butter(6, self.cutoff_hz / 2 / nyquist, "highpass", output="sos")
        return np.asarray(sections)

    def added(self, samples: Samples, start: int, guess: Guess) -> Samples:
        """Return what to add to one channel of a block.

        Parameters
        ----------
        samples : np.ndarray, shape (n,), n > 0
        start : int
            Index of the block's first sample in the whole recording.
        guess : callable
            The network.

        Returns
        -------
        np.ndarray, shape (n,), float32
            Exact but for the frames near the block's ends that the network has to know.
        """
        spectra = self.grid.analyze(samples[None], start)[0]
        bands = self.grid.power(spectra) @ self._averages
        odd = self.grid.frame_range(start, len(samples))[0] % HOPS_PER_READING
        level, flatness = guess(self.levels(bands[odd::HOPS_PER_READING]), self.known)
        level, flatness = (_every_frame(each, odd, len(bands)) for each in (level, flatness))
        wanted = self._allowed(np.float32(self.power) * _power(level), bands)
        flatness = np.minimum(flatness, np.float32(-0.01))
        gain, missing = _shares(wanted, bands)
        source = self._source(samples, start)
        above = self._shaped(source, start, len(samples), missing, flatness)
        above += spectra[:, self._first :] * (gain @ self._along)
        above *= self._ramp
        whole = np.zeros_like(spectra)
        whole[:, self._first :] = above
        made: Samples = self.grid.synthesize(whole[None], start, len(samples))[0]
        return made

    def levels(self, bands: Array) -> Array:
        """Return mean powers of bands [frames, bands] as the network reads them."""
        relative = np.maximum(bands / np.float32(max(self.power, _TINY)), np.float32(1e-14))
        decibels = np.maximum(10 * np.log10(relative), np.float32(FLOOR_DB))
        return np.asarray((decibels - CENTER_DB) / UNIT_DB * self.known, np.float32)

    def _allowed(self, wanted: Array, bands: Array) -> Array:
        """Return the wanted powers where they may be: above the cut-off, and not out of silence."""
        last = int(self.known.sum())
        octave = bands[:, max(last - 12, 0) : last]
        most = _LOUDEST * octave.max(axis=1, keepdims=True, initial=0)
        return np.asarray(np.minimum(wanted, most) * (1 - self.known))

    def _source(self, samples: Samples, start: int) -> Spectra:
        """Return the spectra of the rectified octave below the cut-off."""
        octave = signal.sosfilt(self._sections, samples)
        spectra: Spectra = self.grid.analyze(np.abs(octave).astype(np.float32)[None], start)[0]
        return spectra

    def _shaped(
        self, source: Spectra, start: int, num_samples: int, missing: Array, flatness: Array
    ) -> Spectra:
        """Return harmonics and noise of the missing powers and of the wanted flatness."""
        harmonics = source[:, self._first :]
        power = self.grid.power(harmonics) + np.float32(_TINY)
        mean = power @ self._above
        own = np.minimum(np.log10(power) @ self._above - np.log10(np.maximum(mean, _TINY)), -0.02)
        share = np.clip((flatness - own) / np.maximum(_WHITE_FLATNESS - own, 1e-3), 0, 1)
        share = np.where(mean > 1e3 * _TINY, share, 1).astype(np.float32)
        frames = self.grid.frame_range(start, num_samples)
        noise = self.noise[np.asarray(frames) % len(self.noise), self._first :]
        # Powers, not gains, are drawn between bands: beside a dead band a line of gains would lift
        # the live one.
        white = np.sqrt((1 - share) @ self._along / np.maximum(mean @ self._along, _TINY))
        mixed = harmonics * white + noise * (np.sqrt(share) @ self._along)
        sharper = np.sqrt(np.clip(flatness / own, 1, _SHARPEST**2)).astype(np.float32) - 1
        power = self.grid.power(mixed) + np.float32(_TINY)
        # |X| to the power of 1 + b, drawn as |X|² to the power of b/2.
        mixed *= np.exp(np.log(power) * (0.5 * sharper @ self._along))
        level = self.grid.power(mixed) @ self._above
        gain = np.sqrt(missing / np.maximum(level, np.float32(_FAINTEST)))
        shaped: Spectra = mixed * (gain @ self._along)
        return shaped


def known_bands(cutoff_hz: float) -> Array:
    """Return 1 for bands that end at the cut-off or below it, else 0, shape (bands,)."""
    return np.asarray(band_levels.edges()[1:] <= cutoff_hz, np.float32)


def mean_power(powers: npt.NDArray[np.float64], cutoff_hz: float) -> float:
    """Return the power below the cut-off, spread over all bands' 20 kHz.

    Parameters
    ----------
    powers : np.ndarray, shape (bands,)
        Mean powers of the bands over the recording.
    cutoff_hz : float
        Above it nothing counts.
    """
    widths = band_levels.widths() * known_bands(cutoff_hz)
    return float(powers @ widths / band_levels.TOP_HZ)


def _power(level: Array) -> Array:
    """Return relative powers of the network's levels; what it holds for silence is none at all."""
    decibels = level * UNIT_DB + CENTER_DB
    audible = decibels > FLOOR_DB + 3
    return np.asarray(np.where(audible, 10 ** (decibels / 10), 0), np.float32)


def _every_frame(values: Array, first: int, num_frames: int) -> Array:
    """Return values of every other frame, beginning with `first`, for all of them."""
    at = np.arange(num_frames) - first
    last = len(values) - 1
    before = np.clip(at // HOPS_PER_READING, 0, last)
    after = np.clip(-(-at // HOPS_PER_READING), 0, last)
    return np.asarray((values[before] + values[after]) / 2, np.float32)


def _shares(wanted: Power, there: Power) -> tuple[Array, Array]:
    """Return the gain, less one, of what is there, and the power to be made anew."""
    ratio = wanted / np.maximum(there, np.float32(_TINY))
    short_db = 10 * np.log10(np.maximum(ratio, np.float32(1)))
    own = np.clip((_OWN_DB - short_db) / _FADE_DB, 0, 1).astype(np.float32)
    gain = own * (np.sqrt(np.maximum(ratio, 1)) - 1)
    return gain, (1 - own) * np.maximum(wanted - there, 0)
