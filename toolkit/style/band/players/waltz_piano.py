"""Play a waltz on the piano: a bass tone and two chords to the bar, the tune above.

In four the bass comes twice or is followed by three chords, as the chords change.
"""

from __future__ import annotations

from toolkit.style.band.playing import Played, Scene
from toolkit.style.band.two_hands import solo


def play(scene: Scene) -> Played:
    """Return a waltz pianist's part; only the accompaniment where another one has the tune."""
    return solo(scene, left="waltz", right=str(scene.seat.options.get("right", "waltz")))
