"""Every suite by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from toolkit.evaluation.batches import batches
from toolkit.evaluation.beats import beats
from toolkit.evaluation.declicking import declicking
from toolkit.evaluation.declipping import declipping
from toolkit.evaluation.denoising import denoising
from toolkit.evaluation.extending import extending
from toolkit.evaluation.fingerprints import fingerprints
from toolkit.evaluation.foreign_noise import foreign_noise
from toolkit.evaluation.gaps import gaps
from toolkit.evaluation.harmony import harmony
from toolkit.evaluation.harmony_language import harmony_language
from toolkit.evaluation.hums import hums
from toolkit.evaluation.melody import melody
from toolkit.evaluation.memory import memory
from toolkit.evaluation.pattern_finding import pattern_finding
from toolkit.evaluation.playing import playing
from toolkit.evaluation.real import real
from toolkit.evaluation.reimagining import reimagining
from toolkit.evaluation.separation import separation
from toolkit.evaluation.speed import speed
from toolkit.evaluation.table import Report
from toolkit.evaluation.transcription import transcription
from toolkit.evaluation.transparency import transparency
from toolkit.evaluation.varying import varying
from toolkit.evaluation.wow import wow


class Suite(Protocol):
    """Describe a suite."""

    def __call__(
        self,
        limit: int | None = None,
        seeds: int = 1,
        progress: Callable[[float, float], None] | None = None,
        methods: Sequence[str] = (),
    ) -> Report:
        """Measure.

        Parameters
        ----------
        limit : int, optional
            Takes only the first items.
        seeds : int
            Repeats with other damage.
        progress : callable, optional
            ``progress(done, total)``.
        methods : sequence of str
            Names of those to measure; all of the suite's if empty.

        Raises
        ------
        ToolkitError
            For an unknown method, or if something the suite needs is not installed.
        """


SUITES: Mapping[str, Suite] = {
    "d1": denoising,
    "d2": foreign_noise,
    "d3": transparency,
    "c1": declicking,
    "f1": fingerprints,
    "h1": hums,
    "h2": harmony_language,
    "l1": declipping,
    "i1": gaps,
    "w1": wow,
    "b1": extending,
    "r1": real,
    "s1": separation,
    "t1": transcription,
    "t2": beats,
    "t3": harmony,
    "m1": melody,
    "k1": batches,
    "y1": playing,
    "y2": varying,
    "y3": pattern_finding,
    "style": reimagining,
    "speed": speed,
    "memory": memory,
}
