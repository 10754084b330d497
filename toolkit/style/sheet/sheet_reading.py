"""Read the text form of a lead sheet; `toolkit.style.sheet.sheet_text` says what it looks like."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from toolkit.errors import InputError
from toolkit.io.pitch_names import pitch_class
from toolkit.style.chord import Chord, parse
from toolkit.style.harmony.functions import function
from toolkit.style.key import KEYS
from toolkit.style.lead_sheet import Bar, ChordSpan, LeadSheet, LineNote, Phrase

_SECTIONS = ("chords", "melody", "bass", "inner")
_HEAD = ("title", "tempo", "meter", "parts", "key", "confidence", "phrases")
_CHORD = re.compile(r"^([^:{}]+)(?:\{([TSD]?)\})?(?::([^:{}]+))?$")
_NOTE = re.compile(r"^([A-Ga-g][#b]*)(-?\d+)$")
_BAR_LENGTH = re.compile(r"^\(([^)]*)\)")
# No exponents: a few letters would make a number that takes forever.
_NUMBER = re.compile(r"^[+-]?(\d{1,400}/\d{1,400}|\d{1,400}(\.\d{0,400})?|\.\d{1,400})$")
_NOTE_HINT = "such as: C5 1 1/2 (name, beat in the bar, length), with w.8 or v.6 behind it"
_MOST_BEATS = 64


@dataclass
class _Draft:
    """What has been read so far."""

    head: dict[str, tuple[int, str]] = field(default_factory=dict)
    bars: list[Bar] = field(default_factory=list)
    spans: list[tuple[Fraction, Fraction, Chord, str | None]] = field(default_factory=list)
    labels: list[tuple[int, str]] = field(default_factory=list)
    voices: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    end: Fraction = Fraction(0)
    open: bool = False  # whether the chord before may go on


def read(text: str) -> LeadSheet:
    """Return the sheet that a text spells.

    Raises
    ------
    InputError
        If a line cannot be understood; names it and says what to type.
    """
    draft, section = _Draft(), ""
    for number, line in _lines(text):
        if line.startswith("["):
            section = _section(number, line)
        elif not section:
            _head(draft, number, line)
        elif section == "chords":
            _chord_line(draft, number, line)
        else:
            draft.voices.setdefault(section, []).append((number, line))
    if not draft.bars:
        raise InputError("the sheet has no bars", "write a section: [chords] and: A | C | G7 | C |")
    return _sheet(draft)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.splitlines(), start=1):
        bare = line.strip()
        if bare and not bare.startswith("#"):
            yield number, bare


def _section(number: int, line: str) -> str:
    name = line.strip("[] ").lower()
    if name not in _SECTIONS:
        raise _error(
            number, f"no section {line}", "sections are [chords], [melody], [bass], [inner]"
        )
    return name


def _head(draft: _Draft, number: int, line: str) -> None:
    name, colon, value = line.partition(":")
    name = name.strip().lower()
    if not colon or name not in _HEAD:
        raise _error(number, f"the head knows no {name!r}", f"it has: {', '.join(_HEAD)}")
    draft.head[name] = (number, value.strip())


def _chord_line(draft: _Draft, number: int, line: str) -> None:
    label, bar_line, rest = line.partition("|")
    if not bar_line:
        raise _error(number, "a line of chords has no |", "such as: A | Dm7 G7 | Cmaj7 |")
    label = label.strip()
    bars = [each.strip() for each in rest.split("|")]
    bars = bars[:-1] if not bars[-1] else bars
    if label == "pickup":
        if draft.bars or len(bars) != 1:
            raise _error(
                number, "a pickup is one bar before all others", "such as: pickup | (1) G7 |"
            )
        _bar(draft, number, bars[0], pickup=True)
        return
    if label:
        draft.labels.append((len(draft.bars), label))
    for each in bars:
        _bar(draft, number, each)


def _bar(draft: _Draft, number: int, text: str, *, pickup: bool = False) -> None:
    length, names = _length(draft, number, text, pickup)
    at = -length if pickup else draft.end
    tokens = [_token(number, each) for each in names]
    told = sum((share for _, _, share in tokens if share is not None), Fraction(0))
    silent = sum(share is None for _, _, share in tokens)
    if told > length or (told < length and not silent):
        where = f"bar {len(draft.bars) + 1} of {length} beats has chords of {told}"
        raise _error(number, where, f"give lengths that add up to {length}, such as Dm7:3 G7:1")
    for name, mark, share in tokens:
        lasts = (length - told) / silent if share is None else share
        _place(draft, number, name, mark, at, lasts)
        at += lasts
    if not pickup:
        draft.bars.append(Bar(float(draft.end), int(length)))
        draft.end += length


def _length(draft: _Draft, number: int, text: str, pickup: bool) -> tuple[Fraction, list[str]]:
    """Return the beats of a bar and what stands in it; nothing in it is nothing new."""
    odd = _BAR_LENGTH.match(text)
    if odd:
        length, text = _fraction(number, odd.group(1)), text[odd.end() :]
    else:
        at, value = draft.head.get("meter", (number, "4"))
        length = _fraction(at, value)
    whole = pickup or length.denominator == 1
    if not 0 < length <= _MOST_BEATS or not whole:
        raise _error(number, f"a bar of {length} beats", "give whole beats: meter: 4, or (3) C")
    return length, text.split() or ["%"]


def _token(number: int, text: str) -> tuple[str, str | None, Fraction | None]:
    found = _CHORD.match(text)
    if found is None:
        raise _error(number, f"no chord is written {text!r}", "such as: Dm7, G7/B, Dm7:3, %, N")
    name, mark, share = found.groups()
    lasts = None if share is None else _fraction(number, share)
    if lasts is not None and lasts <= 0:
        raise _error(number, f"{text!r} lasts {share} beats", "give more than 0, such as Dm7:2")
    return name, mark, lasts


def _place(
    draft: _Draft, number: int, name: str, mark: str | None, at: Fraction, lasts: Fraction
) -> None:
    if name == "N":
        draft.open = False
    elif name == "%":
        # Where no chord is before it, it lets the silence go on.
        if draft.open:
            start, _, chord, before = draft.spans[-1]
            draft.spans[-1] = (start, at + lasts, chord, before)
    else:
        try:
            chord = parse(name)
        except InputError as error:
            raise _error(number, error.message, error.hint) from error
        draft.spans.append((at, at + lasts, chord, mark))
        draft.open = True


def _sheet(draft: _Draft) -> LeadSheet:
    head = draft.head
    keys = _keys(head)
    parts = int(_positive(head, "parts", "2"))
    if parts not in (2, 3):
        raise _error(head["parts"][0], f"a beat of {parts} parts", "give 2 or 3")
    sheet = LeadSheet(
        bars=tuple(draft.bars),
        keys=keys,
        phrases=_phrases(draft),
        tempo=float(_positive(head, "tempo", "120")),
        parts=parts,
        title=head.get("title", (0, ""))[1],
        melody_confidence=float(_fraction(*head.get("confidence", (0, "1")))),
    )
    voices: dict[str, Any] = {
        name: tuple(note for number, line in lines for note in _notes(sheet, number, line))
        for name, lines in draft.voices.items()
    }
    return replace(sheet, chords=_spans(sheet, draft), **voices)


def _spans(sheet: LeadSheet, draft: _Draft) -> tuple[ChordSpan, ...]:
    following: list[Chord | None] = [*(each[2] for each in draft.spans), None][1:]
    return tuple(
        ChordSpan(
            float(start),
            float(stop - start),
            chord,
            function(chord, sheet.key_at(float(start)), after) if mark is None else mark,
        )
        for (start, stop, chord, mark), after in zip(draft.spans, following, strict=True)
    )


def _keys(head: dict[str, tuple[int, str]]) -> tuple[tuple[float, str], ...]:
    number, text = head.get("key", (0, "C major"))
    found = []
    for each in text.split(","):
        words = each.split()
        beat = words.pop(0) if len(words) == 3 else "0"
        name = " ".join(words)
        if name not in KEYS:
            raise _error(number, f"no key is called {name!r}", "such as: key: F# minor")
        found.append((float(_fraction(number, beat)), name))
    return tuple(found)


def _phrases(draft: _Draft) -> tuple[Phrase, ...]:
    if "phrases" in draft.head:
        number, text = draft.head["phrases"]
        return tuple(_phrase(number, each) for each in text.split(",") if each.strip())
    edges = [draft.bars[index].onset for index, _ in draft.labels if index < len(draft.bars)]
    labels = [label for _, label in draft.labels]
    if edges and edges[0] > 0:
        edges, labels = [0.0, *edges], ["A", *labels]
    ends = [*edges[1:], float(draft.end)]
    return tuple(
        Phrase(start, end - start, label)
        for start, end, label in zip(edges, ends, labels, strict=False)
    )


def _phrase(number: int, text: str) -> Phrase:
    words = text.split()
    if len(words) != 3:
        raise _error(number, f"no phrase is written {text.strip()!r}", "such as: phrases: A 0 16")
    return Phrase(float(_fraction(number, words[1])), float(_fraction(number, words[2])), words[0])


def _notes(sheet: LeadSheet, number: int, line: str) -> Iterator[LineNote]:
    name, bar_line, rest = line.partition("|")
    name = name.strip()
    if not bar_line or not name.isdecimal() or not 1 <= int(name) <= len(sheet.bars):
        wanted = f"begin with a bar, 1 to {len(sheet.bars)}, and a |"
        raise _error(number, f"no bar {name!r}", f"{wanted}, such as: 5 | C5 1 2")
    start = Fraction(sheet.bars[int(name) - 1].onset)
    for each in rest.split(","):
        if each.strip():
            yield _note(number, start, each.split())


def _note(number: int, start: Fraction, words: list[str]) -> LineNote:
    found = _NOTE.match(words[0])
    if found is None or len(words) < 3:
        raise _error(number, f"no note is written {' '.join(words)!r}", _NOTE_HINT)
    letter, octave = found.groups()
    letter = letter[0].upper() + letter[1:]
    # A flat C is of the octave below the one that it is named after, a sharp B of the next.
    around = letter.count("#") - letter[1:].count("b")
    pitch = pitch_class(letter[0]) + around + 12 * (int(octave) + 1)
    lasts = _fraction(number, words[2])
    if not 0 <= pitch <= 127 or lasts <= 0:
        raise _error(number, f"{' '.join(words)!r} is out of range", _NOTE_HINT)
    more = {"w": 1.0, "v": 0.7}
    for each in words[3:]:
        if each[0] not in more:
            raise _error(number, f"{each!r} is neither weight nor velocity", _NOTE_HINT)
        more[each[0]] = float(_fraction(number, each[1:]))
    onset = start + _fraction(number, words[1]) - 1
    return LineNote(float(onset), float(lasts), pitch, more["w"], more["v"])


def _positive(head: dict[str, tuple[int, str]], name: str, default: str) -> Fraction:
    number, text = head.get(name, (0, default))
    value = _fraction(number, text)
    if value <= 0:
        raise _error(number, f"{name} is {text}", f"give more than 0, such as: {name}: {default}")
    return value


def _fraction(number: int, text: str) -> Fraction:
    text = text.strip()
    try:
        if _NUMBER.match(text):
            return Fraction(text)
    except ZeroDivisionError as error:
        raise _error(number, f"{text!r} divides by 0", "such as: 1.5 or 1/3") from error
    raise _error(number, f"{text[:20]!r} is no number", "such as: 1.5 or 1/3")


def _error(number: int, message: str, hint: str) -> InputError:
    return InputError(f"line {number}: {message}", hint)
