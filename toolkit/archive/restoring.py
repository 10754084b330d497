"""Restore a whole collection: plan, check, work, and write down what happened."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Literal

from toolkit.archive.job import Entry, State, Workshop
from toolkit.archive.lock import holding
from toolkit.archive.manifest import Manifest
from toolkit.archive.naming import PICTURES, Naming, picture_at
from toolkit.archive.places import absolute, collection_at, is_url, output_at, state_folder
from toolkit.archive.plan import Plan, Planner, Selection
from toolkit.archive.working.crew import Crew, local_crew
from toolkit.archive.working.engine import Ending, Engine, Notify, Policy, Stop
from toolkit.checkpoints import read_weights, shipped
from toolkit.errors import ResourceError, UsageError
from toolkit.provenance import software
from toolkit.restore import Recipe
from toolkit.values import Audio

# What is written beside results: records, pages, pictures and the manifest.
_BESIDE_BYTES = 120_000
_SPARE = 1.05
_WATCH_SECONDS = 2.0


@dataclass(frozen=True)
class Batch:
    """Hold what a collection is to be restored with.

    Parameters
    ----------
    workshop : Workshop
        What every worker is told: from where, whereto, what is done.
    naming, selection, policy
        How results are called, which recordings are meant, how patient to be.
    state : str
        Folder of the manifest; inside the output if empty.
    workers : int
        Number of processes.
    engine : {'local', 'ray'}
        Where they run.
    ray_address : str
        Of a running cluster; empty: one is started here.
    rehash, retry_quarantined
        As in `toolkit.archive.plan.Planner`.
    allow_generative : bool
        Whether models that invent sound may be used.
    settle : float
        Seconds that a recording must have rested before a watch takes it.
    """

    workshop: Workshop
    naming: Naming = field(default_factory=Naming)
    selection: Selection = field(default_factory=Selection)
    policy: Policy = field(default_factory=Policy)
    state: str = ""
    workers: int = 1
    engine: Literal["local", "ray"] = "local"
    ray_address: str = ""
    rehash: bool = False
    retry_quarantined: bool = False
    allow_generative: bool = False
    settle: float = 10.0

    def __post_init__(self) -> None:
        shop = self.workshop
        _check_output(shop.recipe)
        if not is_url(shop.collection) and not is_url(shop.out):
            _check_apart(Path(shop.collection), Path(shop.out))
        if not self.allow_generative:
            _check_models(shop.recipe)

    @property
    def state_folder(self) -> Path:
        """Return where the manifest is."""
        return state_folder(self.workshop.out, self.state)

    @property
    def manifest_path(self) -> Path:
        """Return the manifest's file: each shard has its own."""
        number, count = self.selection.shard
        name = "manifest" if count == 1 else f"shard-{number}-of-{count}"
        return self.state_folder / f"{name}.sqlite"

    def planner(self, manifest: Manifest) -> Planner:
        """Return what compares the collection with a manifest."""
        shop, inside = self.workshop, ""
        if not is_url(shop.collection) and not is_url(shop.out) and Path(shop.out).is_dir():
            inside = shop.out
        return Planner(
            manifest=manifest,
            collection=collection_at(shop.collection, inside),
            output=output_at(shop.out),
            naming=self.naming,
            recipe=shop.recipe.key,
            selection=self.selection,
            rehash=self.rehash,
            retry_quarantined=self.retry_quarantined,
        )


@dataclass(frozen=True)
class Summary:
    """Hold what came of a batch.

    Parameters
    ----------
    ending : Ending
        How it ended.
    plan : Plan
        What was to be done at its beginning.
    counts : Mapping
        Jobs of the whole manifest by state.
    """

    ending: Ending
    plan: Plan
    counts: Mapping[State, int]


def look(batch: Batch) -> Plan:
    """Return what a batch would do, without writing anything."""
    path = batch.manifest_path
    with Manifest.open(path if path.exists() else Path(":memory:")) as manifest:
        return batch.planner(manifest).plan()


def hire(batch: Batch, workers: int) -> Crew:
    """Return workers for a batch, on this machine or on a cluster."""
    if batch.engine == "ray":
        from toolkit.archive.working.ray_crew import ray_crew

        return ray_crew(batch.workshop, workers, batch.ray_address)
    return local_crew(batch.workshop, workers)


def restore_collection(
    batch: Batch,
    stop: Stop,
    notify: Notify,
    *,
    watch: bool = False,
    hire: Callable[[Batch, int], Crew] = hire,
) -> Summary:
    """Restore what is not yet done of a collection.

    Parameters
    ----------
    stop : Stop
        Takes the wish to stop while this runs.
    notify : callable
        Told of everything that happens; first ``planned``.
    watch : bool
        Whether to go on looking for new recordings until stopped.
    hire : callable
        ``hire(batch, workers)`` gives the workers.

    Raises
    ------
    UsageError
        If another run works on this output, or there is nothing to do it with.
    ResourceError
        If weights are missing, or there is no room for the results.
    """
    with _opened(batch) as manifest:
        manifest.begin(_facts(batch))
        ending: Ending = "interrupted"
        try:
            planner = batch.planner(manifest)
            # A watch takes nothing before it has seen it rest.
            plan = planner.plan([] if watch else None)
            _check_weights(batch.workshop.recipe)
            _check_room(batch, plan)
            jobs = planner.enroll(plan)
            notify("planned", _planned(plan))
            more = _watching(batch, planner, stop) if watch else None
            if jobs or watch:
                crew = hire(batch, batch.workers if watch else min(batch.workers, len(jobs)))
                ending = _work(batch, planner, crew, jobs, stop, notify, more)
            else:
                ending = "finished"
        finally:
            manifest.end(ending)
        return Summary(ending, plan, manifest.counts())


