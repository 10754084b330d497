"""What a look at the files of an output can find."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["changed", "missing", "unexpected", "unreadable", "disagrees"]
KINDS: tuple[Kind, ...] = ("changed", "missing", "unexpected", "unreadable", "disagrees")


@dataclass(frozen=True)
class Finding:
    """Hold one thing that is not as it should be.

    Parameters
    ----------
    kind : Kind
        ``changed``: other bytes than were written; ``missing``; ``unexpected``: nobody knows of it;
        ``unreadable``: the disk does not give it; ``disagrees``: two sources say different things.
    path : str
        Below the output's root.
    detail : str
        What was found and what should have been.
    job : tuple[int, int], optional
        Which manifest and which of its jobs it belongs to.
    """

    kind: Kind
    path: str
    detail: str
    job: tuple[int, int] | None = None


@dataclass(frozen=True)
class Verdict:
    """Hold what came of a look at an output.

    Parameters
    ----------
    num_files, num_bytes : int
        That were read.
    seconds : float
        That it took.
    findings : Mapping[Kind, int]
        How many of each kind.
    """

    num_files: int
    num_bytes: int
    seconds: float
    findings: Mapping[Kind, int]

    @property
    def is_sound(self) -> bool:
        """Return whether everything is as it was."""
        return not any(self.findings.values())
