"""Who does the work: the crew that a batch hands its orders to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

from toolkit.adapters.process_pool import ProcessPool
from toolkit.archive.job import Order, Report, Workshop
from toolkit.archive.working import worker

Loss = Literal["died", "hung", "gone"]
"""How a worker is lost: it died over its order, did not end in time, or its machine went away, for
which the order is not to blame."""

Answer = tuple[Order, Report | Loss]
"""An order, and its report or how its worker was lost."""


class Crew(Protocol):
    """Describe workers, wherever they run; those of `toolkit.adapters` are such."""

    @property
    def room(self) -> int:
        """Return how many more orders can be handed over now."""

    def submit(self, order: Order, seconds: float | None, /) -> None:
        """Hand over an order that may take so many seconds."""

    def wait(self, seconds: float, /) -> Sequence[Answer]:
        """Return what ended, waiting up to some seconds for the first.

        Raises
        ------
        ResourceError
            If workers cannot begin.
        """

    def stop(self) -> list[Order]:
        """End all work at once; return what was under way."""

    def close(self) -> None:
        """Send the workers home when they have nothing left to do."""


def local_crew(workshop: Workshop, workers: int) -> Crew:
    """Return a crew that works in so many processes of this machine."""
    return ProcessPool[Order, Report](worker.work, workers, worker.prepare, workshop)
