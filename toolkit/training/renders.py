"""Render scores and MIDI files with several SoundFonts, at random tempo, key and orchestration.

Old records are chiefly of acoustic ensembles and pianos, which no free collection of recordings has
in quantity; so half of what the networks hear is rendered. The SoundFont that plays the bench's
music is not among those used here.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from toolkit.adapters import debian, music21_scores, scores, soundfont
from toolkit.training import sources
from toolkit.values import DRUMS, Note, Notes

_EXCERPT_QUARTERS = 120.0
_EXCERPTS = 3
_FEWEST_NOTES = 60
_MOST_PARTS = 16
_CHOIRS: tuple[tuple[tuple[int, ...], ...], ...] = (
    ((48,),),
    ((49,), (48,), (42,)),
    ((40,), (40,), (41,), (42,)),
    ((73,), (68,), (71,), (70,)),
    ((56,), (57,), (60,), (58,)),
    ((61,), (61,), (57,), (58,)),
    ((0,),),
    ((1,),),
    ((6,),),
    ((19,),),
    ((52,),),
    ((40, 48), (71, 48), (60, 48), (43, 58)),
    ((65,), (66,), (57,), (32,)),
    ((24,), (24,), (32,)),
    ((21,), (21,), (32,)),
    ((40,), (0,)),
    ((71,), (0,)),
    ((42,), (0,)),
    ((12,), (11,), (32,)),
    ((105,), (25,), (32,)),
    ((46,), (73,), (42,)),
)


def prepare_scores(ledger: sources.Ledger) -> Iterator[Path]:
    """Render excerpts of the ledger's works that are not rendered yet."""
    for work in works(ledger.scores):
        name = Path(work).with_suffix("").as_posix().replace("/", "-")
        folder = sources.prepared() / "train" / "scores"
        if any(folder.glob(f"{name}-0-*.npy")):
            continue
        parts = parts_of(work)
        for number in range(_EXCERPTS):
            rng = np.random.default_rng([zlib.crc32(work.encode()), number])
            font = ledger.soundfonts[int(rng.integers(len(ledger.soundfonts)))]
            notes = _orchestrated(parts, number * _EXCERPT_QUARTERS, rng)
            if len(notes) < _FEWEST_NOTES:
                break
            target = folder / f"{name}-{number}-{font['name']}.npy"
            _render(notes, font, target)
            yield target


def prepare_midi(ledger: sources.Ledger, source: dict[str, Any]) -> Iterator[Path]:
    """Render every MIDI file of a source with each SoundFont."""
    for path in sorted(debian.fetch(source["package"]).rglob("*.mid")):
        for font in ledger.soundfonts:
            target = sources.prepared() / "train" / source["name"] / f"{path.stem}-{font['name']}"
            target = target.with_suffix(".npy")
            if not target.is_file():
                notes = _read_midi(path)
                if len(notes) >= _FEWEST_NOTES:
                    _render(notes, font, target)
                    yield target


def works(table: dict[str, Any]) -> list[str]:
    """Return corpus paths by all composers of the ledger's scores, in its order."""
    return [work for composer in table["composers"] for work in _works_by(composer, table)]


def _works_by(composer: str, table: dict[str, Any]) -> list[str]:
    """Return corpus paths, at most the ledger's limit of them, evenly spaced over them all."""
    root = Path(music21_scores.library().corpus.__file__).parent
    paths = sorted(
        path.relative_to(root).as_posix()
        for path in (root / composer).rglob("*")
        if path.suffix in {".mxl", ".xml", ".krn", ".abc"}
    )
    paths = [path for path in paths if not path.startswith(tuple(table["without"]))]
    step = max(1, len(paths) // int(table["limit"]))
    return paths[::step]


# Reading a score takes far longer than playing it.
@lru_cache(maxsize=256)
def parts_of(work: str) -> tuple[Note, ...]:
    """Return a whole work at one quarter a second; a note's program is the number of its part."""
    numbers = tuple((number,) for number in range(_MOST_PARTS))
    return scores.corpus_notes(work, tempo=60.0, programs=numbers, length=float("inf")).notes


def _orchestrated(parts: tuple[Note, ...], first: float, rng: np.random.Generator) -> Notes:
    """Return an excerpt at a random tempo, transposition and orchestration, a little uneven."""
    choir = _CHOIRS[int(rng.integers(len(_CHOIRS)))]
    quarter = 60 / float(rng.uniform(70, 180))
    up = int(rng.integers(-5, 7))
    softer = float(rng.uniform(0.5, 1.2))
    found = []
    for note in parts:
        if not first <= note.onset < first + _EXCERPT_QUARTERS:
            continue
        for program in choir[min(note.program, len(choir) - 1)]:
            late = float(rng.uniform(0, 0.02))
            found.append(
                Note(
                    (note.onset - first) * quarter + late,
                    (note.offset - first) * quarter + late,
                    int(np.clip(note.pitch + up, 21, 108)),
                    float(np.clip(note.velocity * softer * rng.uniform(0.7, 1.25), 0.1, 1.0)),
                    program,
                )
            )
    return Notes(tuple(found))


def _read_midi(path: Path) -> Notes:
    import pretty_midi

    song = pretty_midi.PrettyMIDI(str(path))
    found = [
        Note(
            float(note.start),
            float(max(note.end, note.start + 0.02)),
            int(note.pitch),
            note.velocity / 127,
            DRUMS if instrument.is_drum else int(instrument.program),
        )
        for instrument in song.instruments
        for note in instrument.notes
    ]
    return Notes(tuple(sorted(found, key=lambda note: (note.onset, note.pitch))))


def _render(notes: Notes, font: dict[str, Any], target: Path) -> None:
    file = next(debian.fetch(font["package"]).rglob(font["file"]))
    audio = soundfont.play(notes, sample_rate=sources.SAMPLE_RATE, soundfont=file, tail=1.0)
    mono = audio.samples.mean(axis=0, dtype=np.float32)
    sources.save(target, mono)
