"""Let the actors of a Ray cluster do the work; what is to be done stays in our manifest."""

from __future__ import annotations

import platform
from dataclasses import dataclass, replace
from pathlib import Path

import toolkit
from toolkit.adapters.ray_actors import ActorPool
from toolkit.archive.job import Order, Report, Workshop
from toolkit.archive.places import absolute, is_url
from toolkit.archive.working import worker
from toolkit.archive.working.crew import Crew
from toolkit.errors import ResourceError


@dataclass(frozen=True)
class _Instructions:
    """Hold what an actor is told: for whom it works, and which version it has to be."""

    version: str
    workshop: Workshop


def ray_crew(workshop: Workshop, workers: int, address: str = "") -> Crew:
    """Return a crew of actors on the machines of a cluster, each with one core and its own models.

    Parameters
    ----------
    workshop : Workshop
        What every worker is told. Folders must be there on every node, under the same path.
    workers : int
        Number of actors.
    address : str
        ``host:port`` of a running cluster, ``auto`` for one on this machine; empty to start one.

    Raises
    ------
    ResourceError, UsageError
        As `toolkit.adapters.ray_actors.ActorPool`.
    """
    collection, out = absolute(workshop.collection), absolute(workshop.out)
    anywhere = replace(workshop, collection=collection, out=out)
    return ActorPool[Order, Report](
        worker.work,
        workers,
        _prepare,
        _Instructions(toolkit.__version__, anywhere),
        address=address,
        on_gpu=workshop.device.startswith("cuda"),
    )


def _prepare(instructions: _Instructions) -> None:
    """Get a fresh actor ready for orders, on whatever machine it is."""
    if toolkit.__version__ != instructions.version:
        raise ResourceError(
            f"{platform.node()} has tonearm {toolkit.__version__}, not {instructions.version}",
            "install the same version on every node",
        )
    workshop = instructions.workshop
    for place in (workshop.collection, workshop.out):
        if not is_url(place) and not Path(place).is_dir():
            raise ResourceError(
                f"{platform.node()} has no folder {place}",
                "use a folder that all nodes share, or a URL",
            )
    worker.prepare(workshop)
