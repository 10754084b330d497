"""Play the tune with one right hand, and what it has room for under it and between phrases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from toolkit.style.arrangement import Tone
from toolkit.style.band.comp_idioms import IDIOMS
from toolkit.style.band.comp_rhythms import strokes
from toolkit.style.band.hands import MAX_SPAN, within_reach
from toolkit.style.band.harmonizing import chord_under, under
from toolkit.style.band.players.comp import is_rich, voicing_at
from toolkit.style.band.players.lead import melody_tone
from toolkit.style.band.playing import Scene
from toolkit.style.band.tune import Tune
from toolkit.style.band.voice_leading import Taste, Voicing, choose, slots, without_clashes
from toolkit.style.band.voicings import candidates
from toolkit.style.lead_sheet import LineNote
from toolkit.style.scales import avoid_notes

_EPSILON = 1e-6
_LOW = 55


@dataclass(frozen=True)
class Manner:
    """Hold how a right hand thickens the tune.

    Parameters
    ----------
    calm, lively : str
        Kinds of `toolkit.style.band.harmonizing.KINDS` for accented notes, at low and at high
        energy.
    share : float
        Of accented notes that are thickened at energy 1.
    answers : str
        Idiom of `toolkit.style.band.comp_idioms` in which rests are answered, empty for none.
    inner : bool
        Whether long notes get off-beats under them, as in ragtime.
    """

    calm: str
    lively: str
    share: float
    answers: str = ""
    inner: bool = False


MANNERS = {
    "jazz": Manner("shell", "drop2", 0.8, answers="swing"),
    "ballad": Manner("shell", "drop2", 0.9, answers="ballad"),
    "locked": Manner("drop2", "block", 1.0, answers="swing"),
    "plain": Manner("none", "sixths", 0.5),
    "waltz": Manner("sixths", "octaves", 0.5),
    "rag": Manner("sixths", "octaves", 0.9, inner=True),
    "blues": Manner("thirds", "shell", 0.7, answers="shuffle"),
    "bossa": Manner("shell", "drop2", 0.6, answers="bossa"),
    "gospel": Manner("sixths", "block", 1.0, answers="gospel", inner=True),
}
"""By name."""


def right_hand(scene: Scene, notes: Sequence[LineNote], manner: Manner) -> list[Tone]:
    """Return what the right hand plays.

    Parameters
    ----------
    scene : Scene
        Its dice are used.
    notes : sequence of LineNote
        The tune, in the hand's range.
    manner : Manner
        How it is thickened.
    """
    found: list[Tone] = []
    for note in notes:
        found += _thickened(scene, note, manner)
    if manner.answers:
        found += _answers(scene, notes, manner.answers)
    return found


def _thickened(scene: Scene, note: LineNote, manner: Manner) -> list[Tone]:
    tone = melody_tone(note)
    chord, end = chord_under(scene.sheet, note)
    level = scene.energy(note.onset)
    accented = note.duration >= 0.5 and (note.onset % 1 < _EPSILON or note.duration >= 1)
    kind = manner.lively if level > 0.55 else manner.calm
    if not accented or scene.rng.random() > manner.share * (0.5 + level / 2):
        kind = "none"
    key, rich = scene.sheet.key_at(note.onset), is_rich(scene)
    pitches = under(note.pitch, chord, key, kind, low=_LOW, rich=rich)
    below = [Tone(tone.onset, end - tone.onset, pitch, tone.velocity * 0.8) for pitch in pitches]
    if manner.inner and note.duration >= 1 and chord is not None:
        below += _inner(scene, note, end)
    return [*below, tone]


def _inner(scene: Scene, note: LineNote, end: float) -> list[Tone]:
    """Return a pair of tones on the off-beats under a long note."""
    span = scene.sheet.chord_at(note.onset)
    first = note.onset + 0.5
    if span is None or note.onset % 1 > _EPSILON:
        return []
    wanted = set(span.chord.pitch_classes) - avoid_notes(span.chord) - {note.pitch % 12}
    below = [
        pitch
        for pitch in range(note.pitch - 3, note.pitch - 11, -1)
        if pitch % 12 in wanted and pitch >= _LOW
    ][:2]
    found: list[Tone] = []
    while first + 0.25 < end - _EPSILON:
        if scene.rng.random() < 0.35 + 0.5 * scene.energy(first):
            found += [Tone(first, 0.45, pitch, note.velocity * 0.6) for pitch in below]
        first += 1.0
    return found


def _answers(scene: Scene, notes: Sequence[LineNote], idiom: str) -> list[Tone]:
    """Return chords where the tune rests, or lies still."""
    tune = Tune(tuple(notes))
    places = slots(scene.sheet, tune, 2.0)
    rich = is_rich(scene)
    forms = ("rootless", "shell", "quartal") if rich else ("close",)
    ways = [
        candidates(
            place.chord, place.key, forms,
            low=_LOW, high=76, rich=rich, held=place.long_held, span=MAX_SPAN,
        )
        for place in places
    ]  # fmt: skip
    chosen = choose(places, ways, Taste(center=65, below_melody=6.0), scene.rng)
    found: list[Tone] = []
    quiet = replace(IDIOMS[idiom], room=1.2)
    for stroke in strokes(scene, tune, quiet):
        index = voicing_at(stroke.chord_beat, places, chosen)
        if index < 0 or stroke.duration < 0.2:
            continue
        duration = min(stroke.duration, max(tune.next_onset(stroke.onset) - stroke.onset, 0.2))
        if tune.beginning(stroke.onset, stroke.onset + 0.2):
            continue
        for pitch in _beside(chosen[index], tune.held(stroke.onset, stroke.onset + duration)):
            found.append(Tone(stroke.onset, duration, pitch, stroke.velocity * 0.78))
    return found


def _beside(voicing: Voicing, held: Sequence[tuple[int, float]]) -> Voicing:
    """Return the part of a voicing that a hand reaches that holds a note of the tune above it."""
    if not held:
        return voicing
    top = max(pitch for pitch, _ in held)
    below = [tone for tone in without_clashes(voicing, held) if tone < top - 1]
    reached = [tone for tone in within_reach(below, top) if tone != top]
    return tuple(reached[-3:]) if len(reached) >= 2 else ()
