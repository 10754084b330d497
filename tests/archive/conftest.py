"""Collections of tiny recordings: fresh, restored, with hostile names, or to fail on purpose."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile

from toolkit import registry
from toolkit.archive.job import Workshop
from toolkit.archive.manifest import Manifest
from toolkit.archive.naming import Naming, shard_of
from toolkit.archive.places import FolderCollection, FolderOutput
from toolkit.archive.plan import Planner, Selection
from toolkit.archive.working import worker
from toolkit.pipeline import load, parse
from toolkit.restore import Recipe

NULL = 'name = "null"\nsummary = "Copies."\n[[step]]\nstage = "dehum"\nstrength = 0.0\n'
RATE = 8000


@pytest.fixture(scope="session")
def null_recipe():
    return Recipe(parse(NULL, "null.toml"))


@pytest.fixture
def write():
    def write_recording(
        path: Path, first: float = 0.0, seconds: float = 0.1, seed: int = 0
    ) -> Path:
        rng = np.random.default_rng([seed, round(10 * first)])
        samples = (0.01 * rng.standard_normal((round(seconds * RATE), 1))).astype(np.float32)
        samples[0] = first
        path.parent.mkdir(parents=True, exist_ok=True)
        # Opened here: libsndfile's binding takes no names that are not UTF-8.
        with path.open("wb") as file:
            soundfile.write(file, samples, RATE, subtype="PCM_16", format="WAV")
        return path

    return write_recording


@pytest.fixture
def faulty_recipe(monkeypatch, tmp_path):
    """A chain of the stage in ``faulty``, found as any third party's is."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent / "faulty"))
    caches = (registry.stage_keys, registry.stage_class, registry._foreign)
    for each in caches:
        each.cache_clear()
    (tmp_path / "marks").mkdir()
    text = 'name = "faulty"\nsummary = "Fails."\n[[step]]\nstage = "faulty"\n'
    (tmp_path / "faulty.toml").write_text(f'{text}marks = "{tmp_path}/marks"\n')
    yield Recipe(load(str(tmp_path / "faulty.toml")))
    for each in caches:
        each.cache_clear()


CHAIN = 'name = "gentle"\nsummary = "Little."\n[[step]]\nstage = "dehum"\nstrength = 0.5\n'
NAMES = (
    "-dash.wav",
    "=1+1.wav",
    "folder/inner/side b.wav",
    "folder.wav",
    "line\nend.wav",
    "naïve – 夜.flac",
    "back\\slash.wav",
    os.fsdecode(b"caf\xe9 = 1.wav"),
)
BROKEN = "broken.wav"


@dataclass(frozen=True)
class Restored:
    """Hold where a collection lies, its results, and the manifests of these."""

    collection: Path
    out: Path
    state: Path


def restore_all(collection: Path, out: Path, shards: int = 1) -> Restored:
    """Restore a collection as a batch does it, one job after another."""
    state = out / ".tonearm"
    state.mkdir(parents=True, exist_ok=True)
    recipe = Recipe(parse(CHAIN, "gentle.toml"))
    workshop = Workshop(
        str(collection), str(out), recipe, difference=True, measures=True, pictures=False
    )
    worker.outfit(workshop)
    for number in range(1, shards + 1):
        name = "manifest" if shards == 1 else f"shard-{number}-of-{shards}"
        with Manifest.open(state / f"{name}.sqlite") as manifest:
            _work(manifest, workshop, (number, shards))
    return Restored(collection, out, state)


def _work(manifest: Manifest, workshop: Workshop, shard: tuple[int, int]) -> None:
    from toolkit.archive.job import Order
    from toolkit.provenance import software

    manifest.begin({"software": software(), "checkpoints": []})
    planner = Planner(
        manifest,
        FolderCollection(Path(workshop.collection)),
        FolderOutput(Path(workshop.out)),
        Naming(pipeline="gentle"),
        workshop.recipe.key,
        Selection(shard=shard),
    )
    for id in planner.enroll(planner.plan()):
        job = manifest.get(id)
        assert shard_of(job.source, shard[1]) == shard[0]
        manifest.start([id], [])
        report = worker.work(Order(id, job.source, job.target, job.size))
        if report.result == "done":
            manifest.finish(report)
        else:
            manifest.fail(report, "quarantined")
    manifest.end("finished")


@pytest.fixture(scope="session")
def collection(tmp_path_factory) -> Path:
    """Return a folder of recordings that are tiny, and one that is broken."""
    root = tmp_path_factory.mktemp("collection")
    rng = np.random.default_rng(5)
    for name in NAMES:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        samples = 0.05 * rng.standard_normal((2000, 1))
        soundfile.write(os.fsencode(path), samples, 8000, "PCM_16", format=path.suffix[1:].upper())
    (root / BROKEN).write_bytes(b"RIFF\x10\x00\x00\x00WAVEnothing")
    return root


@pytest.fixture(scope="session")
def finished(collection, tmp_path_factory) -> Restored:
    """Return a restored collection that no test changes."""
    return restore_all(collection, tmp_path_factory.mktemp("finished") / "out")


@pytest.fixture
def restored(finished, tmp_path) -> Restored:
    """Return a copy of a restored collection for one test."""
    out = tmp_path / "out"
    shutil.copytree(finished.out, out)
    return Restored(finished.collection, out, out / ".tonearm")


@pytest.fixture(scope="session")
def sharded(collection, tmp_path_factory) -> Restored:
    """Return the same collection, restored in four shards."""
    return restore_all(collection, tmp_path_factory.mktemp("sharded") / "out", shards=4)


@pytest.fixture(scope="session")
def restore_folder():
    """Return what restores a folder into another."""
    return restore_all
