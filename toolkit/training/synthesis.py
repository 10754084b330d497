"""Compute instruments, each with parameters of its own: as many as are asked for, by no one's font.

Strings struck and plucked, two sine oscillators one of which modulates the other, harmonics behind
a moving filter, and winds are enough to be unlike every sampled bank, which is what makes a network
listen to how a class of instruments behaves instead of to how some recordings sound.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.signal import lfilter

from toolkit.training.sampler import SAMPLE_RATE, Instrument, Mono, Tone
from toolkit.values import Note

_SECONDS = 4.0
_MOST_PARTIALS = 48
_TOP_HZ = 10000.0
# Octaves apart tones of one string differ; between neighbors one tone serves.
_PITCHES_A_TONE = 2

Voice = Callable[[float], Tone]
"""Gives the tone of a frequency in Hz."""


def instrument(rng: np.random.Generator, kind: str) -> Instrument:
    """Return a new instrument.

    Parameters
    ----------
    rng : np.random.Generator
        Decides what it is like.
    kind : str
        ``piano``, ``bass`` or ``other``; for drums see `toolkit.training.strokes`.
    """
    choices = _VOICES[kind]
    voice = choices[int(rng.integers(len(choices)))](rng)
    tones: dict[int, Tone] = {}

    def tone(note: Note) -> Tone:
        near = note.pitch // _PITCHES_A_TONE * _PITCHES_A_TONE
        if near not in tones:
            tones[near] = voice(440.0 * 2 ** ((near - 69) / 12))
        return tones[near]

    return tone


def struck(rng: np.random.Generator) -> Voice:
    """Return a struck string: partials stretched by stiffness, each decaying by itself.

    Partial n of a stiff string lies at n f √(1 + B n²); a hammer at a share p of its length leaves
    out what has a node there (Fletcher 1964, "Normal vibration frequencies of a stiff piano
    string").
    """
    stiffness, where = 10 ** rng.uniform(-4.3, -3.0), rng.uniform(0.09, 0.2)
    slope, decay, damping = rng.uniform(0.7, 2.0), rng.uniform(0.25, 1.6), rng.uniform(0.0, 0.35)
    beat, thump = rng.uniform(0.0, 0.8), rng.uniform(0.0, 0.3)
    release = float(rng.uniform(0.1, 0.5))
    seed = int(rng.integers(2**31))

    def voice(frequency: float) -> Tone:
        own = np.random.default_rng([seed, round(frequency * 10)])
        time = _time()
        number = _numbers(frequency)
        where_it_is = number * frequency * np.sqrt(1 + stiffness * number**2)
        size = np.abs(np.sin(np.pi * number * where)) / number**slope
        # High strings and high partials die away sooner.
        rate = decay * (frequency / 200) ** 0.6 * (1 + damping * number)
        sound = np.zeros(len(time))
        for hz, amount, fall in zip(where_it_is, size, rate, strict=True):
            phase = own.uniform(0, 2 * np.pi, 2)
            pair = np.sin(2 * np.pi * hz * time + phase[0])
            pair += 0.6 * np.sin(2 * np.pi * (hz + beat) * time + phase[1])
            # Two strings first fall fast, in step, then slowly, out of step.
            sound += amount * pair * (0.75 * np.exp(-3 * fall * time) + 0.25 * np.exp(-fall * time))
        sound += thump * own.standard_normal(len(time)) * np.exp(-90 * time)
        return _tone(sound, frequency, release)

    return voice


def plucked(rng: np.random.Generator) -> Voice:
    """Return a plucked string: noise that goes round in a delay and loses its highs.

    Karplus and Strong 1983, "Digital synthesis of plucked-string and drum timbres". The delay is a
    whole number of samples, so a tone says which pitch it has instead of being in tune.
    """
    blend, brightness = float(rng.uniform(0.5, 0.95)), float(rng.uniform(0.15, 1.0))
    half_life, release = float(rng.uniform(0.15, 1.8)), float(rng.uniform(0.05, 0.4))
    where = float(rng.uniform(0.08, 0.5))
    seed = int(rng.integers(2**31))

    def voice(frequency: float) -> Tone:
        own = np.random.default_rng([seed, round(frequency * 10)])
        period = max(round(SAMPLE_RATE / frequency), 4)
        burst = np.zeros(round(_SECONDS * SAMPLE_RATE))
        burst[:period] = lfilter([brightness], [1, brightness - 1], own.uniform(-1, 1, period))
        # Plucking at a share of the string takes away the harmonics with a node there.
        node = max(round(where * period), 1)
        burst[node:] -= 0.9 * burst[:-node]
        keep = 0.5 ** (period / SAMPLE_RATE / half_life)
        feedback = np.zeros(period + 2)
        feedback[0] = 1
        feedback[period] -= keep * blend
        feedback[period + 1] -= keep * (1 - blend)
        sounds_at = SAMPLE_RATE / (period + 1 - blend)
        return _tone(lfilter([1.0], feedback, burst), sounds_at, release)

    return voice


def modulated(rng: np.random.Generator) -> Voice:
    """Return one sine oscillator whose phase another one moves, ever less as the tone decays.

    Chowning 1973, "The synthesis of complex audio spectra by means of frequency modulation".
    """
    ratio = float(rng.choice([0.5, 1.0, 1.0, 2.0, 3.0, 4.0, 7.0])) * float(
        rng.uniform(0.997, 1.003)
    )
    depth, dull = float(rng.uniform(0.6, 5.0)), float(rng.uniform(0.5, 8.0))
    decay, attack = float(rng.uniform(0.0, 2.5)), float(rng.uniform(0.002, 0.04))
    release = float(rng.uniform(0.08, 0.8))

    def voice(frequency: float) -> Tone:
        time = _time()
        # Sidebands have to stay in the band.
        most = min(depth, max((_TOP_HZ / frequency - 1) / max(ratio, 1.0), 0.0))
        phase = 2 * np.pi * frequency * time
        index = most * (0.25 + 0.75 * np.exp(-dull * time))
        sound = np.sin(phase + index * np.sin(ratio * phase))
        sound *= np.exp(-decay * time) * np.minimum(time / attack, 1)
        return _tone(sound, frequency, release)

    return voice


def filtered(rng: np.random.Generator) -> Voice:
    """Return a saw or a pulse behind a low-pass that closes: the analog synthesizer's voice.

    Harmonics are summed one by one, each times the response of four poles at the cut-off of the
    moment.
    """
    width = float(rng.choice([0.0, 0.5, rng.uniform(0.1, 0.45)]))
    bottom, sweep = float(rng.uniform(1.0, 8.0)), float(rng.uniform(0.0, 12.0))
    closing, decay = float(rng.uniform(1.0, 12.0)), float(rng.uniform(0.0, 1.5))
    attack, release = float(rng.uniform(0.002, 0.06)), float(rng.uniform(0.06, 0.8))
    detune = float(rng.choice([0.0, rng.uniform(0.0005, 0.005)]))

    def voice(frequency: float) -> Tone:
        time = _time()
        cutoff = bottom + sweep * np.exp(-closing * time)
        sound = np.zeros(len(time))
        for number in _numbers(frequency):
            amount = 1 / number if width == 0 else np.sin(np.pi * number * width) / number
            phase = 2 * np.pi * number * frequency * time
            part = np.sin(phase) + (np.sin(phase * (1 + detune) + 1.0) if detune else 0)
            sound += amount * part / (1 + (number / cutoff) ** 4)
        sound *= np.exp(-decay * time) * np.minimum(time / attack, 1)
        return _tone(sound, frequency, release)

    return voice


def blown(rng: np.random.Generator) -> Voice:
    """Return a wind or a bowed string: slow attacks, vibrato, breath, a formant."""
    attack, release = float(rng.uniform(0.02, 0.15)), float(rng.uniform(0.05, 0.25))
    slope, odd = float(rng.uniform(0.6, 2.2)), float(rng.choice([0.1, 0.6, 1.0]))
    formant, lift = float(rng.uniform(400, 2500)), float(rng.uniform(0.0, 3.0))
    speed, depth = float(rng.uniform(4, 7)), float(rng.choice([0.0, rng.uniform(0.002, 0.012)]))
    breath = float(rng.choice([0.0, rng.uniform(0.005, 0.08)]))
    seed = int(rng.integers(2**31))

    def voice(frequency: float) -> Tone:
        own = np.random.default_rng([seed, round(frequency * 10)])
        time = _time()
        bend = depth * np.minimum(time / 0.4, 1) * np.sin(2 * np.pi * speed * time)
        phase = 2 * np.pi * frequency * np.cumsum(1 + bend) / SAMPLE_RATE
        sound = np.zeros(len(time))
        for number in _numbers(frequency * (1 + depth)):
            resonance = 1 + lift * np.exp(-(np.log2(number * frequency / formant) ** 2) * 2)
            amount = resonance / number**slope * (odd if number % 2 == 0 else 1.0)
            # Brass and reeds get bright while they get loud: upper partials come later.
            rise = np.minimum(time / (attack * (1 + 0.15 * number)), 1)
            sound += amount * rise * np.sin(number * phase + own.uniform(0, 6.3))
        size = np.sqrt(np.mean(sound**2))
        sound += breath * size * own.standard_normal(len(time)) * np.minimum(time / attack, 1)
        return _tone(sound, frequency, release)

    return voice


def _time() -> np.ndarray:
    return np.arange(round(_SECONDS * SAMPLE_RATE)) / SAMPLE_RATE


def _numbers(frequency: float) -> np.ndarray:
    count = int(np.clip(_TOP_HZ / frequency, 1, _MOST_PARTIALS))
    return np.arange(1, count + 1, dtype=float)


def _tone(sound: np.ndarray, frequency: float, release: float) -> Tone:
    samples: Mono = np.asarray(sound / max(float(np.abs(sound).max()), 1e-9), np.float32)
    return Tone(samples, pitch=69 + 12 * float(np.log2(frequency / 440)), release=release)


_VOICES: dict[str, tuple[Callable[[np.random.Generator], Voice], ...]] = {
    "piano": (struck, struck, struck, modulated),
    "bass": (plucked, plucked, struck, modulated, filtered, filtered),
    "other": (plucked, modulated, filtered, blown, blown, blown),
}
