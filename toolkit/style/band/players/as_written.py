"""Play a voice of the source as it is, moved only where the chord has changed under it."""

from __future__ import annotations

from toolkit.style.arrangement import Tone
from toolkit.style.band.playing import Played, Scene
from toolkit.style.chord import Chord
from toolkit.style.lead_sheet import LineNote

_HELD = 0.9  # beats; what is shorter passes by


def play(scene: Scene) -> Played:
    """Return the sheet's ``inner`` or ``bass`` voice, by the seat's option ``voice``.

    A note that is held against a chord without its pitch class moves to the nearest tone of it,
    unless the option ``fitted`` says that the chords are the piece's own.
    """
    fitted = bool(scene.seat.options.get("fitted", True))
    voice: tuple[LineNote, ...] = getattr(scene.sheet, str(scene.seat.options["voice"]))
    tones = []
    for note in voice:
        span = scene.sheet.chord_at(note.onset)
        pitch = note.pitch
        if fitted and span is not None and note.duration >= _HELD:
            pitch = _nearest(pitch, span.chord)
        if note.onset >= 0:
            tones.append(Tone(note.onset, note.duration, pitch, note.velocity))
    return Played(tuple(tones))


def _nearest(pitch: int, chord: Chord) -> int:
    tones = set(chord.pitch_classes)
    if chord.bass is not None:
        tones.add(chord.bass)
    return next(
        pitch + step for step in (0, 1, -1, 2, -2, 3, -3, 4, -4) if (pitch + step) % 12 in tones
    )
