"""Play an arrangement: from beats to seconds, with swing, micro-timing, dynamics and articulation.

The drums are the reference. Who plays the tune is late on the beat and meets the others off it; the
bass is on the beat or a little before; the accompaniment lies in between and plays its off-beats
with the soloist's. How a soloist of jazz times, shades and shortens notes is learned.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from toolkit.style.arrangement import Arrangement, Part, Tone
from toolkit.style.performance import Performance
from toolkit.style.performing import articulation, dynamics, solo_playing, swing_feel
from toolkit.style.performing.line_playing import Written
from toolkit.style.performing.melody_voice import melody_voice
from toolkit.style.performing.tempo_curve import TempoCurve, tempo_curve
from toolkit.style.performing.wander import wander
from toolkit.style.style import Style
from toolkit.style.writing import marks
from toolkit.values import Note, Notes

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]

_SEED = 2**63
_ORDER = ("melody", "drums", "bass", "chords", "counter")
_LEAD_SECONDS = {"melody": 0.004, "counter": 0.004, "chords": 0.002, "bass": -0.004, "drums": 0.0}
"""How late a role is on average where no network says so."""

_SLOW, _QUICK = 0.004, 0.003
_DRUMS_SHARE = 0.6
_SYNC = {"melody": 0.8, "counter": 0.9, "chords": 0.8, "bass": 0.6, "drums": 0.2}
"""How far an off-beat moves to where the soloist plays the same one."""

_LATEST_SHARE = 0.3
_MANNER_SPREAD = 0.25
_LAID_BACK = {"swing": 1.0, "shuffle": 0.7, "straight": 0.4}
_CLOSEST_SECONDS = 0.02
_HAND = 12


@dataclass(frozen=True, eq=False)
class _Stage:
    """Hold what all players share: the clock, and where the soloist's off-beats came."""

    arrangement: Arrangement
    style: Style
    clock: TempoCurve
    tempo: float
    swing: float | None
    off_beats: Mapping[int, float]

    def second(self, role: str) -> float:
        return swing_feel.second_eighth(self.style.feel, role, self.tempo, self.swing)

    def seconds(self, beats: Array, role: str) -> Array:
        return self.clock.seconds(swing_feel.swung(beats, self.second(role)))


def perform(
    arrangement: Arrangement,
    *,
    style: Style,
    rng: np.random.Generator,
    swing: float | None = None,
) -> Performance:
    """Return an arrangement as it is played.

    Parameters
    ----------
    arrangement : Arrangement
        What to play, in beats.
    style : Style
        Its feel, its rubato and its melodic idiom decide how.
    rng : np.random.Generator
        The same state gives the same performance. Every part draws from a generator of its own.
    swing : float, optional
        Ratio of the soloist's two eighths instead of the style's own: 1 is straight, 2 a
        triplet; the other roles move along.

    Returns
    -------
    Performance
        Its notes carry tempo, meters, keys and chords. No two notes of a part that have the same
        pitch overlap.
    """
    seed = int(rng.integers(_SEED))
    curve = tempo_curve(arrangement, style.rubato, np.random.default_rng([seed, 0]))
    ratio = swing if swing is not None else style.swing or None
    stage = _Stage(arrangement, style, curve, arrangement.tempo[0][1], ratio, {})
    unplayed = _marks(arrangement, style, curve)
    done: dict[str, Notes] = {}
    for part in sorted(arrangement.parts, key=lambda each: _ORDER.index(each.role)):
        dice = np.random.default_rng([seed, 1 + zlib.crc32(part.name.encode())])
        notes, off_beats = _play(stage, part, dice)
        if off_beats and not stage.off_beats:
            stage = replace(stage, off_beats=off_beats)
        pedal = articulation.pedal(part.pedal, curve)
        done[part.name] = replace(unplayed, notes=notes, pedal=pedal)
    return Performance(arrangement, {part.name: done[part.name] for part in arrangement.parts})


def _play(
    stage: _Stage, part: Part, rng: np.random.Generator
) -> tuple[tuple[Note, ...], dict[int, float]]:
    """Return the notes of a part and, if it has the tune, when its off-beats come."""
    tones = [tone for tone in part.tones if tone.duration > 0]
    if not tones:
        return (), {}
    beats = np.array([tone.onset for tone in tones])
    onsets = np.maximum(_accompanied(stage, tones, part.role, rng), 0.0)
    levels = dynamics.rule_levels(stage.arrangement.sheet, tones, part.role, stage.style.feel, rng)
    offsets = articulation.offsets(tones, onsets, part, stage.clock, stage.second(part.role))
    off_beats: dict[int, float] = {}
    voice = np.zeros(0, int)
    if part.role == "melody":
        voice = np.array(melody_voice(tones, stage.arrangement.sheet.melody), int)
        _sing(stage, tones, voice, rng, (onsets, offsets, levels))
        off_beats = _off_beats(beats[voice], onsets[voice])
        others = np.setdiff1d(np.arange(len(tones)), voice)
        onsets[others] = _in_sync(beats[others], onsets[others], off_beats, _SYNC["melody"])
        voice = _lock_hands(tones, voice, onsets, offsets)
    levels += dynamics.shape(stage.arrangement.sheet, beats)
    velocities = dynamics.velocities(tones, part.role, levels)
    begins = articulation.rolled(tones, onsets, voice, part.role, stage.style, rng)
    notes = [
        Note(
            float(onset),
            float(max(offset, onset + 0.02)),
            tone.pitch,
            float(velocity),
            part.program,
        )
        for tone, onset, offset, velocity in zip(tones, begins, offsets, velocities, strict=True)
    ]
    return articulation.without_overlaps(notes), off_beats


