"""Choose the chords of introductions and of the last bar, in the colors of a style's palette.

Progressions are written as steps above the tonic, one a bar, in the usual forms of each idiom: I vi
ii V in jazz (with dominants in place of vi, and half-diminished chords in minor keys), I IV in
gospel and blues, I V in plain styles.
"""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.style.chord import Chord
from toolkit.style.key import tonic_and_mode
from toolkit.style.lead_sheet import Bar, ChordSpan, LeadSheet
from toolkit.style.style import Style

_Step = tuple[int, str, tuple[str, ...]]

_TURNAROUND: dict[tuple[str, bool], tuple[_Step, ...]] = {
    ("jazz", True): ((0, "maj7", ("9",)), (9, "7", ("b9",)), (2, "m7", ("9",)), (7, "7", ("13",))),
    ("jazz", False): ((0, "m6", ("9",)), (9, "m7b5", ()), (2, "m7b5", ()), (7, "7", ("b9",))),
    ("bossa", True): ((0, "6", ("9",)), (0, "maj7", ("9",)), (2, "m7", ("9",)), (7, "7", ("13",))),
    ("bossa", False): ((0, "m7", ("9",)), (0, "m6", ()), (2, "m7b5", ()), (7, "7", ("b9", "b13"))),
    ("blues", True): ((0, "7", ()), (9, "7", ()), (2, "7", ()), (7, "7", ("13",))),
    ("blues", False): ((0, "m7", ()), (5, "m7", ()), (8, "7", ()), (7, "7", ("#9",))),
    ("gospel", True): ((0, "", ()), (6, "dim7", ()), (7, "7sus4", ()), (7, "7", ("13",))),
    ("gospel", False): ((0, "m7", ()), (5, "m7", ("9",)), (2, "m7b5", ()), (7, "7", ("b9",))),
    ("plain", True): ((0, "", ()), (9, "m", ()), (5, "", ()), (7, "", ())),
    ("plain", False): ((0, "m", ()), (8, "", ()), (5, "m", ()), (7, "", ())),
}
_VAMP: dict[tuple[str, bool], tuple[_Step, ...]] = {
    ("jazz", True): ((0, "maj7", ("9",)), (10, "7", ("9", "13"))),
    ("jazz", False): ((0, "m7", ("9",)), (5, "7", ("13",))),
    ("bossa", True): ((0, "maj7", ("9",)), (2, "m7", ("9",))),
    ("bossa", False): ((0, "m7", ("9",)), (2, "m7b5", ())),
    ("blues", True): ((0, "7", ()), (5, "7", ("9",))),
    ("blues", False): ((0, "m7", ()), (5, "m7", ())),
    ("gospel", True): ((0, "", ()), (5, "6", ("9",))),
    ("gospel", False): ((0, "m7", ()), (5, "m7", ("9",))),
    ("plain", True): ((0, "", ()), (5, "", ())),
    ("plain", False): ((0, "m", ()), (8, "", ())),
}
_PEDAL: dict[bool, tuple[_Step, ...]] = {
    True: ((0, "", ()), (7, "7sus4", ()), (5, "", ()), (7, "7", ())),
    False: ((0, "m", ()), (7, "7sus4", ()), (5, "m", ()), (7, "7", ())),
}
_LAST = {
    ("jazz", True): ("6", ("9",)), ("jazz", False): ("m6", ("9",)),
    ("bossa", True): ("6", ("9",)), ("bossa", False): ("m6", ("9",)),
    ("blues", True): ("7", ("9",)), ("blues", False): ("m7", ()),
}  # fmt: skip


def intro_chords(sheet: LeadSheet, style: Style, bars: Sequence[Bar]) -> tuple[ChordSpan, ...]:
    """Return the chords of an introduction, ending on the dominant or the vamp's second chord.

    Parameters
    ----------
    sheet : LeadSheet
        In whose first key it is.
    style : Style
        Whose `form.intro` is ``turnaround``, ``vamp`` or ``pedal``.
    bars : sequence of Bar
        One chord each; two where there are fewer bars than chords and a bar has two beats.
    """
    root, mode = tonic_and_mode(sheet.keys[0][1])
    major = mode == "major"
    palette = "plain" if style.harmony.palette == "baroque" else style.harmony.palette
    if style.form.intro == "pedal":
        steps, bass = _PEDAL[major], (root + 7) % 12
    elif style.form.intro == "vamp":
        pair = _VAMP[palette, major]
        steps, bass = (*pair, *pair), None
    else:
        steps, bass = _TURNAROUND[palette, major], None
    chords = [Chord((root + step) % 12, quality, tensions, bass)
              for step, quality, tensions in steps]  # fmt: skip
    if style.harmony.color == 0.0 and palette == "plain":
        chords = [_plain(chord) for chord in chords]
    return _laid_out(chords, bars)


def lead_in(sheet: LeadSheet, style: Style, bar: Bar) -> tuple[ChordSpan, ...]:
    """Return chords of one bar that lead into the piece: the end of the style's turnaround."""
    root, mode = tonic_and_mode(sheet.keys[0][1])
    palette = "plain" if style.harmony.palette == "baroque" else style.harmony.palette
    steps = _TURNAROUND[palette, mode == "major"][-2:]
    chords = [Chord((root + step) % 12, quality, tensions) for step, quality, tensions in steps]
    if style.harmony.color == 0.0 and palette == "plain":
        chords = [_plain(chord) for chord in chords]
    return _laid_out(chords, (bar,))


def last_chord(own: Chord, key: str, style: Style) -> Chord:
    """Return the chord that is held at the end: the piece's own, a tonic in style."""
    root, mode = tonic_and_mode(key)
    major = mode == "major"
    color = _LAST.get((style.harmony.palette, major))
    minor = own.quality.startswith("m") and not own.quality.startswith("maj")
    if color is None or own.root != root or minor == major:
        return own
    return Chord(root, *color)


def _plain(chord: Chord) -> Chord:
    """Return the triad of a chord, or the seventh chord where a triad would lose its function."""
    keep = chord.quality in {"7", "dim7", "m7b5", "7sus4"}
    quality = chord.quality if keep else {"maj7": "", "6": "", "m7": "m", "m6": "m"}.get(
        chord.quality, chord.quality
    )  # fmt: skip
    return Chord(chord.root, quality, (), chord.bass)


def _laid_out(chords: list[Chord], bars: Sequence[Bar]) -> tuple[ChordSpan, ...]:
    """Return the chords one a bar, or in pairs where bars are too few; the last ones stay."""
    spans: list[ChordSpan] = []
    room = [2 if len(bars) * 2 <= len(chords) and bar.beats > 1 else 1 for bar in bars]
    chosen = chords[-sum(room) :]
    while len(chosen) < sum(room):  # a long pickup needs more bars: the first chord waits
        chosen = [chosen[0], *chosen]
    for bar, count in zip(bars, room, strict=True):
        half = float((bar.beats + 1) // 2) if count == 2 else float(bar.beats)
        spans.append(ChordSpan(bar.onset, half, chosen.pop(0)))
        if count == 2:
            spans.append(ChordSpan(bar.onset + half, bar.beats - half, chosen.pop(0)))
    return tuple(spans)
