"""Gather all that the analysis knows of a piece: pulse, key, chords, tuning, swing."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from toolkit.dsp import chroma, tuning
from toolkit.style import key
from toolkit.style.listening import chords, structure
from toolkit.style.listening.structure import Pulse
from toolkit.values import Audio, Notes

Symbols = tuple[tuple[float, str], ...]


@dataclass(frozen=True, eq=False)
class Overview:
    """Hold what is known of a piece.

    Parameters
    ----------
    duration : float
        In seconds.
    pulse : Pulse
        Beats, bars and swing; without downbeats where only audio was heard.
    key : str
        The one key that fits the whole best, empty if none.
    keys, chords : tuple of (time in seconds, name)
        Each holds until the next.
    tuning_cents : float
        Deviation from A = 440 Hz, nan for notes.
    functions : tuple of (time in seconds, 'T', 'S' or 'D')
        What the chords do, one for each chord but ``N``; none where only audio was heard.
    """

    duration: float
    pulse: Pulse
    key: str
    keys: Symbols
    chords: Symbols
    tuning_cents: float = math.nan
    functions: Symbols = ()

    def plain(self) -> dict[str, Any]:
        """Return it as numbers and words; what is not known is None."""
        numerator, denominator = self.pulse.meter
        return {
            "duration": round(self.duration, 3),
            "tempo": _known(self.pulse.tempo, 2),
            "meter": f"{numerator}/{denominator}" if len(self.pulse.downbeats) else None,
            "key": self.key or None,
            "tuning_cents": _known(self.tuning_cents, 1),
            "swing_ratio": _known(self.pulse.swing, 2),
            "beats": [round(float(each), 4) for each in self.pulse.beats],
            "downbeats": [round(float(each), 4) for each in self.pulse.downbeats],
            "keys": [[round(time, 4), name] for time, name in self.keys],
            "chords": [[round(time, 4), name] for time, name in self.chords],
            "functions": [[round(time, 4), name] for time, name in self.functions],
        }

    def lab(self) -> str:
        """Return the chords as lines of begin, end and symbol, the field's ``.lab`` text."""
        starts = [time for time, _ in self.chords]
        ends = [*starts[1:], self.duration] if starts else []
        return "".join(
            f"{start:.3f}\t{end:.3f}\t{symbol}\n"
            for (start, symbol), end in zip(self.chords, ends, strict=True)
        )

    def csv(self) -> str:
        """Return the beats as lines of time and place in the bar, 1 being the downbeat."""
        lines = (
            f"{beat:.4f},{place + 1}\n"
            for beat, place in zip(self.pulse.beats, self.pulse.places, strict=True)
        )
        return "time,beat\n" + "".join(lines)


def of_notes(notes: Notes) -> Overview:
    """Return what notes say, from the notes alone: a tempo map they carry is not looked at."""
    pulse = structure.pulse(notes)
    heard = chords.heard(notes, pulse.beats, pulse.places)
    return Overview(
        notes.duration,
        pulse,
        key.key(notes),
        key.keys(notes),
        tuple((each.time, each.symbol) for each in heard),
        functions=tuple((each.time, each.function) for each in heard if each.function),
    )


def of_audio(audio: Audio) -> Overview:
    """Return what is heard without transcribing: no downbeats and no swing are found that way."""
    pulse = structure.pulse(Notes(), audio)
    cents = tuning.tuning_cents(audio)
    edges = chords.beat_edges(pulse.beats, audio.duration)
    if len(edges) < 2 or math.isnan(cents):
        return Overview(audio.duration, pulse, "", (), (), cents)
    tones, bass = chroma.fold(chroma.salience(audio, edges, cents))
    whole = key.KEYS[int(key.likelihoods(tones.sum(axis=0)).argmax())] if tones.any() else ""
    return Overview(
        audio.duration,
        pulse,
        whole,
        ((0.0, whole),) if whole else (),
        chords.recognize(tones, bass, edges),
        cents,
    )


def _known(value: float, digits: int) -> float | None:
    return round(value, digits) if np.isfinite(value) else None
