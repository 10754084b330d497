"""Who does the work: the crew that a batch hands its orders to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from toolkit.adapters.process_pool import ProcessPool
from toolkit.archive.job import Order, Report, Workshop
from toolkit.archive.working import worker


@dataclass(frozen=True)
class Answer:
    """Hold what came of one order.

    Parameters
    ----------
    order : Order
        The order.
    report : Report or None
        None if its worker was lost.
    loss : {'', 'died', 'hung', 'gone'}
        How the worker was lost: it died over this order, did not end in time, or its machine went
        away, for which the order is not to blame.
    """

    order: Order
    report: Report | None = None
    loss: Literal["", "died", "hung", "gone"] = ""


class Crew(Protocol):
    """Describe workers, wherever they run."""

    @property
    def room(self) -> int:
        """Return how many more orders can be handed over now."""

    def submit(self, order: Order, seconds: float | None) -> None:
        """Hand over an order that may take so many seconds."""

    def wait(self, seconds: float) -> list[Answer]:
        """Return what ended, waiting up to some seconds for the first."""

    def stop(self) -> list[Order]:
        """End all work at once; return what was under way."""

    def close(self) -> None:
        """Send the workers home when they have nothing left to do."""


class LocalCrew:
    """Work in processes of this machine.

    Parameters
    ----------
    workshop : Workshop
        What every worker is told.
    workers : int
        Number of processes.
    """

    # So that a worker that is done finds its next order waiting.
    _AHEAD = 1

    def __init__(self, workshop: Workshop, workers: int) -> None:
        self._limit = workers + self._AHEAD
        self._pool: ProcessPool[Order, Report] = ProcessPool(
            worker.work, workers, worker.prepare, workshop
        )

    @property
    def room(self) -> int:
        """Return how many more orders can be handed over now."""
        return self._limit - len(self._pool)

    def submit(self, order: Order, seconds: float | None) -> None:
        """Hand over an order that may take so many seconds."""
        self._pool.submit(order, seconds)

    def wait(self, seconds: float) -> list[Answer]:
        """Return what ended, waiting up to some seconds for the first."""
        return [
            Answer(order, answer) if isinstance(answer, Report) else Answer(order, None, answer)
            for order, answer in self._pool.wait(seconds)
        ]

    def stop(self) -> list[Order]:
        """End all work at once; return what was under way."""
        return self._pool.stop()

    def close(self) -> None:
        """Send the workers home when they have nothing left to do."""
        self._pool.close()
