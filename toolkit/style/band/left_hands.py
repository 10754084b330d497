"""Play chords and bass with one left hand, in the ways that pianists have.

Each way gives tones for the hand alone, from the lowest chord tone to about middle C; which of them
the right hand leaves room for is decided afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from toolkit.style.arrangement import Tone
from toolkit.style.band.comp_idioms import BALLAD, SWING
from toolkit.style.band.comp_rhythms import strokes
from toolkit.style.band.hands import MAX_SPAN, within_reach
from toolkit.style.band.octaves import fold
from toolkit.style.band.players import walking_bass
from toolkit.style.band.players.comp import is_rich, voicing_at
from toolkit.style.band.playing import Scene
from toolkit.style.band.pulse import Beat, beats
from toolkit.style.band.subdivision import groups
from toolkit.style.band.tune import Tune
from toolkit.style.band.voice_leading import Slot, Taste, Voicing, choose, slots
from toolkit.style.band.voicings import candidates, degrees
from toolkit.style.chord import Chord
from toolkit.style.scales import key_scale

_EPSILON = 1e-6
_CHORDS_LOW, _CHORDS_HIGH = 46, 64
_BASS_LOW, _BASS_HIGH = 33, 47
_LOWEST = 28
_TENTH_TEMPO = 132.0

LeftHand = Callable[[Scene, Tune], list[Tone]]


def shells(scene: Scene, tune: Tune) -> list[Tone]:
    """Return roots with sevenths or tenths where chords begin, and guide tones between."""
    places = slots(scene.sheet, tune, 4.0)
    upper = _led(scene, places, ("shell",), _CHORDS_LOW, _CHORDS_HIGH)
    found: list[Tone] = []
    rooted = "bass" not in scene.band
    if rooted:
        for place in places:
            found += _root_shell(scene, place)
    idiom = BALLAD if scene.tempo < 90 else SWING
    for stroke in strokes(scene, tune, idiom):
        index = voicing_at(stroke.chord_beat, places, upper)
        near_root = any(abs(stroke.onset - place.onset) < 0.9 for place in places) and rooted
        if index >= 0 and not near_root:
            found += _tones(stroke.onset, stroke.duration, upper[index], stroke.velocity * 0.9)
    return found


def walking(scene: Scene, tune: Tune) -> list[Tone]:
    """Return a walking line, as a bassist plays it."""
    if not scene.sheet.chords:
        return []
    low = max(scene.seat.low, 31)
    seat = replace(scene.seat, low=low, high=max(52, low + 19), options={"feel": "four"})
    line = walking_bass.play(replace(scene, seat=seat)).tones
    found = []
    for tone in line:
        span = scene.sheet.chord_at(tone.onset)
        end = tone.offset if span is None else min(tone.offset, span.offset + 0.5)
        found.append(replace(tone, duration=0.95 * (end - tone.onset)))
    return found


def stride(scene: Scene, tune: Tune) -> list[Tone]:
    """Return bass tones on strong beats, chords in mid-register on weak ones.

    Basses are octaves where the energy is high and tenths where the tempo allows; before a new
    phrase the basses walk to it in octaves.
    """
    places = slots(scene.sheet, tune, 4.0)
    chosen = _led(scene, places, ("close", "rootless"), 50, _CHORDS_HIGH)
    found: list[Tone] = []
    before: Beat | None = None
    for beat in beats(scene):
        if _leads_to_phrase(scene, beat):
            found += _cadence_octave(scene, beat)
        elif beat.strong or beat.fresh:
            found += _stride_bass(scene, beat, alternate=before is not None and not beat.fresh)
            before = beat
        else:
            index = voicing_at(beat.onset, places, chosen)
            found += _tones(beat.onset, 0.45, chosen[index], 0.52)
    return found


def waltz(scene: Scene, tune: Tune) -> list[Tone]:
    """Return a bass tone where a bar or a chord begins and chords on the other beats."""
    places = slots(scene.sheet, tune, 4.0)
    chosen = _led(scene, places, ("close",), 50, _CHORDS_HIGH)
    found: list[Tone] = []
    last: Beat | None = None
    for beat in beats(scene):
        if beat.number == 0 or beat.fresh:
            fifth = last is not None and not beat.fresh and last.root == beat.root
            pitch = low_bass(scene, _fifth(beat.chord) if fifth else beat.root)
            found.append(Tone(beat.onset, 0.9, pitch, 0.62))
            last = None if fifth else beat
        else:
            index = voicing_at(beat.onset, places, chosen)
            lift = 0.5 if scene.energy(beat.onset) < 0.5 or beat.number % 2 else 0.4
            found += _tones(beat.onset, lift, chosen[index], 0.46 - 0.03 * (beat.number % 2))
    return found


def ballad(scene: Scene, tune: Tune) -> list[Tone]:
    """Return root, fifth or seventh, and tenth, one after the other, to be held by the pedal."""
    found: list[Tone] = []
    for place in slots(scene.sheet, tune, 4.0):
        tones = _rising(scene, place)
        length = place.offset - place.onset
        step = 0.5 if length >= 2 else length / 4
        for order, pitch in enumerate(tones[: max(1, round(length / step))]):
            at = place.onset + order * step
            velocity = 0.55 - 0.04 * order + 0.1 * scene.energy(at)
            found.append(Tone(at, place.offset - at, pitch, velocity))
    return found


def arpeggio(scene: Scene, tune: Tune) -> list[Tone]:
    """Return broken chords that rise and fall, in eighths, or in thirds of compound beats."""
    step = 1 / 3 if scene.sheet.parts == 3 else 0.5
    found: list[Tone] = []
    for place in slots(scene.sheet, tune, 4.0):
        tones = _rising(scene, place)
        round_trip = [*range(len(tones)), *range(len(tones) - 2, 0, -1)] or [0]
        for order in range(max(1, round((place.offset - place.onset) / step))):
            pitch = tones[round_trip[order % len(round_trip)]]
            at = place.onset + order * step
            accent = 0.08 if order == 0 else 0.0
            found.append(Tone(at, step, pitch, 0.42 + accent + 0.12 * scene.energy(at)))
    return found


def boogie(scene: Scene, tune: Tune) -> list[Tone]:
    """Return root with fifth and root with sixth in eighths, the seventh now and then."""
    found: list[Tone] = []
    for beat in beats(scene):
        root = low_bass(scene, beat.root)
        fifth = 6 if _is_diminished(beat.chord) else 7
        upper = fifth
        if beat.number % 2 == 1 and fifth == 7:
            seventh = beat.bar.beats == 4 and beat.number == 3 and scene.energy(beat.onset) > 0.5
            upper = 10 if seventh and 10 in _steps(beat.chord) else 9
            upper = upper if 4 in _steps(beat.chord) or 10 in _steps(beat.chord) else fifth
            if upper == 9 and 8 in {step % 12 for step in _steps(beat.chord)}:
                upper = 8
        accent = 0.05 * (beat.number % 2)
        for at in (0.0, 0.5):
            found.append(Tone(beat.onset + at, 0.45, root, 0.6 + accent - 0.06 * (at > 0)))
            found.append(Tone(beat.onset + at, 0.45, root + upper, 0.52 + accent - 0.06 * (at > 0)))
    return found


def bossa(scene: Scene, tune: Tune) -> list[Tone]:
    """Return root and fifth in the rhythm of a surdo: on the beat, before the middle, on it."""
    found: list[Tone] = []
    for bar in scene.sheet.bars:
        at = 0.0
        for index, length in enumerate(groups(bar.beats)):
            onset = bar.onset + at
            span = scene.sheet.chord_at(onset)
            at += length
            if span is None:
                continue
            root = span.chord.root if span.chord.bass is None else span.chord.bass
            fresh = onset - span.onset < _EPSILON
            pitch = low_bass(scene, root if fresh or index == 0 else _fifth(span.chord))
            found.append(Tone(onset, length - 0.55, pitch, 0.6 if index else 0.55))
            ahead = scene.sheet.chord_at(onset + length)
            if ahead is not None and scene.rng.random() < 0.8:
                early = ahead.chord.root if ahead.chord.bass is None else ahead.chord.bass
                stays = ahead.onset <= onset + _EPSILON
                pitch = low_bass(scene, _fifth(ahead.chord) if stays and index % 2 == 0 else early)
                found.append(Tone(onset + length - 0.5, 0.45, pitch, 0.48))
    return found


WAYS: dict[str, LeftHand] = {
    "shells": shells, "walking": walking, "stride": stride, "waltz": waltz, "ballad": ballad,
    "arpeggio": arpeggio, "boogie": boogie, "bossa": bossa,
}  # fmt: skip
"""By the name that a seat's option ``left`` gives."""


