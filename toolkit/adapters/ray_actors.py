"""Run a function in actors of a Ray cluster, which are replaced when they die or hang.

Ray only says where the actors run: no call is ever repeated here, and what has to be done is not
known to the cluster. One call at a time goes to an actor, so that its time is its own.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from math import ceil, floor
from time import monotonic, sleep
from typing import Any, Generic, Literal, TypeVar

from toolkit.adapters.ray_cluster import begin, first_line
from toolkit.adapters.worker_process import settle
from toolkit.errors import ResourceError

Given = TypeVar("Given")
Answer = TypeVar("Answer")

Loss = Literal["died", "hung", "gone"]

_MOST_FALSE_STARTS = 3


@dataclass
class _Slot(Generic[Given]):
    """Hold one actor: what it was asked, and until when it may take for that."""

    actor: Any
    call: Any
    node: str = ""
    process: int = 0
    given: Given | None = None
    deadline: float = field(default=float("inf"))

    @property
    def is_idle(self) -> bool:
        return self.call is None


class _Host:
    """Prepare once, then do one call after another; becomes an actor."""

    def __init__(self, function: Callable[[Any], Any], prepare: Callable[[Any], None]) -> None:
        self._function, self._prepare = function, prepare

    def get_ready(self, instructions: Any) -> tuple[str, int]:
        """Prepare; return the id of the node, and that of the process there."""
        import ray

        settle()
        self._prepare(instructions)
        return str(ray.get_runtime_context().get_node_id()), os.getpid()

    def do(self, given: Any) -> Any:
        """Return what the function makes of it."""
        return self._function(given)


class ActorPool(Generic[Given, Answer]):
    """Hold actors and the calls that are under way.

    Parameters
    ----------
    function : callable
        ``function(given)``, importable by name on every node; it must not raise.
    workers : int
        Number of actors. On a cluster with room for fewer, the others start when there is room.
    prepare, instructions
        ``prepare(instructions)`` is called first in every new actor.
    address : str
        ``host:port`` of a running cluster, ``auto`` for the one of this machine; empty to start one
        here, which ends with this pool.
    on_gpu : bool
        Whether the actors share the cluster's graphics processors evenly.

    Raises
    ------
    ResourceError
        If Ray is not installed, too old, or the cluster cannot be reached or has not what it takes.
    UsageError
        If the address is of another kind, or of a cluster that anybody may use.
    """

    def __init__(
        self,
        function: Callable[[Given], Answer],
        workers: int,
        prepare: Callable[[Any], None],
        instructions: Any,
        *,
        address: str = "",
        on_gpu: bool = False,
    ) -> None:
        self._work = (function, prepare)
        self._instructions = instructions
        self._ray = begin(address, workers)
        self._false_starts = 0
        try:
            gpus = self._share(workers) if on_gpu else 0.0
            # With one core an actor also gets one thread for its sums: the number of threads a sum
            # is split over would decide its last bits.
            self._kind = self._ray.remote(
                num_cpus=1,
                num_gpus=gpus,
                max_restarts=0,
                max_task_retries=0,
            )(_Host)
            self._slots: list[_Slot[Given]] = [self._hire() for _ in range(workers)]
        except BaseException:
            self._ray.shutdown()
            raise

    def __len__(self) -> int:
        return sum(slot.given is not None for slot in self._slots)

    @property
    def room(self) -> int:
        """Return how many actors are ready and have nothing to do."""
        return sum(slot.is_idle for slot in self._slots)

    def submit(self, given: Given, seconds: float | None) -> None:
        """Hand a call that may take so many seconds to an actor that has nothing to do."""
        slot = next(slot for slot in self._slots if slot.is_idle)
        slot.given, slot.call = given, slot.actor.do.remote(given)
        slot.deadline = monotonic() + (float("inf") if seconds is None else seconds)

    def wait(self, seconds: float) -> list[tuple[Given, Answer | Loss]]:
        """Return what ended since the last time, waiting up to some seconds for the first.

        Raises
        ------
        ResourceError
            If no actor can be prepared.
        """
        calls = {slot.call: slot for slot in self._slots if not slot.is_idle}
        if not calls:
            sleep(seconds)
            return []
        until = min(seconds, *(slot.deadline - monotonic() for slot in self._slots))
        self._ray.wait(list(calls), num_returns=1, timeout=max(until, 0))
        done, _ = self._ray.wait(list(calls), num_returns=len(calls), timeout=0)
        ended = [answer for call in done for answer in self._settle(calls[call])]
        for slot in self._slots:
            if monotonic() > slot.deadline and slot.given is not None:
                ended.append((slot.given, "hung"))
                self._replace(slot)
        return ended

    def stop(self) -> list[Given]:
        """End all actors at once; return the calls that were under way."""
        lost = [slot.given for slot in self._slots if slot.given is not None]
        for slot in self._slots:
            self._ray.kill(slot.actor)
        self._slots = []
        self._ray.shutdown()
        return lost

    def close(self) -> None:
        """End the actors, and the cluster if it was started here, when nothing is left to do."""
        while len(self):
            self.wait(1)
        self.stop()

    def _settle(self, slot: _Slot[Given]) -> list[tuple[Given, Answer | Loss]]:
        """Return what came of an actor's call; nothing if that was only to get ready."""
        from ray import exceptions

        given = slot.given
        try:
            answer = self._ray.get(slot.call)
        except exceptions.RayError as error:
            loss = self._loss(slot, error)
            if given is None:
                self._check_start(error)
            self._replace(slot)
            return [] if given is None else [(given, loss)]
        slot.call, slot.given, slot.deadline = None, None, float("inf")
        if given is None:
            (slot.node, slot.process), self._false_starts = answer, 0
            return []
        return [(given, answer)]

    def _loss(self, slot: _Slot[Given], error: Exception) -> Loss:
        """Return whether an actor died by itself or lost its node, or its node us."""
        from ray.exceptions import ActorDiedError, RayTaskError

        alive = {node["NodeID"] for node in self._ray.nodes() if node["Alive"]}
        by_itself = isinstance(error, ActorDiedError | RayTaskError)
        return "died" if by_itself and slot.node in alive else "gone"

    def _check_start(self, error: Exception) -> None:
        """Let an actor that dies before it is ready be replaced, but not for ever."""
        from ray.exceptions import RayTaskError

        if isinstance(error, RayTaskError):
            raise _not_ready(error) from error
        self._false_starts += 1
        if self._false_starts >= _MOST_FALSE_STARTS:
            raise ResourceError(
                f"the workers die before they begin: {first_line(error)}",
                "see the logs of the Ray cluster; is there memory enough for so many?",
            ) from error

    def _hire(self) -> _Slot[Given]:
        actor = self._kind.remote(*self._work)
        return _Slot(actor, actor.get_ready.remote(self._instructions))

    def _replace(self, slot: _Slot[Given]) -> None:
        self._ray.kill(slot.actor)
        self._slots[self._slots.index(slot)] = self._hire()

    def _share(self, workers: int) -> float:
        gpus = int(self._ray.cluster_resources().get("GPU", 0))
        if not gpus:
            raise ResourceError("the Ray cluster has no graphics processor", "try: --device cpu")
        return gpu_share(workers, gpus)


def gpu_share(workers: int, gpus: int) -> float:
    """Return the part of a graphics processor that each of some workers gets.

    As many on each as are needed for all to find a place; rounded down to what Ray counts in.
    """
    return floor(10_000 / ceil(workers / gpus)) / 10_000 if workers > gpus else 1.0


def _not_ready(error: Any) -> ResourceError:
    cause = error.cause
    hint = getattr(cause, "hint", "") or "are all nodes set up alike?"
    return ResourceError(f"a worker cannot begin: {getattr(cause, 'message', cause)}", hint)
