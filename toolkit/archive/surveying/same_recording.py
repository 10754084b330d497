"""Find recordings of one performance among many: other transfers of the same disc.

Every recording is looked up in an index of all, what comes up is checked peak by peak, and what
passes is joined; groups are what is joined, directly or through others.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from toolkit.dsp.fingerprint import Fingerprint
from toolkit.dsp.fingerprint_index import Index
from toolkit.dsp.fingerprint_match import Match, match

JOINED = 0.5
"""The confidence from which two recordings count as one."""

# Fewer votes than this bring up only strangers, whatever the collection; with more recordings
# there are more of them, and only the fullest are looked at.
_LEAST_VOTES = 4


@dataclass(frozen=True)
class Member:
    """Hold a recording of a group.

    Parameters
    ----------
    number : int
        Which recording.
    offset : float
        Where its beginning lies in the group's first member, in seconds of that one's time.
    speed : float
        How fast it plays, as a multiple of the first member.
    confidence : float
        Of the weakest link that leads to it, 0.5..1; 1 for the first member.
    """

    number: int
    offset: float
    speed: float
    confidence: float


@dataclass(frozen=True)
class Pair:
    """Hold two recordings that are alike; the match leads from `one` to `other`."""

    one: int
    other: int
    match: Match

    @property
    def is_one(self) -> bool:
        """Return whether both are one performance, not only the same piece."""
        return self.match.confidence >= JOINED


def find_matches(
    number: int, fingerprints: Sequence[Fingerprint], index: Index
) -> dict[int, Match]:
    """Return the recordings that are the same as one, or the same piece, with how they lie.

    Parameters
    ----------
    number : int
        Which one.
    fingerprints : sequence of Fingerprint
        Of all.
    index : Index
        Of the same sequence.
    """
    own = fingerprints[number]
    found: dict[int, Match] = {}
    for candidate in index.candidates(own, without=number):
        if candidate.votes < _LEAST_VOTES:
            break
        result = match(own, fingerprints[candidate.number], candidate.alignment)
        if result is not None and (result.confidence >= JOINED or result.is_related):
            found[candidate.number] = result
    return found


def groups(pairs: Iterable[Pair], durations: Sequence[float]) -> tuple[tuple[Member, ...], ...]:
    """Return the groups that pairs make, the longest recording of each first.

    Parameters
    ----------
    pairs : iterable of Pair
        Each in one direction or in both; those that are one performance count.
    durations : sequence of float
        Of all recordings, in seconds.

    Returns
    -------
    tuple of tuple of Member
        In order of their first members; members in order of how sure they are.
    """
    links: dict[int, dict[int, Match]] = {}
    for pair in pairs:
        if not pair.is_one:
            continue
        links.setdefault(pair.one, {}).setdefault(pair.other, pair.match)
        links.setdefault(pair.other, {}).setdefault(pair.one, _turned(pair.match))
    left = set(links)
    found = []
    while left:
        connected = _connected(min(left), links)
        left -= connected
        first = min(connected, key=lambda number: (-durations[number], number))
        found.append(_members(first, links))
    return tuple(sorted(found, key=lambda members: members[0].number))


def _connected(start: int, links: dict[int, dict[int, Match]]) -> set[int]:
    seen, waiting = {start}, [start]
    while waiting:
        new = set(links[waiting.pop()]) - seen
        seen |= new
        waiting += new
    return seen


def _members(first: int, links: dict[int, dict[int, Match]]) -> tuple[Member, ...]:
    """Return the first recording and all that lead to it by the fewest links."""
    found = {first: Member(first, 0.0, 1.0, 1.0)}
    waiting = deque([first])
    while waiting:
        here = waiting.popleft()
        onward = found[here]
        for other, leading in links[here].items():
            if other in found:
                continue
            # From the other's time to that of `here`, and on to the first one's.
            back = leading.alignment.inverse
            speed = onward.speed / back.ratio
            offset = back.offset * onward.speed + onward.offset
            confidence = min(onward.confidence, leading.confidence)
            found[other] = Member(other, offset, speed, confidence)
            waiting.append(other)
    first_member, *rest = found.values()
    return (first_member, *sorted(rest, key=lambda each: (-each.confidence, each.number)))


def _turned(found: Match) -> Match:
    """Return a match as seen from the other recording."""
    return replace(found, alignment=found.alignment.inverse, pitch_cents=-found.pitch_cents)
