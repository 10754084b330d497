"""Make all the music of the ledger ready: fetch, decode, render."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from toolkit.training import renders, sources


def prepare(ledger: sources.Ledger) -> Iterator[Path]:
    """Yield each track as it gets ready; nothing is done twice."""
    for source in ledger.music:
        yield from sources.prepare_music(source)
    for source in ledger.midi:
        yield from renders.prepare_midi(ledger, source)
    yield from renders.prepare_scores(ledger)
