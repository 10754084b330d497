"""Play a piece alone on the piano: the tune above, bass and chords below.

Options: ``left`` (of `toolkit.style.band.left_hands.WAYS`) and ``right`` (of
`toolkit.style.band.right_hand.MANNERS`); both follow from style and tempo unless given.
"""

from __future__ import annotations

from toolkit.style.band.playing import Played, Scene
from toolkit.style.band.two_hands import solo

_BALLAD = 92.0
_RIGHT = {"blues": "blues", "gospel": "gospel", "bossa": "bossa", "plain": "plain",
          "baroque": "plain", "jazz": "jazz"}  # fmt: skip
_LEFT = {"blues": "boogie", "gospel": "stride", "bossa": "bossa", "plain": "arpeggio",
         "baroque": "arpeggio", "jazz": "shells"}  # fmt: skip


def play(scene: Scene) -> Played:
    """Return a solo pianist's part, playable with two hands."""
    palette = scene.style.harmony.palette
    slow = scene.tempo < _BALLAD
    left, right = _LEFT[palette], _RIGHT[palette]
    if palette == "jazz" and slow:
        left, right = "ballad", "ballad"
    options = scene.seat.options
    return solo(scene, left=str(options.get("left", left)), right=str(options.get("right", right)))
