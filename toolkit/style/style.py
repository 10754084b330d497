"""Styles as data: one file of ``pipelines/styles/`` says how a piece is to be played."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any

from toolkit.errors import UsageError
from toolkit.shipped import folder
from toolkit.stage import did_you_mean
from toolkit.style.arrangement import ROLES
from toolkit.style.borrowed import patterns
from toolkit.style.borrowed.patterns import Borrowed
from toolkit.values import DRUMS

FEELS = ("straight", "swing", "shuffle")
"""Even eighths; a swing that depends on tempo and role; triplets at every tempo."""

PALETTES = ("plain", "jazz", "blues", "gospel", "bossa", "baroque")
"""Which chords the harmony draws on."""

IDIOMS = ("plain", "jazz", "blues", "baroque")
"""In which way the melody is varied."""

BORROWED = "borrowed"
"""The introduction or the ending of the reference."""

_AT_HAND: ContextVar[Mapping[str, Style]] = ContextVar("styles at hand")


@dataclass(frozen=True)
class Harmony:
    """Hold how chords are treated.

    Parameters
    ----------
    palette : str
        One of `PALETTES`.
    color : float
        Share of chords with a sixth, a seventh or more, 0..1.
    reharm : float
        How much is reharmonized unless the user says, 0..1; 0.5 is what professionals do.
    """

    palette: str = "plain"
    color: float = 0.0
    reharm: float = 0.0


@dataclass(frozen=True)
class Melody:
    """Hold how the melody is treated: an idiom of `IDIOMS`, and how much it is varied, 0..1."""

    idiom: str = "plain"
    change: float = 0.0


@dataclass(frozen=True)
class Form:
    """Hold what is put before and after the piece.

    Parameters
    ----------
    intro : str
        ``none``, ``turnaround``, ``vamp``, ``last-phrase``, ``pedal`` or `BORROWED`.
    ending : str
        ``none``, ``tag`` (the last cadence again), ``hold``, ``ritard`` or `BORROWED`.
    intro_bars : int
        How long the introduction is; 0 for as long as those of its kind are.
    """

    intro: str = "none"
    ending: str = "hold"
    intro_bars: int = 0


@dataclass(frozen=True)
class Mix:
    """Hold what happens to the whole: a room, and how it is recorded.

    Parameters
    ----------
    room_seconds : float
        Reverberation time of the room.
    high_cut_hz : float
        Where the recording's band ends, 0 for nowhere.
    wow_cents, hiss_db, crackle_per_second : float
        Of a tape or a record that it seems to come from; 0, -120 and 0 for none.
    duck_db : float
        How much the bass drum presses the others down.
    """

    room_seconds: float = 1.0
    high_cut_hz: float = 0.0
    wow_cents: float = 0.0
    hiss_db: float = -120.0
    crackle_per_second: float = 0.0
    duck_db: float = 0.0


@dataclass(frozen=True)
class Seat:
    """Hold one player of a style's band.

    Parameters
    ----------
    name : str
        Of the part and its stem; unique in the style.
    role : str
        One of `toolkit.style.arrangement.ROLES`.
    player : str
        A module of `toolkit.style.band.players`.
    program : int
        General MIDI program; `DRUMS` for a player of drums.
    kit : int
        Program number of the drum kit: 0 standard, 32 jazz, 40 brush, 25 TR-808.
    low, high : int
        Range in MIDI numbers.
    gain_db, pan, room : float
        As in `toolkit.style.arrangement.Part`.
    options : Mapping[str, Any]
        What this player wants to know besides, such as ``{"feel": "two"}``.
    """

    name: str
    role: str
    player: str
    program: int = 0
    kit: int = 0
    low: int = 36
    high: int = 84
    gain_db: float = 0.0
    pan: float = 0.0
    room: float = 0.15
    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "options", MappingProxyType(dict(self.options)))


@dataclass(frozen=True)
class Style:
    """Hold a style.

    Parameters
    ----------
    name, summary : str
        The file's name, and one sentence.
    feel : str
        One of `FEELS`.
    tempo : tuple[float, float]
        Slowest and fastest, in beats a minute: a piece's tempo is doubled or halved into it, and
        held at its edge where that does not suffice.
    seats : tuple[Seat, ...]
        All players that there are.
    ensembles : Mapping[str, tuple[str, ...]]
        Seats by the ensemble's name; the first one is what plays unless the user says.
    rubato : float
        How far the tempo bends within a phrase, 0..1.
    meter : int
        3 for a style that is in three whatever the piece is in, else 0.
    swing : float
        Ratio of the soloist's eighths where it is not the feel's usual one, else 0.
    borrowed : Borrowed, optional
        What players of the kind ``borrowed`` play: the bars of a reference.
    """

    name: str
    summary: str
    feel: str
    tempo: tuple[float, float]
    seats: tuple[Seat, ...]
    ensembles: Mapping[str, tuple[str, ...]]
    harmony: Harmony = Harmony()
    melody: Melody = Melody()
    form: Form = Form()
    mix: Mix = Mix()
    rubato: float = 0.0
    meter: int = 0
    swing: float = 0.0
    borrowed: Borrowed | None = None

    def band(self, ensemble: str = "") -> tuple[Seat, ...]:
        """Return the seats of an ensemble, of the first one unless named.

        Raises
        ------
        UsageError
            If the style has no ensemble of that name.
        """
        name = ensemble or next(iter(self.ensembles))
        if name not in self.ensembles:
            raise UsageError(
                f"{self.name} knows no ensemble {name!r}",
                f"choose from {', '.join(self.ensembles)}",
            )
        return tuple(seat for seat in self.seats if seat.name in self.ensembles[name])


def style_names() -> tuple[str, ...]:
    """Return the names of all styles, sorted."""
    return tuple(sorted(path.stem for path in _folder().glob("*.toml")))


@contextmanager
def at_hand(name: str, style: Style) -> Iterator[None]:
    """Let `load_style` find a style by a name or path under which no file lies yet."""
    token = _AT_HAND.set({**_AT_HAND.get({}), name: style})
    try:
        yield
    finally:
        _AT_HAND.reset(token)


def load_style(name: str) -> Style:
    """Return a style by name or, with a slash or ``.toml``, by path.

    Raises
    ------
    UsageError
        If there is none of that name, or the file says what no style can say.
    """
    found = _AT_HAND.get({}).get(name)
    if found is not None:
        return found
    path = Path(name) if "/" in name or name.endswith(".toml") else _folder() / f"{name}.toml"
    if not path.is_file():
        raise UsageError(
            f"no style {name!r}", did_you_mean(name, style_names()) or "see: tonearm styles"
        )
    try:
        return parse_style(path.stem, tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, TypeError, ValueError, KeyError) as error:
        raise UsageError(f"{path.name}: {error}", "compare with pipelines/styles/*.toml") from error


def parse_style(name: str, table: Mapping[str, Any]) -> Style:
    """Return a style from the contents of its file.

    Raises
    ------
    ValueError, KeyError, TypeError
        If a value is missing, unknown or out of range.
    """
    known = {"summary", "feel", "tempo", "rubato", "meter", "harmony", "melody", "form", "mix",
             "seat", "ensembles", "swing", "borrowed"}  # fmt: skip
    _refuse(set(table) - known, "the style")
    seats = tuple(_read(Seat, each, "seat") for each in table["seat"])
    ensembles = {key: tuple(names) for key, names in table["ensembles"].items()}
    _check_band(seats, ensembles)
    slow, fast = (float(each) for each in table["tempo"])
    style = Style(
        name=name,
        summary=str(table["summary"]),
        feel=_one_of(str(table["feel"]), FEELS),
        tempo=(slow, fast),
        seats=seats,
        ensembles=MappingProxyType(ensembles),
        harmony=_read(Harmony, table.get("harmony", {}), "harmony"),
        melody=_read(Melody, table.get("melody", {}), "melody"),
        form=_read(Form, table.get("form", {}), "form"),
        mix=_read(Mix, table.get("mix", {}), "mix"),
        rubato=float(table.get("rubato", 0.0)),
        meter=int(table.get("meter", 0)),
        swing=float(table.get("swing", 0.0)),
        borrowed=patterns.read(table["borrowed"]) if "borrowed" in table else None,
    )
    _one_of(style.harmony.palette, PALETTES)
    _one_of(style.melody.idiom, IDIOMS)
    if style.meter not in (0, 3):
        raise ValueError(f"meter = {style.meter} is neither 3 nor 0")
    if not 0 <= style.swing <= 4:
        raise ValueError(f"swing = {style.swing} is no ratio of 0 to 4")
    if not 20 <= slow <= fast <= 400:
        raise ValueError(f"tempo = [{slow}, {fast}] is not slow and fast, in beats a minute")
    return style


def _folder() -> Path:
    return folder("pipelines") / "styles"


def _read(kind: Any, table: Mapping[str, Any], where: str) -> Any:
    """Return a dataclass from a table of the same keys, numbers as the type of their default."""
    _refuse(set(table) - {each.name for each in fields(kind)}, where)
    values: dict[str, Any] = {}
    for each in fields(kind):
        if each.name in table:
            given = table[each.name]
            values[each.name] = float(given) if isinstance(each.default, float) else given
        elif each.default is MISSING and each.default_factory is MISSING:
            raise ValueError(f"{where} has no {each.name}")
    return kind(**values)


def _check_band(seats: tuple[Seat, ...], ensembles: Mapping[str, tuple[str, ...]]) -> None:
    names = [seat.name for seat in seats]
    if len(set(names)) != len(names) or not ensembles:
        raise ValueError("seats need names of their own, and there has to be an ensemble")
    for seat in seats:
        _one_of(seat.role, ROLES)
        if not (0 <= seat.program <= DRUMS and 0 <= seat.low <= seat.high <= 127):
            raise ValueError(f"seat {seat.name}: program or range is out of MIDI's")
    for members in ensembles.values():
        _refuse(set(members) - set(names), "ensembles")


def _one_of(value: str, choices: tuple[str, ...]) -> str:
    if value not in choices:
        raise ValueError(f"{value!r} is none of {', '.join(choices)}")
    return value


def _refuse(unknown: set[str], where: str) -> None:
    if unknown:
        raise ValueError(f"{where} knows no {', '.join(sorted(unknown))}")
