"""Run a function in worker processes that are replaced when they die or hang (pebble).

The pools of the standard library break for good when one worker is killed, as the system does when
memory runs out; this one fails the one call and starts another worker.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from concurrent.futures.process import BrokenProcessPool
from time import sleep
from typing import Any, Generic, Literal, TypeVar

from toolkit.adapters.worker_process import settle
from toolkit.errors import ResourceError

Given = TypeVar("Given")
Answer = TypeVar("Answer")

Loss = Literal["died", "hung"]

# Seconds between asking a worker that hangs to end and ending it.
_TERM_SECONDS = 0.5


class ProcessPool(Generic[Given, Answer]):
    """Hold worker processes and the calls that are under way.

    Parameters
    ----------
    function : callable
        ``function(given)``, importable by name; it must not raise.
    workers : int
        Number of processes.
    prepare, instructions
        ``prepare(instructions)`` is called first in every new process, if there is anything to
        prepare beyond `toolkit.adapters.worker_process.settle`.
    """

    def __init__(
        self,
        function: Callable[[Given], Answer],
        workers: int,
        prepare: Callable[[Any], None] | None = None,
        instructions: Any = None,
    ) -> None:
        import multiprocessing

        import pebble
        from pebble.common.types import CONSTS

        CONSTS.term_timeout = _TERM_SECONDS
        self._function = function
        self._workers = workers
        # Fresh interpreters: a fork would inherit locks and threads of libraries.
        self._pool: Any = pebble.ProcessPool(
            max_workers=workers,
            initializer=_begin,
            initargs=(pickle.dumps((prepare, instructions)),),
            context=multiprocessing.get_context("spawn"),
        )
        self._under_way: dict[Future[Answer], Given] = {}

    def __len__(self) -> int:
        return len(self._under_way)

    @property
    def room(self) -> int:
        """Return how many more calls keep every worker busy.

        One more than there are workers: one that is done finds its next call waiting.
        """
        return self._workers + 1 - len(self)

    def submit(self, given: Given, seconds: float | None) -> None:
        """Hand over a call that may take so many seconds once it begins."""
        future = self._pool.schedule(self._function, args=[given], timeout=seconds)
        self._under_way[future] = given

    def wait(self, seconds: float) -> list[tuple[Given, Answer | Loss]]:
        """Return what ended since the last time, waiting up to some seconds for the first.

        Raises
        ------
        ResourceError
            If no worker can be started.
        """
        from pebble import ProcessExpired

        if not self._under_way:
            sleep(seconds)
        done, _ = wait(self._under_way, timeout=seconds, return_when=FIRST_COMPLETED)
        ended: list[tuple[Given, Answer | Loss]] = []
        for future in done:
            given = self._under_way.pop(future)
            try:
                ended.append((given, future.result()))
            except ProcessExpired:
                ended.append((given, "died"))
            except TimeoutError:
                ended.append((given, "hung"))
            except (CancelledError, BrokenProcessPool) as error:
                # The pool gives up when a fresh process cannot even be prepared.
                raise ResourceError(
                    "the worker processes cannot start", "their own words stand above"
                ) from error
        return ended

    def stop(self) -> list[Given]:
        """End all workers at once; return the calls that were under way."""
        self._pool.stop()
        self._pool.join()
        lost, self._under_way = list(self._under_way.values()), {}
        return lost

    def close(self) -> None:
        """End the workers when they have nothing left to do."""
        self._pool.close()
        self._pool.join()


def _begin(told: bytes) -> None:
    """Settle a fresh process, then prepare it as told.

    That comes as bytes since reading it imports what `prepare` stands on, numpy for instance.
    """
    settle()
    prepare, instructions = pickle.loads(told)
    if prepare is not None:
        prepare(instructions)
