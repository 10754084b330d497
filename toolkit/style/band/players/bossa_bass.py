"""Play the bass of bossa nova: root and fifth on a bar's halves, each announced early.

It is the surdo's pulse: soft on the first half, heavier on the second (O. Nogueira Faria and
B. Korman, "Inside the Brazilian Rhythm Section", 2001).
"""

from __future__ import annotations

import numpy as np

from toolkit.style.band.bass_part import BassBar, Beat, groove
from toolkit.style.band.playing import Played, Scene
from toolkit.style.band.subdivision import groups


def play(scene: Scene) -> Played:
    """Return a bassist's part."""
    return groove(scene, _rhythm, velocity=0.64)


def _rhythm(bar: BassBar, rng: np.random.Generator) -> list[Beat]:
    beats: list[Beat] = []
    position = 0
    pickups = rng.random(len(groups(bar.beats))) < 0.75 + 0.25 * bar.energy
    for index, (length, picked) in enumerate(zip(groups(bar.beats), pickups, strict=True)):
        kind = "root" if index % 2 == 0 else "fifth"
        heavier = 0.06 * (index % 2)
        beats.append(Beat(float(position), float(length), kind, heavier))
        position += length
        if length > 1 and picked:
            beats.append(_announced(bar, index, position, kind))
    if bar.last_of_phrase and bar.beats > 2 and bar.energy > 0.4 and rng.random() < 0.6:
        beats = [beat for beat in beats if beat.position < bar.beats - 1]
        beats.append(Beat(bar.beats - 1.0, 0.5, "passing", -0.05))
        beats.append(Beat(bar.beats - 0.5, 0.5, "approach"))
    return beats


def _announced(bar: BassBar, index: int, position: int, kind: str) -> Beat:
    """Return the eighth before the next half: its own fifth, or the root of the next bar."""
    if position < bar.beats:
        return Beat(position - 0.5, 0.5, "fifth" if kind == "root" else "root", -0.1, ahead=True)
    return Beat(position - 0.5, 0.5, "root" if bar.new_chord_next else "fifth", -0.06, ahead=True)