def _led(
    scene: Scene, places: Sequence[Slot], forms: tuple[str, ...], low: int, high: int
) -> tuple[Voicing, ...]:
    """Return a voicing for each slot, in a hand's range."""
    rich = is_rich(scene)
    wanted = forms if rich else tuple(each for each in forms if each != "rootless") or forms
    ways = [
        candidates(
            place.chord, place.key, wanted,
            low=low, high=high, rich=rich, held=place.long_held, span=MAX_SPAN,
        )
        for place in places
    ]  # fmt: skip
    taste = Taste(center=(low + high) / 2, fullness=0.2, repeat=0.4)
    return choose(places, ways, taste, scene.rng)


def _tones(onset: float, duration: float, pitches: Sequence[int], velocity: float) -> list[Tone]:
    return [Tone(onset, duration, pitch, velocity) for pitch in pitches]


def _steps(chord: Chord) -> tuple[int, ...]:
    return tuple((pitch - chord.root) % 12 for pitch in chord.pitch_classes)


def _is_diminished(chord: Chord) -> bool:
    return 6 in _steps(chord) and 7 not in _steps(chord)


def _fifth(chord: Chord) -> int:
    """Return the pitch class of a chord's fifth, of its third over another bass."""
    named = degrees(chord, "C major", False)
    return named["5"] if chord.bass is None else chord.root