def _accompanied(stage: _Stage, tones: list[Tone], role: str, rng: np.random.Generator) -> Array:
    """Return when a role's tones begin, in seconds, the tune's own manner left out."""
    beats = np.array([tone.onset for tone in tones])
    share = _DRUMS_SHARE if role == "drums" else 1.0
    seconds = stage.seconds(beats, role) + _LEAD_SECONDS[role]
    seconds = seconds + wander(beats, rng, _SLOW * share, _QUICK * share)
    return _in_sync(beats, seconds, stage.off_beats, _SYNC[role])


def _in_sync(beats: Array, seconds: Array, off_beats: Mapping[int, float], share: float) -> Array:
    """Return times with off-beats drawn towards those of the soloist."""
    wanted = seconds.copy()
    for index in np.flatnonzero(np.abs(beats % 1 - 0.5) < 0.02):
        wanted[index] = off_beats.get(int(beats[index]), seconds[index])
    return np.asarray(seconds + share * (wanted - seconds))


def _off_beats(beats: Array, onsets: Array) -> dict[int, float]:
    found = np.abs(beats % 1 - 0.5) < 0.02
    return dict(zip(beats[found].astype(int).tolist(), onsets[found].tolist(), strict=True))


def _sing(
    stage: _Stage,
    tones: list[Tone],
    voice: Indices,
    rng: np.random.Generator,
    played: tuple[Array, Array, Array],
) -> None:
    """Let the tune be played as soloists do, where the style is one of jazz; in place."""
    jazz = stage.style.feel != "straight" or stage.style.melody.idiom in ("jazz", "blues")
    if not jazz or not len(voice):
        return
    onsets, offsets, levels = played
    line = written([tones[index] for index in voice], stage.arrangement, stage.clock)
    manner = solo_playing.character(rng, _MANNER_SPREAD)
    values = solo_playing.play_line(line, manner, rng, temperatures=solo_playing.TIDY)
    late = solo_playing.tidy(values, line) * _LAID_BACK[stage.style.feel]
    limit = _LATEST_SHARE * line.gaps * 60 / line.tempo
    begin = stage.seconds(line.onsets, "melody")
    end = stage.seconds(line.onsets + line.lengths, "melody")
    start = np.maximum(begin + np.clip(late, -limit, limit), 0.0)
    start = _ascending(start)
    onsets[voice] = start
    offsets[voice] = articulation.sung(start, end - begin, values[:, 2], line.rests)
    levels[voice] = values[:, 1]


def _lock_hands(tones: list[Tone], voice: Indices, onsets: Array, offsets: Array) -> Indices:
    """Let tones up to an octave under the tune that are struck with it move with it; in place.

    Returns which tones are the tune's hand.
    """
    hand = voice.tolist()
    tune = {round(tones[index].onset, 3): index for index in voice.tolist()}
    for index, tone in enumerate(tones):
        lead = tune.get(round(tone.onset, 3))
        if lead is None or lead == index or not 0 <= tones[lead].pitch - tone.pitch <= _HAND:
            continue
        hand.append(index)
        onsets[index] = onsets[lead]
        if abs(tone.duration - tones[lead].duration) < 0.05:
            offsets[index] = offsets[lead]
    return np.array(hand, int)


def _ascending(seconds: Array) -> Array:
    """Return times each a little later than the one before at least."""
    steps = _CLOSEST_SECONDS * np.arange(len(seconds))
    return np.asarray(np.maximum.accumulate(seconds - steps) + steps)


def written(tones: list[Tone], arrangement: Arrangement, clock: TempoCurve) -> Written:
    """Return a line of tones as the network is told of it."""
    onsets = np.array([tone.onset for tone in tones])
    gaps = np.append(np.diff(onsets), np.inf)
    bars = [arrangement.sheet.bars[arrangement.sheet.bar_at(beat)] for beat in onsets]
    inside = onsets - np.array([bar.onset for bar in bars])
    return Written(
        onsets=onsets,
        lengths=np.minimum(np.array([tone.duration for tone in tones]), gaps),
        pitches=np.array([tone.pitch for tone in tones]),
        places=np.floor(inside + 1e-6).astype(int),
        bars=np.array([bar.beats for bar in bars]),
        tempo=clock.tempo_at(onsets),
    )


def _marks(arrangement: Arrangement, style: Style, clock: TempoCurve) -> Notes:
    """Return tempo, meters, keys and chords in seconds, without notes.

    A beat of three parts is a dotted quarter; in styles that swing it is written as a quarter.
    """
    sheet = arrangement.sheet
    compound = sheet.parts == 3 and style.feel == "straight"
    quarters, denominator, parts = (1.5, 8, 3) if compound else (1.0, 4, 1)
    found = marks(
        sheet, lambda beat: float(clock.seconds(beat)), denominator=denominator, parts=parts
    )
    return replace(found, tempo_map=clock.tempo_map(quarters))
