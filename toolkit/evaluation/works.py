"""The works on which beats, bars and keys are measured: one list to fit on, another to report on.

Paths are those of music21's corpus. What beat and bar tracking were fitted to are the works of
`DEVELOPMENT`; those of `HELD_OUT` share no work with it, nor with what networks are trained on.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from functools import cache

from toolkit.adapters.annotated_scores import Bar, Score, annotated_score
from toolkit.cache import cache_dir

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
"""For published figures only, in the order in which a limited run takes them."""


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
    found = annotated_score(work)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}.partial")
    partial.write_text(json.dumps(asdict(found)), encoding="utf-8")
    partial.replace(path)
    return found
