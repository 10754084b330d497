"""What a stage is: a frozen definition whose fields are parameters and whose call is typed.

A stage holds no weights, no device and no state; `Run` carries what is not musical. One
declaration of a parameter gives validation, command-line options, help, tables and provenance.
"""

from __future__ import annotations

import inspect
import sys
import typing
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from difflib import get_close_matches
from typing import Any, Protocol, TypeVar, dataclass_transform

from toolkit.errors import UsageError

_Class = TypeVar("_Class")


class Stage(Protocol):
    """Describe what the executor calls: one or more values and a run in, one value out.

    A stage may also have ``tuned(condition) -> (stage, reason)``, which an automatic pipeline calls
    with the measured `toolkit.dsp.condition.Condition` of its input: the stage answers with itself
    at the strength that the recording needs, and one sentence why.

    And it may have a property ``checkpoints``: the names of those that it loads with the parameters
    it has, which belong to what decides a result (see `checkpoints_of`).
    """

    def __call__(self, *inputs_and_run: Any) -> Any:
        """Return the output value; the last argument is the run."""


@dataclass(frozen=True)
class Parameter:
    """Describe one parameter of a stage as declared with `param`."""

    name: str
    kind: type
    default: Any
    unit: str = ""
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    help: str = ""

    @property
    def range(self) -> str:
        """Return the allowed values in words, empty when anything goes."""
        if self.choices:
            return ", ".join(self.choices)
        if self.low is None and self.high is None:
            return ""
        low = "" if self.low is None else f"{self.low:g}"
        high = "" if self.high is None else f"{self.high:g}"
        return f"{low}..{high}"

    def check(self, value: Any, owner: str) -> Any:
        """Return `value` as the parameter's type.

        Raises
        ------
        UsageError
            If the type or the range does not fit; names the owner and what is allowed.
        """
        value = self._coerce(value, owner)
        if self.choices and value not in self.choices:
            raise UsageError(
                f"{owner}: {self.name} = {value!r} is not one of {self.range}",
                _did_you_mean(str(value), self.choices) or f"try {self.name} = {self.default!r}",
            )
        too_low = self.low is not None and not value >= self.low
        too_high = self.high is not None and not value <= self.high
        if too_low or too_high:
            raise UsageError(
                f"{owner}: {self.name} = {value:g} is outside {self.range}"
                + (f" {self.unit}" if self.unit else ""),
                f"the default is {self.name} = {self.default:g}",
            )
        return value

    def _coerce(self, value: Any, owner: str) -> Any:
        if self.kind is float and isinstance(value, int) and not isinstance(value, bool):
            return float(value)
        if self.kind is not bool and isinstance(value, bool):
            fits = False
        else:
            fits = isinstance(value, self.kind)
        if not fits:
            raise UsageError(
                f"{owner}: {self.name} = {value!r} is not a {self.kind.__name__}",
                f"the default is {self.name} = {self.default!r}",
            )
        return value


def checkpoints_of(stage: Any) -> tuple[str, ...]:
    """Return the names of the checkpoints that a stage loads as it is configured."""
    names: tuple[str, ...] = getattr(stage, "checkpoints", ())
    return names


def param(
    default: Any,
    *,
    unit: str = "",
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
    help: str,
) -> Any:
    """Declare a parameter of a stage.

    Parameters
    ----------
    default : bool, int, float or str
        Also decides the type.
    unit : str
        Such as ``Hz`` or ``dB``; empty when the number has none.
    low, high : float, optional
        Inclusive range.
    choices : tuple[str, ...]
        The words a string parameter may take.
    help : str
        What it does, one phrase.
    """
    facts = {"unit": unit, "low": low, "high": high, "choices": choices, "help": help}
    return field(default=default, metadata=facts)


def parameters(stage: Any) -> tuple[Parameter, ...]:
    """Return the parameters of a stage class or instance, in order of declaration."""
    hints = typing.get_type_hints(stage if isinstance(stage, type) else type(stage))
    return tuple(_parameter(each, hints[each.name]) for each in fields(stage) if each.init)


def _parameter(declared: Field[Any], kind: type) -> Parameter:
    if declared.default is MISSING:
        raise TypeError(f"parameter {declared.name!r} needs a default: declare it with param()")
    return Parameter(declared.name, kind, declared.default, **declared.metadata)


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(param,))
def stage(cls: type[_Class]) -> type[_Class]:
    """Make a class a stage: a frozen, keyword-only dataclass that checks its parameters.

    Examples
    --------
    >>> @stage
    ... class Gain:
    ...     "Change the level."
    ...     gain_db: float = param(0.0, unit="dB", low=-60, high=60, help="level change")
    >>> Gain(gain_db=3)
    Gain(gain_db=3.0)
    """

    def check(self: Any) -> None:
        for each in parameters(cls):
            value = each.check(getattr(self, each.name), stage_key(cls))
            object.__setattr__(self, each.name, value)

    # The dataclass decorator looks for __post_init__ when it writes __init__, so it comes first.
    cls.__post_init__ = check  # type: ignore[attr-defined]
    return dataclass(frozen=True, kw_only=True)(cls)


def stage_key(cls: type) -> str:
    """Return the name a stage goes by: its file's name with dashes, else its class's name."""
    module = cls.__module__.rpartition(".")
    if module[0].endswith("stages"):
        return module[2].replace("_", "-")
    return cls.__name__.lower()


def build(cls: type[_Class], values: Mapping[str, Any], owner: str = "") -> _Class:
    """Return a stage made from named values.

    Raises
    ------
    UsageError
        For an unknown name (with the nearest known one), a wrong type or a value out of range.
    """
    known = {each.name: each for each in parameters(cls)}
    owner = owner or stage_key(cls)
    for name in values:
        if name not in known:
            raise UsageError(
                f"{owner} has no parameter {name!r}",
                _did_you_mean(name, known) or f"it has: {', '.join(known) or 'none'}",
            )
    return cls(**{name: known[name].check(value, owner) for name, value in values.items()})


@dataclass(frozen=True)
class Signature:
    """Hold the value types a stage takes, in order, and the one it makes."""

    inputs: tuple[type, ...]
    output: type


def signature(cls: type) -> Signature:
    """Return what a stage's ``__call__`` says it takes and makes, its run left out."""
    call = cls.__call__
    hints = typing.get_type_hints(call, vars(sys.modules[cls.__module__]))
    names = [name for name in inspect.signature(call).parameters if name != "self"]
    return Signature(tuple(hints[name] for name in names[:-1]), hints["return"])


def summary(cls: type) -> str:
    """Return the first line of a stage's docstring."""
    return (cls.__doc__ or "").strip().splitlines()[0]


def _did_you_mean(word: str, known: Any) -> str:
    near = get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f"did you mean {near[0]!r}?" if near else ""


did_you_mean = _did_you_mean
