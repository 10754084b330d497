"""Write out the voices of a chorale: tied where they stay, with passing tones in eighths."""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.style.band.four_voices import VOICES, Station, Voices, realize, tune_line
from toolkit.style.lead_sheet import LeadSheet, LineNote
from toolkit.style.scales import key_scale

_EPSILON = 1e-6


def line(sheet: LeadSheet, voice: str) -> tuple[LineNote, ...]:
    """Return one voice of a sheet's setting: tied where it stays, with passing eighths.

    Parameters
    ----------
    sheet : LeadSheet
        All voices of one sheet fit together.
    voice : str
        One of `VOICES`; the soprano is the tune, and chord tones where there is no tune at all.
    """
    setting = realize(sheet)
    index = VOICES.index(voice)
    if voice == "soprano" and sheet.melody:
        return tune_line(sheet)
    passing = _passing_tones(setting)
    found: list[LineNote] = []
    for at, (place, pitches) in enumerate(setting):
        through = passing.get((at, index))
        end = place.offset if through is None else place.offset - 0.5
        joins = found and abs(found[-1].offset - place.onset) < _EPSILON
        tied = joins and found[-1].pitch == pitches[index] and not _is_strong(sheet, place.onset)
        if tied:
            last = found.pop()
            found.append(LineNote(last.onset, end - last.onset, last.pitch, 0.4, 0.6))
        else:
            found.append(LineNote(place.onset, end - place.onset, pitches[index], 0.4, 0.6))
        if through is not None:
            found.append(LineNote(end, 0.5, through, 0.2, 0.55))
    return tuple(note for note in found if note.duration > 0.05)


def _is_strong(sheet: LeadSheet, beat: float) -> bool:
    return abs(sheet.bars[sheet.bar_at(beat)].onset - beat) < _EPSILON


def _passing_tones(setting: Sequence[tuple[Station, Voices]]) -> dict[tuple[int, int], int]:
    """Return passing tones by (index of the station, voice), one voice at a time."""
    found: dict[tuple[int, int], int] = {}
    for at in range(len(setting) - 1):
        (place, pitches), (after, coming) = setting[at], setting[at + 1]
        whole = place.offset - place.onset >= 1 - _EPSILON
        if not whole or abs(after.onset - place.offset) > _EPSILON:
            continue
        for voice in (0, 1, 2):
            tone = _between(pitches[voice], coming[voice], place.key)
            if tone is not None and _goes(pitches, coming, voice, tone):
                found[at, voice] = tone
                break
    return found


def _between(pitch: int, coming: int, key: str) -> int | None:
    """Return the key's tone between two that lie a third apart."""
    if not 3 <= abs(coming - pitch) <= 4:
        return None
    scale = key_scale(key)
    lower, upper = sorted((pitch, coming))
    fits = [tone for tone in range(lower + 1, upper) if tone % 12 in scale]
    return fits[0] if len(fits) == 1 else None


def _goes(pitches: Voices, coming: Voices, voice: int, tone: int) -> bool:
    """Return whether a passing tone crosses nobody and makes no parallels to what comes."""
    through = [*pitches]
    through[voice] = tone
    if sorted(through) != through:
        return False
    for other in range(4):
        if other == voice or coming[other] == pitches[other]:
            continue
        was = abs(through[other] - tone) % 12
        if was in (0, 7) and was == abs(coming[other] - coming[voice]) % 12:
            return False
    return all(
        abs(tone - pitches[other]) % 12 not in (1, 11) for other in range(4) if other != voice
    )
