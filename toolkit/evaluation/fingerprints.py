"""Suite F1: are other transfers of a recording found, and other takes and pieces left apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from time import perf_counter
from typing import Any

import numpy as np

from toolkit.adapters import scores, soundfont
from toolkit.dsp import resample
from toolkit.dsp.fingerprint import Fingerprint, fingerprint
from toolkit.dsp.fingerprint_index import Index
from toolkit.dsp.fingerprint_match import Match, match
from toolkit.evaluation import facts, music, table
from toolkit.evaluation.methods import choose
from toolkit.pipeline import execute, load
from toolkit.run import Run
from toolkit.values import Audio, Notes

MEDIA = ("wax", "acoustic-78", "electric-78", "acetate", "vinyl", "tape")
SIDES = {"excerpt": 0.0, "side": 60.0}
"""What is transferred, and how long it is at most, in seconds; 0 is the pinned excerpt."""

_JOINED = 0.5
_STRANGE = ("another take", "another piece")
_FASTEST = 1.06
_TRIMMED_SECONDS = {"excerpt": 1.5, "side": 4.0}
_LEVEL_DB = 10.0
# Another take: its tempo, the standard deviation of its rubato every two seconds, and how far a
# player is off the beat. Less than that no players keep, who do not hear a click.
_TAKE_TEMPO, _TAKE_RUBATO, _TAKE_SECONDS = 0.04, 0.05, 0.02
_CHORALES = range(253, 283)
_CHORALE_QUARTERS, _CHORALE_TEMPO = 32.0, 80.0
_STRINGS, _ORGAN = 48, 19


@dataclass(frozen=True, eq=False)
class Transfer:
    """Hold a transfer of a performance.

    Parameters
    ----------
    performance : str
        Transfers of one performance share it.
    work : str
        Takes of one work share it.
    medium : str
        What it was on.
    print : Fingerprint
        Of what was transferred.
    speed : float
        As a multiple of the performance's.
    start : float
        What was trimmed of the beginning, in seconds of the transfer.
    """

    performance: str
    work: str
    medium: str
    print: Fingerprint
    speed: float
    start: float


def fingerprints(
    limit: int | None = None,
    seeds: int = 1,
    progress: Callable[[float, float], None] | None = None,
    methods: Sequence[str] = (),
) -> table.Report:
    """Look up transfers of held-out music on two media each among other takes and other pieces."""
    choose({}, methods)
    began = perf_counter()
    jobs = [
        (piece, side, seed)
        for piece in music.HELD_OUT[:limit]
        for side in SIDES
        for seed in range(seeds)
    ]
    transfers: list[Transfer] = []
    for number, (piece, side, seed) in enumerate(jobs):
        transfers += _transfers(piece, side, seed)
        if progress is not None:
            progress(number + 1, len(jobs) + 1)
    transfers += _strangers(limit)
    made = perf_counter() - began
    rows, looked_up = _pairs(transfers)
    if progress is not None:
        progress(len(jobs) + 1, len(jobs) + 1)
    strangers = [row for row in rows if row["kind"] in _STRANGE]
    highest = max((row["confidence"] for row in strangers), default=0.0)
    return table.Report(
        suite="f1",
        title="F1: other transfers of one recording, found among takes and other pieces",
        summary=tuple(_summaries(rows, highest)),
        rows=rows,
        notes=(
            "A pair is one performance on two different media (pipelines degrade-*), the second "
            "at a speed drawn from ±6 %, one of the two in stereo, with up to 4 s (excerpt: "
            "1.5 s) trimmed off either end and up to 10 dB of difference in level.",
            "An excerpt has 9 to 17 s, a side the same work for up to 60 s. Strangers are "
            "another take of each (tempo ±4 %, rubato of 5 %, 20 ms off the beat, same "
            "instruments), the development pieces and chorales for strings and organ.",
            "Joined are pairs of confidence 0.5 and more; precision counts all of them. At no "
            "false join counts the pairs that are surer than the surest pair of strangers.",
            "Errors are those of joined pairs, against the speed and the trimming that were "
            "drawn; wow is part of them.",
        ),
        facts={
            "transfers": len(transfers),
            "pairs of strangers": sum(
                _kind(*pair) in _STRANGE for pair in combinations(transfers, 2)
            ),
            "other pieces named as one": sum(
                row["kind"] == "another piece" and _is_named(row) for row in rows
            ),
            "surest strangers": round(highest, 2),
            "seconds to render, damage and fingerprint": round(made),
            "milliseconds a query": round(1000 * looked_up / len(transfers), 1),
            "seeds": seeds,
            **facts.versions(()),
        },
    )


def draw_transfer(
    audio: Audio, medium: str, rng: np.random.Generator, *, fastest: float, trimmed: float
) -> tuple[Audio, float, float]:
    """Return a transfer of clean mono audio, its speed and what was trimmed of its beginning.

    Parameters
    ----------
    medium : str
        One of `MEDIA`.
    rng : np.random.Generator
        Decides all.
    fastest : float
        The speed is drawn from 1/fastest..fastest.
    trimmed : float
        At most so many seconds are trimmed off either end.
    """
    stereo = bool(rng.integers(2))
    gain = 10 ** (rng.uniform(-_LEVEL_DB, 0) / 20)
    samples = np.repeat(audio.samples, 2 if stereo else 1, axis=0) * np.float32(gain)
    damaged, _ = execute(
        load(f"degrade-{medium}"), audio.with_samples(samples), Run(seed=int(rng.integers(2**31)))
    )
    assert isinstance(damaged, Audio)  # the pipeline's file says so
    speed = float(fastest ** rng.uniform(-1, 1))
    rate = audio.sample_rate
    played = (
        resample.resample(damaged.samples, rate * speed, rate) if speed != 1 else damaged.samples
    )
    first, last = (round(float(each) * rate) for each in rng.uniform(0, trimmed, 2))
    part = np.ascontiguousarray(played[:, first : played.shape[1] - last])
    return audio.with_samples(part), speed, first / rate


def another_take(notes: Notes, rng: np.random.Generator) -> Notes:
    """Return the notes as players would play them another time."""
    length = notes.duration + 4
    knots = np.arange(0, length + 2, 2.0)
    tempo = 1 + _TAKE_TEMPO * rng.uniform(-1, 1)
    pace = tempo * (1 + _TAKE_RUBATO * rng.standard_normal(len(knots)).clip(-2, 2))
    grid = np.linspace(0, length, 4000)
    places = np.cumsum(np.interp(grid, knots, pace)) * (grid[1] - grid[0])
    played = []
    for note in notes:
        begin, end = np.interp((note.onset, note.offset), grid, places)
        onset = max(float(begin + _TAKE_SECONDS * rng.standard_normal()), 0.0)
        loud = float(np.clip(note.velocity * (1 + 0.1 * rng.standard_normal()), 0.05, 1))
        offset = max(float(end), onset + 0.03)
        played.append(replace(note, onset=onset, offset=offset, velocity=loud))
    return Notes(tuple(played))


def _transfers(piece: music.Piece, side: str, seed: int) -> list[Transfer]:
    """Return two transfers of a piece, and one of another take of it."""
    rng = np.random.default_rng([seed, music.case_number(piece.name), list(SIDES).index(side)])
    notes = music.piece_notes(piece) if side == "excerpt" else _longer(piece, SIDES[side])
    media = [MEDIA[at] for at in rng.choice(len(MEDIA), 3, replace=False)]
    performance = f"{piece.name}, {side}, {seed}"
    cases = (
        (notes, performance, media[0], 1.0),
        (notes, performance, media[1], _FASTEST),
        (another_take(notes, rng), f"{performance}, another take", media[2], _FASTEST),
    )
    made = []
    for played, name, medium, fastest in cases:
        audio, speed, start = draw_transfer(
            _render(played, piece), medium, rng, fastest=fastest, trimmed=_TRIMMED_SECONDS[side]
        )
        made.append(Transfer(name, piece.work, medium, fingerprint(audio), speed, start))
    return made


def _longer(piece: music.Piece, seconds: float) -> Notes:
    return scores.corpus_notes(
        piece.work,
        tempo=piece.tempo,
        programs=piece.programs,
        length=seconds * piece.tempo / 60,
    )


def _render(notes: Notes, piece: music.Piece) -> Audio:
    stereo = soundfont.play(notes, sample_rate=music.SAMPLE_RATE, tail=1.0)
    mono = stereo.samples.mean(axis=0, keepdims=True)
    gain = np.float32(10 ** (piece.level_db / 20) / max(float(np.sqrt(np.mean(mono**2))), 1e-6))
    return Audio(mono * gain, music.SAMPLE_RATE)


def _strangers(limit: int | None) -> list[Transfer]:
    """Return transfers of other works, one of each."""
    chorales = [
        replace(
            music.DEVELOPMENT[0],
            name=f"bwv{number}",
            work=f"bach/bwv{number}",
            tempo=_CHORALE_TEMPO,
            programs=((_STRINGS if number % 2 else _ORGAN,),),
            length=_CHORALE_QUARTERS,
        )
        for number in _CHORALES[: None if limit is None else 2 * limit]
    ]
    made = []
    for piece in (*music.DEVELOPMENT[:limit], *chorales):
        rng = np.random.default_rng(music.case_number(piece.name))
        medium = MEDIA[int(rng.integers(len(MEDIA)))]
        clean = _render(_longer(piece, 60 * piece.length / piece.tempo), piece)
        audio, speed, start = draw_transfer(clean, medium, rng, fastest=_FASTEST, trimmed=1.5)
        made.append(Transfer(piece.name, piece.work, medium, fingerprint(audio), speed, start))
    return made


def _pairs(transfers: Sequence[Transfer]) -> tuple[tuple[dict[str, Any], ...], float]:
    """Return a row for each pair that is one or looks alike, and the seconds of looking up."""
    prints = [each.print for each in transfers]
    index = Index(prints)
    best: dict[frozenset[int], tuple[int, int, Match]] = {}
    began = perf_counter()
    for number, own in enumerate(prints):
        for candidate in index.candidates(own, without=number):
            found = match(own, prints[candidate.number], candidate.alignment)
            key = frozenset((number, candidate.number))
            if found and (key not in best or found.confidence > best[key][2].confidence):
                best[key] = (number, candidate.number, found)
    looked_up = perf_counter() - began
    rows = []
    for one, other in combinations(range(len(transfers)), 2):
        kind = _kind(transfers[one], transfers[other])
        seen = best.get(frozenset((one, other)))
        if kind == "same" or seen is not None:
            rows.append(_row(kind, transfers, one, other, seen))
    return tuple(rows), looked_up


def _kind(one: Transfer, other: Transfer) -> str:
    if one.performance == other.performance:
        return "same"
    # The excerpt of a work is the beginning of its side, played by the same machine.
    same_notes = one.work == other.work and "take" not in one.performance + other.performance
    if same_notes:
        return "same notes"
    return "another take" if one.work == other.work else "another piece"


def _row(
    kind: str,
    transfers: Sequence[Transfer],
    one: int,
    other: int,
    seen: tuple[int, int, Match] | None,
) -> dict[str, Any]:
    first, second = transfers[one], transfers[other]
    row: dict[str, Any] = {
        "item": first.performance,
        "with": second.performance,
        "kind": kind,
        "media": f"{first.medium} and {second.medium}",
        "confidence": 0.0,
        "related": False,
        "offset_error": np.nan,
        "speed_error": np.nan,
    }
    if seen is None:
        return row
    start, end, found = seen
    here, there = transfers[start], transfers[end]
    ratio = there.speed / here.speed
    # A moment of the performance is at p / speed - start of a transfer.
    offset = here.start / ratio - there.start
    middle = 0.5 * here.print.duration
    late = (middle / found.alignment.ratio + found.alignment.offset) - (middle / ratio + offset)
    return {
        **row,
        "confidence": found.confidence,
        "related": found.is_related,
        "agreement": found.agreement,
        "significance": found.significance,
        "coverage": found.coverage,
        "tightness": found.tightness,
        "pitch_cents": found.pitch_cents,
        "offset_error": abs(late),
        "speed_error": 100 * abs(found.alignment.ratio / ratio - 1),
    }


def _summaries(rows: Sequence[table.Row], highest: float) -> list[dict[str, Any]]:
    same = [row for row in rows if row["kind"] == "same"]
    false = [row for row in rows if row["kind"] in _STRANGE]
    lines = []
    for side in SIDES:
        mine = [row for row in same if f", {side}, " in row["item"]]
        joined = [row for row in mine if row["confidence"] >= _JOINED]
        wrong = [
            row
            for row in false
            if row["confidence"] >= _JOINED and f", {side}, " in row["item"] + row["with"]
        ]
        lines.append(
            {
                "recording": side,
                "pairs": len(mine),
                "joined": len(joined),
                "recall": len(joined) / max(len(mine), 1),
                "false joins": len(wrong),
                "precision": len(joined) / max(len(joined) + len(wrong), 1),
                "joined or named as one piece": sum(map(_is_named, mine)) / max(len(mine), 1),
                "recall at no false join": sum(row["confidence"] > highest for row in mine)
                / max(len(mine), 1),
                "offset error, median (ms)": _of(joined, "offset_error", np.median, 1000),
                "offset error, worst (ms)": _of(joined, "offset_error", np.max, 1000),
                "speed error, median (%)": _of(joined, "speed_error", np.median),
                "speed error, worst (%)": _of(joined, "speed_error", np.max),
            }
        )
    return lines


def _is_named(row: table.Row) -> bool:
    return bool(row["confidence"] >= _JOINED or row["related"])


def _of(
    rows: Sequence[table.Row], key: str, figure: Callable[[list[float]], Any], scale: float = 1.0
) -> float:
    return round(scale * float(figure([row[key] for row in rows])), 3) if rows else np.nan
