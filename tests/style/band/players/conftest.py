"""Scenes for one player at a time."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from toolkit.style.band.playing import Scene
from toolkit.style.chord import parse
from toolkit.style.lead_sheet import Bar, ChordSpan, LeadSheet, LineNote, Phrase
from toolkit.style.style import load_style

CHANGES = (
    "Cmaj7 A7|Dm7 G7|Em7 A7|Dm7 G7|Cmaj7|C7|Fmaj7|Fm6|Em7 A7|D7|Dm7|G7|Cmaj7|A7|Dm7 G7|C6|Am7|D7|"
    "Gmaj7|Gm7 C7|Fmaj7|Bb7|Dm7|G7|Cmaj7 A7|Dm7 G7/B|Em7b5 A7|Dm7 G7|Cmaj7|C7|Dm7 G7|C6"
)

SceneOf = Callable[..., Scene]


@pytest.fixture
def scene_of() -> SceneOf:
    """Return a function that puts a style's seat before an AABA tune of 32 bars."""

    def build(
        style: str,
        seat: str,
        *,
        beats: int = 4,
        parts: int = 2,
        seed: int = 1,
        sheet: LeadSheet | None = None,
        changes: str = CHANGES,
        busy: float = 0.85,
        **options: object,
    ) -> Scene:
        loaded = load_style(style)
        chosen = next(each for each in loaded.seats if each.name == seat)
        if options:
            chosen = replace(chosen, options={**chosen.options, **options})
        stand = sheet or song(beats, parts, seed, changes, busy)
        return Scene(stand, loaded, chosen, ("melody", "bass", "drums"), stand.tempo,
                     np.random.default_rng(seed))  # fmt: skip

    return build


def song(beats: int, parts: int, seed: int, changes: str, busy: float) -> LeadSheet:
    """Return a tune of chord tones over changes, in phrases of eight bars."""
    rng = np.random.default_rng(seed)
    names = changes.split("|")
    bars = tuple(Bar(float(index * beats), beats) for index in range(len(names)))
    spans: list[ChordSpan] = []
    for bar, both in zip(bars, names, strict=True):
        chords = [parse(name) for name in both.split()]
        half = bar.beats / 2 if bar.beats < 2 else float((bar.beats + 1) // 2)
        if len(chords) == 2:
            spans.append(ChordSpan(bar.onset, half, chords[0]))
            spans.append(ChordSpan(bar.onset + half, bar.beats - half, chords[1]))
        else:
            spans.append(ChordSpan(bar.onset, float(bar.beats), chords[0]))
    melody: list[LineNote] = []
    for span in spans:
        at = span.onset
        while at < span.offset:
            length = min(float(rng.choice([0.5, 1.0, 1.5])), span.offset - at)
            if rng.random() < busy:
                pitch = int(rng.choice([60 + each for each in span.chord.pitch_classes]))
                melody.append(LineNote(at, length, pitch))
            at += length
    phrases = tuple(
        Phrase(bar.onset, float(min(8, len(bars) - bar_index) * beats), "AABA"[bar_index // 8 % 4])
        for bar_index, bar in enumerate(bars)
        if bar_index % 8 == 0
    )
    return LeadSheet(bars=bars, melody=tuple(melody), chords=tuple(spans), phrases=phrases,
                     tempo=140.0, parts=parts)  # fmt: skip
