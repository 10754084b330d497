"""Put songs on old records so that what every stem became is known."""

from __future__ import annotations

from toolkit import pipeline
from toolkit.run import Run
from toolkit.values import Audio, Stems

CHAINS = ("degrade-electric-78", "degrade-acoustic-78")
"""The pipelines whose steps are taken."""

LINEAR = ("degrade-horn", "degrade-tone", "degrade-band", "degrade-wow")
"""What a sum of stems suffers as its parts do: done to every stem alike."""

LEFT_OUT = ("degrade-saturation", "degrade-tracing")
"""Distortion, which belongs to no stem: not done at all."""


def worn(stems: Stems, chain: str, seed: int = 0) -> Stems:
    """Return a song's stems as an old record has them, what the record adds being the stem noise.

    Every stem passes through the same horn, uneven tone, band and wow. Surface noise, thumps,
    scratches, clicks and hum are added to their sum; noise is what that changed, with the gaps that
    clicks tear in the music. Saturation and tracing are left out. The mixture is the stems' sum.

    Parameters
    ----------
    stems : Stems
        With a silent stem ``noise``.
    chain : str
        One of `CHAINS`.
    seed : int
        Of all that is random.
    """
    run = Run(seed=seed)
    steps = [step for step in pipeline.load(chain).steps if step.key not in LEFT_OUT]
    linear = [step for step in steps if step.key in LINEAR]
    parts = {name: _through(linear, audio, run) for name, audio in stems.items() if name != "noise"}
    music = Stems(parts).mixture()
    adding = [step for step in steps if step.key not in LINEAR]
    noise = _through(adding, music, run).samples - music.samples
    return Stems({**parts, "noise": music.with_samples(noise)})


def _through(steps: list[pipeline.Step], audio: Audio, run: Run) -> Audio:
    for step in steps:
        # The same seed and step draw the same filter and the same wow for every stem.
        audio = step.stage(audio, run.for_step(step.id))
    return audio
