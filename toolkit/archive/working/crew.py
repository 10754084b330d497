"""Who does the work: the crew that a batch hands its orders to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from toolkit.adapters.process_pool import ProcessPool
from toolkit.archive.job import Order, Report, Workshop
from toolkit.archive.working import worker

Lost = Literal["died", "hung", "gone"]


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
    loss: Lost | Literal[""] = ""


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


class Pool(Protocol):
    """Describe what runs calls in workers and says which of them were lost."""

    @property
    def room(self) -> int:
        """Return how many more calls can be handed over now."""

    def submit(self, given: Order, seconds: float | None) -> None:
        """Hand over a call that may take so many seconds."""

    def wait(self, seconds: float) -> Sequence[tuple[Order, Report | Lost]]:
        """Return what ended, waiting up to some seconds for the first."""

    def stop(self) -> list[Order]:
        """End all work at once; return what was under way."""

    def close(self) -> None:
        """Send the workers home when they have nothing left to do."""


class PooledCrew:
    """Be a crew by means of a pool of workers.

    Parameters
    ----------
    pool : Pool
        Calls `toolkit.archive.working.worker.work`.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @property
    def room(self) -> int:
        """Return how many more orders can be handed over now."""
        return self._pool.room

    def submit(self, order: Order, seconds: float | None) -> None:
        """Hand over an order that may take so many seconds."""
        self._pool.submit(order, seconds)

    def wait(self, seconds: float) -> list[Answer]:
        """Return what ended, waiting up to some seconds for the first.

        Raises
        ------
        ResourceError
            If workers cannot begin.
        """
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


class LocalCrew(PooledCrew):
    """Work in processes of this machine.

    Parameters
    ----------
    workshop : Workshop
        What every worker is told.
    workers : int
        Number of processes.
    """

    def __init__(self, workshop: Workshop, workers: int) -> None:
        pool: ProcessPool[Order, Report] = ProcessPool(
            worker.work, workers, worker.prepare, workshop
        )
        super().__init__(pool)
