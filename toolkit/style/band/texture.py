"""Change only some layers of a style: its instruments, or its accompaniment."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from toolkit.style.style import Form, Seat, Style
from toolkit.values import DRUMS

AS_WRITTEN = "as-written"


def as_written(style: Style, ensemble: str = "", *, fitted: bool = True) -> Style:
    """Return the style with the piece's own voices instead of an accompaniment.

    Whoever plays chords and bass in the ensemble reads them from the sheet; drums are silent, the
    feel is even, and nothing is put before or after the piece.

    Parameters
    ----------
    style : Style
        Whose instruments and mix are kept.
    ensemble : str
        Whose instruments; the first one's if empty.
    fitted : bool
        Whether chords have changed, so that notes held against them have to move.
    """
    seats: list[Seat] = []
    for seat in style.band(ensemble):
        if seat.role == "melody" and not any(each.role == "melody" for each in seats):
            seats.append(replace(seat, player="lead"))
        elif seat.role in ("chords", "counter") and not _taken("inner", seats):
            seats.append(_reader(seat, "inner", fitted))
        elif seat.role == "bass":
            seats.append(_reader(seat, "bass", fitted))
    model = seats[0]
    if not _taken("inner", seats):
        seats.append(_reader(replace(model, name="inner", role="chords"), "inner", fitted))
    if not _taken("bass", seats):
        seats.append(_reader(replace(model, name="low", role="bass"), "bass", fitted))
    names = tuple(seat.name for seat in seats)
    return replace(
        style,
        feel="straight",
        seats=tuple(seats),
        ensembles=MappingProxyType({AS_WRITTEN: names}),
        form=Form("none", "hold"),
    )


def on_piano(style: Style) -> Style:
    """Return the style with a piano in every seat; who played drums stays away."""
    seats = tuple(
        replace(seat, program=0, low=21, high=108) for seat in style.seats if seat.program != DRUMS
    )
    names = {seat.name for seat in seats}
    ensembles = {
        key: tuple(each for each in members if each in names)
        for key, members in style.ensembles.items()
    }
    return replace(style, seats=seats, ensembles=MappingProxyType(ensembles))


def _reader(seat: Seat, voice: str, fitted: bool) -> Seat:
    options = {"voice": voice, "fitted": fitted}
    return replace(seat, player=AS_WRITTEN, low=21, high=108, options=options)


def _taken(voice: str, seats: list[Seat]) -> bool:
    return any(seat.options.get("voice") == voice for seat in seats)
