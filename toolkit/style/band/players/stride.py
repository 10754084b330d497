"""Play stride and ragtime piano: the left hand strides, the right hand syncopates.

Basses and octaves on the strong beats, chords on the weak ones, walking octaves into the phrases
(J. P. Johnson and S. Joplin's manner, as E. Berlin describes it, "Ragtime", 1980).
"""

from __future__ import annotations

from toolkit.style.band.playing import Played, Scene
from toolkit.style.band.two_hands import solo


def play(scene: Scene) -> Played:
    """Return a stride pianist's part; only the left hand's where another one has the tune."""
    return solo(scene, left="stride", right=str(scene.seat.options.get("right", "rag")))
