"""Put tones under a tune: thirds, sixths, octaves, drop-2 and locked hands.

The thick line under a melody is that of M. Buckner, G. Shearing and B. Evans as M. Levine describes
it ("The Jazz Piano Book", 1989): chord tones close below each note, the second one from the top an
octave lower for drop-2, the melody doubled an octave below for locked hands.
"""

from __future__ import annotations

from toolkit.style.band.hands import within_reach
from toolkit.style.band.voicings import degrees
from toolkit.style.chord import Chord
from toolkit.style.lead_sheet import LeadSheet, LineNote
from toolkit.style.scales import avoid_notes, chord_scale

KINDS = ("none", "thirds", "sixths", "octaves", "shell", "drop2", "block")
"""What can be put under a note."""

_INTERVALS = {"thirds": (3, 4), "sixths": (8, 9)}

_EARLY = 0.5


def chord_under(sheet: LeadSheet, note: LineNote) -> tuple[Chord | None, float]:
    """Return the chord that belongs under a note, and until when it does.

    A note that comes up to half a beat before a chord and is held into it belongs to that chord.
    """
    span = sheet.chord_at(note.onset)
    ahead = sheet.chord_at(note.onset + _EARLY)
    if ahead is not None and ahead is not span and note.offset - ahead.onset >= _EARLY:
        span = ahead
    if span is None:
        return None, note.offset
    return span.chord, min(note.offset, span.offset)


def under(
    pitch: int, chord: Chord | None, key: str, kind: str, *, low: int, rich: bool = True
) -> tuple[int, ...]:
    """Return the pitches under a note of the tune, ascending, the note itself apart.

    Parameters
    ----------
    pitch : int
        The tune's note, MIDI number.
    chord : Chord, optional
        What sounds; without one only octaves are possible.
    key : str
        Of the piece there.
    kind : str
        One of `KINDS`.
    low : int
        Lowest MIDI number to use.
    rich : bool
        Whether tensions belong to the chord.

    Returns
    -------
    tuple of int
        All within a tenth of the note, so that one hand reaches them.
    """
    if kind == "octaves" or (kind == "block" and chord is None):
        found: tuple[int, ...] = (pitch - 12,)
    elif kind == "none" or chord is None:
        found = ()
    elif kind in _INTERVALS:
        found = _parallel(pitch, chord, key, _INTERVALS[kind])
    elif kind == "shell":
        found = _shell(pitch, chord, key)
    else:
        close = _close(pitch, chord, key, rich)
        found = _dropped(close) if kind == "drop2" else (*close, pitch - 12)
    reach = within_reach([each for each in found if each >= low], pitch)
    return tuple(each for each in reach if each != pitch)


def _parallel(pitch: int, chord: Chord, key: str, intervals: tuple[int, ...]) -> tuple[int, ...]:
    """Return the scale's tone at one of the intervals below, a chord tone if there is one."""
    scale, avoided = set(chord_scale(chord, key)), avoid_notes(chord)
    tones = set(chord.pitch_classes)
    fits = [pitch - each for each in intervals if (pitch - each) % 12 in scale - avoided]
    return tuple(sorted(fits, key=lambda each: each % 12 not in tones)[:1])


def _shell(pitch: int, chord: Chord, key: str) -> tuple[int, ...]:
    """Return the third and the seventh nearest below a fourth under the note."""
    named = degrees(chord, key, False)
    guides = [named[name] for name in ("3", "7") if name in named]
    tones = [pitch - 3 - (pitch - 3 - guide) % 12 for guide in guides]
    return tuple(sorted(tone for tone in tones if (pitch - tone) % 12 not in (0, 1)))


def _close(pitch: int, chord: Chord, key: str, rich: bool) -> tuple[int, ...]:
    """Return three chord tones close under the note, none of them a semitone from it."""
    named = degrees(chord, key, rich, frozenset({pitch % 12}))
    wanted = {named[name] for name in ("3", "5", "7") if name in named}
    wanted.add(named["9"] if "9" in named and "7" in named else named["1"])
    free = {each for each in wanted if (pitch - each) % 12 not in (0, 1, 11)}
    below = [each for each in range(pitch - 2, pitch - 12, -1) if each % 12 in free]
    return tuple(sorted(below[:3]))


def _dropped(close: tuple[int, ...]) -> tuple[int, ...]:
    """Return tones with the one next to the tune an octave lower."""
    return tuple(sorted((*close[:-1], close[-1] - 12))) if close else ()