def _work(
    batch: Batch,
    planner: Planner,
    crew: Crew,
    jobs: list[int],
    stop: Stop,
    notify: Notify,
    more: Callable[[], Iterable[int]] | None,
) -> Ending:
    (batch.state_folder / PICTURES).mkdir(exist_ok=True)

    def keep_picture(job: int, png: bytes) -> None:
        picture_at(batch.manifest_path, job).write_bytes(png)

    engine = Engine(
        planner.manifest,
        crew,
        planner.output,
        rename=planner.rename,
        policy=batch.policy,
        notify=notify,
        keep_picture=keep_picture,
    )
    try:
        return engine.work(jobs, stop, more)
    finally:
        crew.close()


@contextmanager
def _opened(batch: Batch) -> Iterator[Manifest]:
    """Yield the manifest of a batch, held against any other run."""
    folder = batch.state_folder
    with ExitStack() as stack:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ResourceError(
                f"cannot write to {batch.workshop.out}: {error.strerror}",
                "name another output folder",
            ) from error
        stack.enter_context(holding(batch.manifest_path.with_suffix(".lock")))
        yield stack.enter_context(Manifest.open(batch.manifest_path))


def _watching(batch: Batch, planner: Planner, stop: Stop) -> Callable[[], list[int]]:
    """Return a function that waits a moment and returns the jobs of what has come to rest.

    A recording is taken when two looks, some time apart, found it with the same size and time: it
    may still be copied.
    """
    seen: dict[str, tuple[Entry, float]] = {}

    def more() -> list[int]:
        began = monotonic()
        while monotonic() - began < _WATCH_SECONDS and not stop.level:
            sleep(0.1)
        entries = list(planner.collection.entries())
        for entry in entries:
            if entry.source not in seen or seen[entry.source][0] != entry:
                seen[entry.source] = (entry, monotonic())
        rested = [entry for entry in entries if monotonic() - seen[entry.source][1] >= batch.settle]
        fresh = [each for each in rested if not _is_hopeless(planner, each)]
        return planner.enroll(planner.plan(fresh)) if fresh and not stop.level else []

    return more


def _is_hopeless(planner: Planner, entry: Entry) -> bool:
    """Return whether a recording failed already as it is, so that a watch leaves it alone."""
    job = planner.manifest.latest(entry.source, planner.recipe)
    return (
        job is not None
        and job.state in ("failed", "quarantined")
        and (job.size, job.stamp) == (entry.size, entry.stamp)
    )


def _check_output(recipe: Recipe) -> None:
    if recipe.pipeline.output is not Audio:
        raise UsageError(
            f"pipeline {recipe.pipeline.name!r} does not make recordings of recordings",
            "see: tonearm pipelines",
        )


def _check_apart(collection: Path, out: Path) -> None:
    inside, outside = collection.resolve(), out.resolve()
    if inside == outside or inside.is_relative_to(outside):
        raise UsageError(
            f"the output {out} would lie among the recordings", "name another folder: --out FOLDER"
        )


def _check_models(recipe: Recipe) -> None:
    for name in recipe.pipeline.checkpoints:
        if shipped().manifest(name).kind == "generative":
            raise UsageError(
                f"pipeline {recipe.pipeline.name!r} uses {name}, which invents sound",
                "an access copy may have that: --allow-generative",
            )


def _check_weights(recipe: Recipe) -> None:
    """Read every weight file once now rather than fail with the first recording."""
    for name in recipe.pipeline.checkpoints:
        read_weights(shipped().manifest(name))


def _check_room(batch: Batch, plan: Plan) -> None:
    """Refuse a batch that cannot fit, unless it may wait for room."""
    if is_url(batch.workshop.out):
        return  # what is free there cannot be asked; a store that refuses is told of by its jobs
    free = output_at(batch.workshop.out).free_bytes()
    each = 2 if batch.workshop.difference else 1
    needed = round(_SPARE * each * plan.num_bytes) + _BESIDE_BYTES * len(plan.work())
    if free is not None and free < needed and batch.policy.on_full == "stop":
        raise ResourceError(
            f"the results need about {needed / 1e9:.1f} GB, {free / 1e9:.1f} GB are free",
            "free some, name another disk, or wait for room as it goes: --on-full pause",
        )


def _facts(batch: Batch) -> dict[str, Any]:
    shop = batch.workshop
    pipeline = shop.recipe.pipeline
    return {
        "collection": absolute(shop.collection),
        "out": absolute(shop.out),
        "pipeline": {"name": pipeline.name, "sha256": pipeline.sha256, "steps": pipeline.recipe},
        "checkpoints": [
            {"name": each.name, "class": each.kind, "sha256": each.sha256}
            for each in map(shipped().manifest, pipeline.checkpoints)
        ],
        "recipe": shop.recipe.key,
        "strength": shop.recipe.strength,
        "seed": shop.recipe.seed,
        "device": shop.device,
        "engine": batch.engine,
        "workers": batch.workers,
        "shard": list(batch.selection.shard),
        "policy": asdict(batch.policy),
        "host": platform.node(),
        "software": software(),
    }


def _planned(plan: Plan) -> dict[str, Any]:
    return {
        "to_do": len(plan.work()),
        "bytes": plan.num_bytes,
        "done": plan.count("done"),
        "quarantined": plan.count("quarantined"),
        "gone": len(plan.gone),
    }
