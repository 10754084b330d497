"""Play the bass of boogie and shuffle: a figure up the chord and down, in eighths with energy.

The figures are the common property of the idiom (root third fifth sixth seventh and back; root
fifth sixth fifth); a phrase keeps to one, its last bar leads on.
"""

from __future__ import annotations

import zlib

import numpy as np

from toolkit.style.band.bass_part import BassBar, Beat, Rhythm, groove
from toolkit.style.band.playing import Played, Scene

_FIGURES = (
    ("root", "third", "fifth", "sixth", "seventh", "sixth", "fifth", "third"),
    ("root", "fifth", "sixth", "fifth"),
    ("root", "third", "fifth", "sixth"),
    ("root", "root", "third", "fifth"),
    ("root", "fifth", "seventh", "fifth"),
)
_DOUBLED = 0.5


def play(scene: Scene) -> Played:
    """Return a bassist's part."""
    return groove(scene, _rhythm(scene), velocity=0.7)


def _rhythm(scene: Scene) -> Rhythm:
    offset = int(scene.rng.integers(len(_FIGURES)))

    def rhythm(bar: BassBar, rng: np.random.Generator) -> list[Beat]:
        phrase = scene.sheet.phrase_at(bar.onset)
        chosen = zlib.crc32(phrase.label.encode()) + offset + (bar.phrase_bar % 4 == 3)
        figure = _FIGURES[chosen % len(_FIGURES)]
        start = bar.beats * bar.phrase_bar if len(figure) > bar.beats else 0
        if bar.new_chord_next and bar.phrase_bar % 2:
            start = 0
        beats = [_quarter(bar, beat, figure[(start + beat) % len(figure)])
                 for beat in range(bar.beats)]  # fmt: skip
        return _doubled(bar, beats, rng)

    return rhythm


def _quarter(bar: BassBar, beat: int, kind: str) -> Beat:
    if beat == 0:
        kind = "root"
    elif beat == bar.beats - 1 and (bar.last_of_phrase or bar.new_chord_next):
        kind = "approach"
    return Beat(float(beat), 1.0, kind, 0.04 * (beat % 2))


def _doubled(bar: BassBar, beats: list[Beat], rng: np.random.Generator) -> list[Beat]:
    """Return quarters with the same tone again half a beat later, all or some of them."""
    share = 1.0 if bar.energy > _DOUBLED else 0.25
    result = []
    for beat in beats:
        result.append(beat)
        if beat.kind != "approach" and rng.random() < share:
            result.append(Beat(beat.position + 0.5, 0.5, beat.kind, -0.14))
    return result
