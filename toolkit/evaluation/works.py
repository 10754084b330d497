"""The works on which beats, bars and keys are measured: lists to fit on, others to report on.

Paths are those of music21's corpus; those that begin with ``pianobooster`` are songs for two hands
and a band that Debian's package of that name holds as MIDI files. No list shares a work with
another. Beat and bar tracking are fitted to `DEVELOPMENT` and `HELD_OUT` and measured on
`HELD_OUT_BEATS`; keys are measured on `HELD_OUT`.
"""

from __future__ import annotations

import json
import zipfile
from dataclasses import asdict
from functools import cache

import numpy as np

from toolkit.adapters import debian
from toolkit.adapters.annotated_scores import Bar, Score, annotated_score
from toolkit.cache import cache_dir, keeping
from toolkit.errors import UsageError
from toolkit.io import midi
from toolkit.style import timeline
from toolkit.values import DRUMS

DEVELOPMENT = (
    "mozart/k545/movement1_exposition",
    "mozart/k155/movement1",
    "mozart/k155/movement2",
    "mozart/k155/movement3",
    "mozart/k156/movement1",
    "mozart/k156/movement2",
    "mozart/k156/movement3",
    "mozart/k458/movement1.mxl",
    "mozart/k458/movement2.mxl",
    "mozart/k458/movement3.mxl",
    "mozart/k458/movement4.mxl",
    "chopin/mazurka06-2",
    "joplin/maple_leaf_rag",
    "corelli/opus3no1/1grave",
    "leadSheet/berlinAlexandersRagtime",
    "schumann_robert/opus41no1/movement1",
    "schumann_robert/opus41no1/movement2",
    "schumann_robert/opus41no1/movement3",
    "schumann_robert/opus41no1/movement5",
    "verdi/laDonnaEMobile",
    "bach/bwv66.6",
    "bach/bwv253",
    "bach/bwv269",
    "bach/bwv281",
    "bach/bwv1.6",
    "beethoven/opus18no1/movement1.mxl",
    "beethoven/opus18no1/movement2.mxl",
    "beethoven/opus18no1/movement3.mxl",
    "beethoven/opus59no1/movement2.mxl",
    "beethoven/opus59no2/movement3.mxl",
    "beethoven/opus59no3/movement3.mxl",
    "beethoven/opus18no1/movement4.mxl",
    "beethoven/opus59no1/movement1.mxl",
    "beethoven/opus59no1/movement4.mxl",
    "beethoven/opus59no2/movement1.mxl",
    "beethoven/opus59no2/movement2.mxl",
    "beethoven/opus59no2/movement4.mxl",
    "beethoven/opus59no3/movement1.mxl",
    "beethoven/opus59no3/movement2.mxl",
    "beethoven/opus59no3/movement4.mxl",
    "beethoven/opus18no3.mxl",
    "beethoven/opus18no4.mxl",
    "beethoven/opus18no5.mxl",
    "beethoven/opus74.mxl",
    "liliuokalani/aloha_oe",
    "beach/prayer_of_a_tired_child",
    "monteverdi/madrigal.3.1.mxl",
    "monteverdi/madrigal.4.3.mxl",
)

HELD_OUT = (
    "schumann_clara/polonaise_op1n1",
    "haydn/opus74no1/movement3",
    "schumann_robert/dichterliebe_no2",
    "handel/rinaldo/Lascia_chio_pianga",
    "leadSheet/fosterBrownHair",
    "cpebach/h186",
    "bach/bwv10.7",
    "schubert/Lindenbaum",
    "mozart/k80/movement2",
    "haydn/opus1no1/movement1",
    "schumann_clara/opus17/movement3",
    "johnson_j_r/lift_every_voice",
    "schumann_clara/polonaise_op1n2",
    "haydn/opus74no1/movement1",
    "mozart/k80/movement1",
    "schumann_clara/polonaise_op1n3",
    "haydn/opus1no1/movement2",
    "mozart/k80/movement3",
    "schumann_clara/polonaise_op1n4",
    "haydn/opus74no1/movement2",
    "haydn/opus1no1/movement3",
    "mozart/k80/movement4",
    "haydn/opus74no1/movement4",
    "haydn/opus1no1/movement5",
)
"""For figures about keys, in the order in which a limited run takes them."""

