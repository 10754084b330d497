"""Number the runs of notes that training solos have: ``python -m toolkit.training.said_runs``.

Of each row of `toolkit.style.melody.unquoted.NOTES` notes the number is kept, if its rhythm is one
that the network can write; the notes cannot be had back from it.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from toolkit.adapters import wjazzd
from toolkit.style.melody.unquoted import PATH, STEPS, number_of
from toolkit.training import solos

_WRITTEN = frozenset({3, 4, 6, 8, 9, 12, 18, 24, 30, 36, 48})


def numbers(lines: Iterable[tuple[tuple[int, int], ...]]) -> npt.NDArray[np.uint32]:
    """Return the numbers of all runs of some lines of (semitones, slots), ascending."""
    found = {
        number_of(word)
        for line in lines
        for at in range(len(line) - STEPS + 1)
        for word in (line[at : at + STEPS],)
        if all(slots in _WRITTEN for _, slots in word)
    }
    return np.array(sorted(found), np.uint32)


def main() -> None:
    """Read the training solos and write the file beside the network's weights."""
    lines = [
        tuple(zip(np.diff(line.pitches).tolist(), np.diff(line.slots).tolist(), strict=True))
        for line in map(solos.line, wjazzd.solos("train"))
    ]
    np.save(PATH, numbers(lines))


if __name__ == "__main__":
    main()
