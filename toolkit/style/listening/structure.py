"""Say of notes what their tempo, bars, keys and chords are."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from toolkit.dsp import onset_strength
from toolkit.run import Run
from toolkit.style import key, timeline
from toolkit.style.listening import attacks, bars, chords, ghosts, note_ends, swing
from toolkit.style.listening import beats as beat_tracking
from toolkit.values import DRUMS, Audio, Notes

Array = npt.NDArray[np.float64]

_LAST_BEATS = 8
_TOGETHER, _FEW_TOGETHER = 0.3, 0.08


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


def going_on(found: Pulse) -> Pulse:
    """Return a pulse with one more beat, so that it goes on beyond its end at its usual tempo.

    Bars last beyond the last beat that is heard; its own distance alone, a moment long or short,
    would count several times there.

    Parameters
    ----------
    found : Pulse
        Of two beats at least.
    """
    usual = float(np.median(np.diff(found.beats[-_LAST_BEATS - 1 :])))
    length = found.lengths[-1]
    return replace(
        found,
        beats=np.append(found.beats, found.beats[-1] + usual),
        places=np.append(found.places, (found.places[-1] + 1) % length),
        lengths=np.append(found.lengths, length),
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
        Whether to leave out heard notes that probably nobody played, to let the others last as long
        as they sound, and to say no chords and keys of a voice that is alone: a lead sheet
        harmonizes it. Beats, keys and chords are asked for before, which neither misleads.
    """
    found = pulse(notes, audio)
    kept = _cleaned(notes, audio, run) if clean else notes
    if len(found.beats) < 2:
        run.report(beats=0)
        return replace(kept, keys=key.keys(notes))
    going = going_on(found)
    tempo_map, meters = timeline.write(going.beats, going.places, going.lengths, going.compound)
    run.report(
        beats=len(found.beats),
        tempo=round(found.tempo, 2),
        meter="{}/{}".format(*found.meter),
        key=key.key(notes),
    )
    placed = replace(kept, tempo_map=tempo_map, meters=meters)
    if clean and _is_one_voice(kept):
        return placed
    return replace(
        placed,
        keys=key.keys(notes),
        chords=chords.chords(notes, found.beats, found.places),
    )


def _is_one_voice(notes: Notes) -> bool:
    """Return whether hardly any note begins while most of another is still to come."""
    pitched = [note for note in notes if note.program != DRUMS]
    together = [
        one.offset - two.onset > _TOGETHER * (two.offset - two.onset)
        for one, two in itertools.pairwise(pitched)
    ]
    return not together or float(np.mean(together)) < _FEW_TOGETHER


def _cleaned(notes: Notes, audio: Audio | None, run: Run) -> Notes:
    kept = ghosts.without_ghosts(notes)
    if len(kept) < len(notes):
        run.report(ghosts=len(notes) - len(kept))
    if audio is None:
        return kept
    longer = note_ends.lengthened(kept, audio)
    changed = sum(one is not two for one, two in zip(kept, longer, strict=True))
    if changed:
        run.report(lengthened=changed)
    return longer


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