HELD_OUT_BEATS = (
    "bach/bwv153.9",
    "ryansMammoth/BarneyBrallagansJig.abc",
    "pianobooster/07-AmazingGrace",
    "bach/bwv368",
    "ryansMammoth/FrogsFrolicJig.abc",
    "pianobooster/05-ScarboroughFair",
    "bach/bwv43.11",
    "ryansMammoth/BloomingMeadowsJig.abc",
    "bach/bwv846",
    "ryansMammoth/BirminghamHornpipe.abc",
    "pianobooster/04-FrereJacques",
    "bach/bwv299",
    "ryansMammoth/WilliamsAndSullivansJig.abc",
    "bach/bwv79.6",
    "pianobooster/03-SkipToMyLou",
    "ryansMammoth/BossJig.abc",
    "bach/bwv348",
    "pianobooster/06-Greensleeves",
    "ryansMammoth/ArielHornpipe.abc",
    "bach/bwv383",
    "ryansMammoth/PandeenORaffertyJig.abc",
    "bach/bwv318",
    "pianobooster/01-ClairDeLaLune",
    "ryansMammoth/InmanLineReel.abc",
    "bach/bwv287",
    "pianobooster/02-LavendersBlue",
    "ryansMammoth/McGuffumsReel.abc",
    "bach/bwv37.6",
)
"""For published figures about beats only, in the order in which a limited run takes them."""

_BOOSTER = "pianobooster"
_BOOSTER_MUSIC = "usr/share/games/pianobooster/music/BoosterMusicBooks.zip"


@cache
def score(work: str) -> Score:
    """Return a work's score, which is read once and then kept in the cache folder."""
    path = cache_dir() / "scores" / f"{work.replace('/', '-')}.json"
    if path.is_file():
        kept = json.loads(path.read_text(encoding="utf-8"))
        return Score(
            tuple(tuple(each) for each in kept["notes"]),
            tuple(Bar(**each) for each in kept["bars"]),
            tuple(tuple(each) for each in kept["sharps"]),
        )
    found = _booster(work) if work.startswith(_BOOSTER) else annotated_score(work)
    with keeping(path) as partial:
        partial.write_text(json.dumps(asdict(found)), encoding="utf-8")
    return found


def _booster(work: str) -> Score:
    """Return a song of PianoBooster as a score: its drums left out, its one meter throughout."""
    name = work.split("/")[1]
    with zipfile.ZipFile(debian.fetch(_BOOSTER) / _BOOSTER_MUSIC) as books:
        found = [each for each in books.namelist() if each.endswith(f"Booster Music/{name}.mid")]
        if not found:
            raise UsageError(f"no song {name!r} in {_BOOSTER}", "see: toolkit/evaluation/works.py")
        played = midi.decode(books.read(found[0]))
    pitched = [note for note in played if note.program != DRUMS]
    begins, ends = (
        np.round(timeline.quarters(played.tempo_map, times), 4)
        for times in ([note.onset for note in pitched], [note.offset for note in pitched])
    )
    numerator, denominator = played.meters[0][1:]
    length = numerator * 4.0 / denominator
    programs = sorted({note.program for note in pitched})
    notes = (
        (float(begin), float(end - begin), note.pitch, programs.index(note.program))
        for note, begin, end in zip(pitched, begins, ends, strict=True)
    )
    starts = np.arange(0.0, ends.max(), length).tolist()
    bars = tuple(Bar(start, length, numerator, denominator) for start in starts)
    return Score(tuple(sorted(notes)), bars, ())