def low_bass(scene: Scene, pitch_class: int) -> int:
    """Return a bass tone of a pitch class in a left hand's low register."""
    low = max(scene.seat.low, _BASS_LOW)
    return fold(pitch_class + 36, low, low + 11)


def _root_shell(scene: Scene, place: Slot) -> list[Tone]:
    """Return root with seventh, or with tenth, at a chord's beginning."""
    root = low_bass(scene, place.chord.root if place.chord.bass is None else place.chord.bass)
    named = degrees(place.chord, place.key, False)
    seventh = named.get("7", named["5"])
    tenth = root + 12 + (named["3"] - root) % 12
    upper = root + (seventh - root) % 12
    wide = tenth - root <= MAX_SPAN and scene.rng.random() < 0.4
    chosen = (root, tenth) if wide or upper - root < 7 else (root, upper)
    length = min(place.offset - place.onset, 2.0 if scene.tempo > 90 else 4.0)
    return _tones(place.onset, length * 0.95, within_reach(chosen, root), 0.56)


def _stride_bass(scene: Scene, beat: Beat, *, alternate: bool) -> list[Tone]:
    """Return a bass tone, doubled an octave below or with its tenth."""
    pitch = low_bass(scene, _fifth(beat.chord) if alternate else beat.root)
    level = scene.energy(beat.onset)
    if level > 0.55:
        return _octave(scene, beat.onset, pitch, 0.64)
    tones = [Tone(beat.onset, 0.8, pitch, 0.66)]
    if not alternate and scene.tempo < _TENTH_TEMPO and scene.rng.random() < 0.35:
        tenth = pitch + 12 + (degrees(beat.chord, beat.key, False)["3"] - pitch) % 12
        if tenth - pitch <= MAX_SPAN:
            tones.append(Tone(beat.onset, 0.8, tenth, 0.55))
    return tones


def _octave(scene: Scene, onset: float, pitch: int, velocity: float) -> list[Tone]:
    """Return a bass tone and its octave, below it if the instrument goes there, else above."""
    other = pitch - 12 if pitch - 12 >= max(scene.seat.low, _LOWEST) else pitch + 12
    return [Tone(onset, 0.8, each, velocity) for each in sorted((pitch, other))]


def _leads_to_phrase(scene: Scene, beat: Beat) -> bool:
    """Return whether a phrase begins within two beats, with a bar of four before it."""
    ahead = scene.sheet.phrase_at(beat.onset + 2.0)
    return beat.bar.beats >= 4 and ahead.onset > beat.onset and not beat.fresh


def _cadence_octave(scene: Scene, beat: Beat) -> list[Tone]:
    """Return an octave on the way, by steps, to the bass that the coming phrase begins with."""
    start = scene.sheet.phrase_at(beat.onset + 2.0).onset
    span = scene.sheet.chord_at(start)
    if span is None:
        return _stride_bass(scene, beat, alternate=False)
    target = low_bass(scene, span.chord.root if span.chord.bass is None else span.chord.bass)
    away = round(start - beat.onset)
    scale = key_scale(beat.key)
    upward = scene.sheet.bar_at(start) // 4 % 2 == 0
    way = range(target - 1, target - 6, -1) if upward else range(target + 1, target + 6)
    steps = [pitch for pitch in way if pitch % 12 in scale]
    return _octave(scene, beat.onset, steps[away - 1], 0.62)


def _rising(scene: Scene, place: Slot) -> tuple[int, ...]:
    """Return root, fifth, tenth and what lies above, rising, to be played one by one."""
    named = degrees(place.chord, place.key, is_rich(scene), place.long_held)
    root = low_bass(scene, place.chord.root if place.chord.bass is None else place.chord.bass)
    order = ["5", "7", "3"] if "7" in named and scene.rng.random() < 0.5 else ["5", "3"]
    if is_rich(scene) and "9" in named:
        order.append("9")
    tones = [root]
    for name in order:
        tones.append(tones[-1] + ((named[name] - tones[-1]) % 12 or 12))
    return tuple(tone for tone in tones if tone <= _CHORDS_HIGH)
