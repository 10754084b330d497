"""Fit until when heard notes sound: ``python -m toolkit.training.fitting_ends``.

Songs of POP909's split for training, and scores, are rendered and transcribed as
`toolkit.training.chord_material.heard` does; a heard note sounds until the played note of its pitch
that begins within 80 ms ends. What is fitted on the first four fifths of them, in an order that is
drawn, is measured on the last.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from toolkit.evaluation import works
from toolkit.style.listening import ghosts, note_ends
from toolkit.style.listening.note_ends import Moments
from toolkit.style.listening.pitch_levels import pitch_levels
from toolkit.training import chord_material
from toolkit.training.chord_material import Lesson
from toolkit.training.finding_chords import left_out
from toolkit.training.heard_notes import played_notes
from toolkit.values import Note

Array = npt.NDArray[np.float64]

_SONGS = range(1, 801, 20)
_FITTED_SHARE = 0.8
_HIDDEN, _STEPS, _BATCH, _RATE = 32, 5000, 1024, 5e-3
_EVERY = 2  # neighboring moments say nearly the same
_WRONG_SHARE = 0.3


@dataclass(frozen=True, eq=False)
class Example:
    """Hold a heard note, the moments at which it may sound, and until when it does in seconds."""

    note: Note
    moments: Moments
    end: float


def played_ends(played: Sequence[Note], heard: Sequence[Note]) -> list[float | None]:
    """Return when the played note ends that each heard one is, None for what nobody played."""
    return [None if note is None else note.offset for note in played_notes(played, heard)]


def examples(lesson: Lesson) -> Iterator[Example]:
    """Yield the notes of a lesson that were both played and heard."""
    heard = ghosts.without_ghosts(chord_material.heard(lesson).notes).notes
    moments = note_ends.describe(heard, pitch_levels(chord_material.recorded(lesson)))
    for note, end, each in zip(heard, played_ends(lesson.notes.notes, heard), moments, strict=True):
        if end is not None and end > note.onset and len(each.times):
            yield Example(note, each, end)


def lessons() -> list[Lesson]:
    """Return excerpts of songs and scores, none of which a suite reports on."""
    without = left_out()
    scores = [
        work
        for work in works.DEVELOPMENT
        if work not in without and not work.startswith("monteverdi")
    ]
    every = [chord_material.song(number) for number in _SONGS]
    every += [chord_material.scored(work) for work in scores]
    order = np.random.default_rng(0).permutation(len(every))
    return [chord_material.some(every[index]) for index in order]


def learned(some: Sequence[Example], steps: int = _STEPS) -> dict[str, Array]:
    """Return the constants of a network that was shown the moments of examples."""
    features = np.concatenate([each.moments.features[::_EVERY] for each in some])
    sounding = np.concatenate([each.moments.times[::_EVERY] < each.end for each in some])
    center, spread = features.mean(axis=0), features.std(axis=0) + 1e-3
    scaled = np.clip((features - center) / spread, -5, 5)
    x, y = torch.from_numpy(scaled.astype(np.float32)), torch.from_numpy(sounding).float()
    torch.manual_seed(0)
    hidden, out = torch.nn.Linear(x.shape[1], _HIDDEN), torch.nn.Linear(_HIDDEN, 1)
    network = torch.nn.Sequential(hidden, torch.nn.ReLU(), out)
    optimizer = torch.optim.AdamW(network.parameters(), _RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, _RATE, steps)
    for _ in range(steps):
        drawn = torch.randint(len(x), (_BATCH,))
        optimizer.zero_grad()
        said = network(x[drawn])[:, 0]
        value = torch.nn.functional.binary_cross_entropy_with_logits(said, y[drawn])
        value.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
    layers = {"hidden": hidden, "out": out}
    weights = {
        f"{name}.{kind}": np.asarray(getattr(layer, kind).detach().numpy(), float)
        for name, layer in layers.items()
        for kind in ("weight", "bias")
    }
    return {"center": center, "spread": spread, **weights}


def errors(some: Sequence[Example]) -> dict[str, float]:
    """Return how far ends are off, as the transcriber wrote them and with the shipped constants."""
    true = np.array([each.end - each.note.onset for each in some])
    heard = np.array([each.note.offset - each.note.onset for each in some])
    sounding = np.array([note_ends.sounding_end(each.moments) for each in some])
    longer = np.maximum(heard, sounding - np.array([each.note.onset for each in some]))
    found: dict[str, float] = {"notes": len(some)}
    for name, lengths in (("heard", heard), ("lengthened", longer)):
        off = np.abs(np.log((lengths + 0.05) / (true + 0.05))) > _WRONG_SHARE
        found[f"mean error, {name}"] = round(float(np.abs(lengths - true).mean()), 3)
        found[f"lengths off by a third, {name}"] = round(float(off.mean()), 3)
    return found


def write(constants: dict[str, Array], measured: dict[str, float]) -> None:
    """Write the constants where `toolkit.style.listening.note_ends` reads them."""
    rounded = {name: np.round(value, 4).tolist() for name, value in constants.items()}
    text = json.dumps({**rounded, "measured": measured}, indent=1)
    note_ends.PATH.write_text(text + "\n", encoding="utf-8")
    note_ends.forget()


def main() -> None:
    """Fit, measure, and write the constants."""
    torch.set_num_threads(1)
    every = [list(examples(lesson)) for lesson in lessons()]
    count = int(_FITTED_SHARE * len(every))
    constants = learned([each for some in every[:count] for each in some])
    write(constants, {})
    write(constants, errors([each for some in every[count:] for each in some]))


if __name__ == "__main__":
    main()
