"""Write notes as a score in MusicXML, through music21.

Each program is a part. A keyboard gets two staves, its notes divided by hand: at each onset the
widest gap between neighboring pitches around middle C divides the chord, and where there is no gap
middle C does. Notes of a staff that begin together and end together are a chord; up to two voices
hold what overlaps, and beyond that a note is cut where the next begins. Drums are unpitched notes
on a percussion staff, held to the next stroke. Bars follow the meters, note lengths the tempo map:
without one, 120 quarter notes a minute are assumed, and the score says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from toolkit.adapters import engraved_chords
from toolkit.adapters.music21_scores import library, quietly
from toolkit.dsp import note_values
from toolkit.dsp.bar_lines import Bar, bars
from toolkit.dsp.voices import Chord, chords, hands, strokes, voices
from toolkit.io.atomic import replacing
from toolkit.io.instruments import instrument_name
from toolkit.io.timeline import DEFAULT_TEMPO, Timeline, follow
from toolkit.values import DRUMS, Note, Notes

_TWO_STAVES = (*range(8), *range(16, 24))
_BASSES = (*range(32, 40), 43, 58, 70)
_FIFTHS = ("F", "C", "G", "D", "A", "E", "B")
_RESOLUTION = 1 << 14
_ROLE = "transcriber"
# General MIDI drums as they are placed on a five-line staff; anything else goes to the middle.
_DRUM_PLACES = {
    35: "F4", 36: "F4", 37: "C5", 38: "C5", 40: "C5", 41: "A4", 43: "A4", 45: "D5", 47: "D5",
    48: "E5", 50: "E5", 42: "G5", 44: "D4", 46: "G5", 49: "A5", 57: "A5", 51: "F5", 59: "F5",
}  # fmt: skip
_CYMBALS = frozenset((42, 44, 46, 49, 51, 52, 53, 55, 57, 59))


def write(path: Path, notes: Notes, *, title: str = "", force: bool = False) -> str:
    """Write a MusicXML file and return its sha256.

    Parameters
    ----------
    path : Path
        Appears whole or not at all.
    notes : Notes
        Empty ones are a score of one bar's rest.
    title : str
        Of the piece.
    force : bool
        Whether to replace an existing file.

    Raises
    ------
    UsageError, ResourceError
        As `toolkit.io.atomic.replacing`.
    ToolkitError
        If music21 is not installed.
    """
    data = encode(notes, title=title)
    with replacing(path, force=force) as sink:
        sink.write(data)
    return sink.sha256


def encode(notes: Notes, *, title: str = "") -> bytes:
    """Return the bytes of a MusicXML file; see `write`."""
    with quietly() as music21:
        exporter = music21.musicxml.m21ToXml.GeneralObjectExporter()
        # What its `parse` does, but for the copy that it makes first: of a long score that is most
        # of the memory. There are no rests to add, since every bar is full.
        score = exporter.fromScore(_score(notes, title))
        data: bytes = exporter.parseWellformedObject(score)
    return data


def _score(notes: Notes, title: str) -> Any:
    music21 = library()
    line = follow(notes, _RESOLUTION)
    steps = note_values.grids(line.quarter(note.onset) for note in notes)
    last = max((note_values.place(line.quarter(note.offset), steps) for note in notes), default=0)
    grid = bars(tuple((line.quarter(at), top, bottom) for at, top, bottom in notes.meters), last)
    score = music21.stream.Score()
    score.metadata = music21.metadata.Metadata(title=title or "Transcription")
    # Without anybody's name music21 writes its own as the composer's.
    score.metadata.addContributor(music21.metadata.Contributor(role=_ROLE, name="Tonearm"))
    if not notes.tempo_map:
        score.metadata.add("description", f"No tempo known: {DEFAULT_TEMPO:g} assumed")
    for program in sorted({note.program for note in notes} or {0}):
        own = [note for note in notes if note.program == program]
        staves = [
            _staff(group, program, number, grid, notes, line)
            for number, group in enumerate(_staves(chords(own, line, steps), program), 1)
        ]
        for staff in staves:
            score.insert(0, staff)
        if len(staves) == 2:
            name = instrument_name(program)
            score.insert(0, music21.layout.StaffGroup(staves, name=name, symbol="brace"))
    first = next(iter(score.parts))
    _mark(first.getElementsByClass("Measure"), notes, line, grid)
    return score


def _staves(found: list[Chord], program: int) -> list[list[Chord]]:
    return list(hands(found)) if program in _TWO_STAVES else [found]


def _staff(
    found: list[Chord],
    program: int,
    number: int,
    grid: Sequence[Bar],
    notes: Notes,
    line: Timeline,
) -> Any:
    music21 = library()
    stream = music21.stream
    part = stream.PartStaff() if program in _TWO_STAVES else stream.Part()
    part.partName = instrument_name(program)
    part.id = f"P{program}-{number}"
    part.insert(0, _instrument(program, part.id))
    parted = [strokes(found)] if program == DRUMS else voices(found)
    fifths = [(note_values.UNITS * line.quarter(at), _sharps(name)) for at, name in notes.keys]
    written: tuple[tuple[int, int], int | None] = ((0, 0), None)
    for place, bar in enumerate(grid):
        measure = stream.Measure(number=place + 1)
        sharps = next((each for at, each in reversed(fifths) if at <= bar.start + 6), 0)
        if place == 0:
            measure.insert(0, _clef(music21.clef, found, program))
        if sharps != written[1] and program != DRUMS:
            measure.insert(0, music21.key.KeySignature(sharps))
        if bar.meter != written[0]:
            measure.insert(0, music21.meter.TimeSignature(f"{bar.meter[0]}/{bar.meter[1]}"))
        written = (bar.meter, sharps)
        _fill(measure, parted, bar, program == DRUMS, sharps)
        part.append(measure)
    return part


def _fill(
    measure: Any, parted: Sequence[Sequence[Chord]], bar: Bar, drums: bool, sharps: int
) -> None:
    """Put what sounds in a bar into it; a second voice only where there is something in it."""
    music21 = library()
    sounding = [
        [each for each in voice if each.start < bar.stop and each.stop > bar.start]
        for voice in parted
    ]
    used = [voice for voice in sounding if voice] or [[]]
    for number, voice in enumerate(used):
        elements = _elements(voice, bar, drums, sharps)
        target = measure if len(used) == 1 else music21.stream.Voice(id=str(number + 1))
        for offset, element in elements:
            target.insert(Fraction(offset, note_values.UNITS), element)
        if target is not measure:
            measure.insert(0, target)


def _elements(voice: Sequence[Chord], bar: Bar, drums: bool, sharps: int) -> list[tuple[int, Any]]:
    """Return (offset in units, element) that fill a bar from line to line."""
    music21 = library()
    found: list[tuple[int, Any]] = []

    def rest(start: int, stop: int) -> None:
        for length in note_values.lengths(start, stop):
            found.append(
                (start, music21.note.Rest(quarterLength=Fraction(length, note_values.UNITS)))
            )
            start += length

    at = 0
    for chord in voice:
        begin = max(chord.start, bar.start) - bar.start
        end = min(chord.stop, bar.stop) - bar.start
        rest(at, begin)
        at = begin
        for length in note_values.lengths(begin, end):
            element = _element(chord, drums, sharps)
            element.quarterLength = Fraction(length, note_values.UNITS)
            _tie(element, chord, bar.start + at, bar.start + at + length)
            found.append((at, element))
            at += length
    rest(at, bar.stop - bar.start)
    return found


def _tie(element: Any, chord: Chord, start: int, stop: int) -> None:
    kinds = {(True, False): "start", (False, False): "continue", (False, True): "stop"}
    kind = kinds.get((start == chord.start, stop == chord.stop))
    if kind is not None:
        element.tie = library().tie.Tie(kind)


def _element(chord: Chord, drums: bool, sharps: int) -> Any:
    music21 = library()
    if drums:
        strokes = [_stroke(note) for note in chord.notes]
        return strokes[0] if len(strokes) == 1 else music21.percussion.PercussionChord(strokes)
    pitches = [_pitch(note.pitch, sharps) for note in chord.notes]
    return music21.note.Note(pitches[0]) if len(pitches) == 1 else music21.chord.Chord(pitches)


def _stroke(note: Note) -> Any:
    stroke = library().note.Unpitched(displayName=_DRUM_PLACES.get(note.pitch, "B4"))
    if note.pitch in _CYMBALS:
        stroke.notehead = "x"
    return stroke


def _pitch(number: int, sharps: int) -> Any:
    """Return a pitch spelled near its key: from three fifths below the tonic to eight above."""
    lowest = sharps - 3
    # A fifth is seven semitones, and 7 is its own inverse modulo 12.
    place = lowest + (number * 7 - lowest) % 12
    alter, letter = divmod(place + 1, 7)
    name = _FIFTHS[letter] + ("#" * alter if alter > 0 else "-" * -alter)
    spelled = library().pitch.Pitch(name)
    spelled.octave = (number - round(spelled.alter)) // 12 - 1
    return spelled


def _clef(module: Any, found: Sequence[Chord], program: int) -> Any:
    if program == DRUMS:
        return module.PercussionClef()
    pitches = sorted(note.pitch for chord in found for note in chord.notes)
    if pitches:
        return module.TrebleClef() if pitches[len(pitches) // 2] >= 60 else module.BassClef()
    return module.BassClef() if program in _BASSES else module.TrebleClef()


def _instrument(program: int, name: str) -> Any:
    """Return an instrument with names for the file; music21 draws them by chance otherwise."""
    instrument = library().instrument
    if program == DRUMS:
        drums = instrument.UnpitchedPercussion()
        drums.instrumentName = drums.partName = instrument_name(program)
        drums.midiChannel = 9
        drums.partId, drums.instrumentId = name, f"I{name}"
        return drums
    own = instrument.Instrument(instrument_name(program))
    own.partName = instrument_name(program)
    own.midiProgram = program
    own.partId, own.instrumentId = name, f"I{name}"
    return own


def _sharps(name: str) -> int:
    """Return how many sharps (flats below zero) a key such as ``F# minor`` has."""
    tonic, _, mode = name.partition(" ")
    place = _FIFTHS.index(tonic[0].upper()) - 1 + 7 * (tonic.count("#") - tonic[1:].count("b"))
    place -= 3 if mode.startswith("min") else 0
    # Beyond seven accidentals the other spelling of the key has fewer.
    return place - 12 if place > 7 else place + 12 if place < -7 else place


def _mark(measures: Any, notes: Notes, line: Timeline, grid: Sequence[Bar]) -> None:
    """Put the tempo and the chord symbols over the first staff."""
    tempos = sorted(value for _, value in notes.tempo_map) or [DEFAULT_TEMPO]
    measures[0].insert(0, library().tempo.MetronomeMark(number=round(tempos[len(tempos) // 2])))
    for time, name in notes.chords:
        symbol = engraved_chords.symbol(name)
        at = round(line.quarter(time)) * note_values.UNITS
        bar = next((each for each in grid if each.start <= at < each.stop), None)
        if symbol is not None and bar is not None:
            measure = measures[grid.index(bar)]
            measure.insert(Fraction(at - bar.start, note_values.UNITS), symbol)
