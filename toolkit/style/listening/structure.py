"""Say of notes what their tempo, bars, keys and chords are."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from toolkit.dsp import onset_strength
from toolkit.run import Run
from toolkit.style import key, timeline
from toolkit.style.listening import attacks, bars, chords, ghosts, swing
from toolkit.style.listening import beats as beat_tracking
from toolkit.values import Audio, Notes

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Pulse:
    """Hold beats and bars.

    Parameters
    ----------
    beats : np.ndarray
        In seconds, ascending.
    places, lengths : np.ndarray of int
        Each beat's place in its bar, from 0, and how many beats its bar has.
    compound : bool
        Whether a beat is three eighths; a quarter note otherwise.
    swing : float
        Ratio of the two eighths of a beat; nan where nothing tells.
    """

    beats: Array
    places: npt.NDArray[np.intp]
    lengths: npt.NDArray[np.intp]
    compound: bool = False
    swing: float = float("nan")

    @property
    def downbeats(self) -> Array:
        """Return the beats that begin a bar, in seconds."""
        return np.asarray(self.beats[self.places == 0])

    @property
    def tempo(self) -> float:
        """Return the median tempo in beats a minute, nan for fewer than two beats."""
        return 60 / float(np.median(np.diff(self.beats))) if len(self.beats) > 1 else float("nan")

    @property
    def meter(self) -> tuple[int, int]:
        """Return the most frequent time signature."""
        beats = int(np.bincount(self.lengths).argmax()) if len(self.lengths) else 4
        return (3 * beats, 8) if self.compound else (beats, 4)


def pulse(notes: Notes, audio: Audio | None = None) -> Pulse:
    """Return the beats and bars of notes; without notes, those of the audio.

    Parameters
    ----------
    notes : Notes
        What is played; may be empty.
    audio : Audio, optional
        Is listened to where there are hardly any notes.
    """
    found = attacks.attacks(notes)
    if len(found.times) < 4 and audio is not None:
        found = heard(audio)
    beats = beat_tracking.track(found)
    if not len(notes):
        # Beats of which it is not known where bars begin.
        return Pulse(beats, np.ones(len(beats), np.intp), np.full(len(beats), 4))
    places, lengths = bars.places(notes, beats, None if found.said is None else found)
    return Pulse(
        beats,
        places,
        lengths,
        bars.is_compound(notes, beats),
        swing.swing_ratio(notes, beats),
    )


def heard(audio: Audio) -> attacks.Attacks:
    """Return the attacks in audio, with accents on the scale of those of notes."""
    times, strengths = onset_strength.onsets(audio)
    return attacks.from_strengths(times, strengths)


def annotate(notes: Notes, audio: Audio | None, run: Run, *, clean: bool = False) -> Notes:
    """Return the notes with tempo map, meters, keys and chords.

    Parameters
    ----------
    notes : Notes
        Their times stay as they are.
    audio : Audio, optional
        What they were transcribed from.
    run : Run
        Is told tempo, meter, key and swing.
    clean : bool
        Whether to leave out heard notes that probably nobody played. They are asked for beats and
        chords before, which such overtones do not mislead.
    """
    found = pulse(notes, audio)
    kept = ghosts.without_ghosts(notes) if clean else notes
    if len(kept) < len(notes):
        run.report(ghosts=len(notes) - len(kept))
    if len(found.beats) < 2:
        run.report(beats=0)
        return replace(kept, keys=key.keys(notes))
    tempo_map, meters = timeline.write(found.beats, found.places, found.lengths, found.compound)
    run.report(
        beats=len(found.beats),
        tempo=round(found.tempo, 2),
        meter="{}/{}".format(*found.meter),
        key=key.key(notes),
    )
    return replace(
        kept,
        tempo_map=tempo_map,
        meters=meters,
        keys=key.keys(notes),
        chords=chords.chords(notes, found.beats, found.places),
    )


def known_beats(notes: Notes) -> tuple[Array, npt.NDArray[np.intp]]:
    """Return the beats of the notes' own tempo map, else tracked ones, and their places in bars."""
    if not notes.tempo_map:
        found = pulse(notes)
        return found.beats, found.places
    beats = timeline.beats(notes.tempo_map, notes.meters, notes.duration)
    bar_lines = timeline.bar_lines(notes.tempo_map, notes.meters, notes.duration)
    index = np.arange(len(beats))
    first = np.isin(np.round(beats, 6), np.round(bar_lines, 6))
    latest = np.maximum.accumulate(np.where(first, index, 0))
    return beats, index - latest
