"""One cluster of two workers for all of this: starting it takes longer than the tests."""

import os
import signal
from itertools import islice
from pathlib import Path
from time import monotonic

import numpy as np
import pytest
import soundfile

from toolkit.adapters import ray_cluster
from toolkit.archive.job import Workshop
from toolkit.archive.manifest import Manifest
from toolkit.archive.places import FolderCollection, FolderOutput
from toolkit.archive.working.crew import local_crew
from toolkit.archive.working.engine import Engine, Policy, Stop
from toolkit.archive.working.ray_crew import ray_crew
from toolkit.pipeline import parse
from toolkit.restore import Recipe

pytestmark = pytest.mark.xdist_group("ray")

CHAIN = """
name = "quiet mains"
summary = "Hum alone."
input = "audio"
output = "audio"

[[step]]
stage = "dehum"
"""
RECIPE = Recipe(parse(CHAIN, "test"))


def discs(folder, names):
    folder.mkdir(exist_ok=True)
    for number, name in enumerate(names):
        rng = np.random.default_rng(number)
        time = np.arange(8000) / 8000
        sound = 0.1 * np.sin(2 * np.pi * 50 * time) + 0.05 * rng.standard_normal(len(time))
        soundfile.write(folder / name, sound, 8000, subtype="PCM_16")


def enroll(manifest, collection):
    wanted = [
        (entry, RECIPE.key, 1, entry.source.replace(".wav", ".restored.wav"))
        for entry in FolderCollection(collection).entries()
        if manifest.latest(entry.source) is None
    ]
    manifest.enroll(wanted)
    return [job.id for job in manifest.jobs("pending")]


def hashes(manifest):
    return {job.target: job.output_sha256 for job in manifest.jobs("done")}


def workers_of(manifest):
    names = [event.detail["worker"] for event in manifest.events() if event.outcome == "success"]
    return list(dict.fromkeys(int(name.rpartition(":")[2]) for name in names))


class Batch:
    """A collection, an output, a manifest, and what happens when a crew works through it."""

    def __init__(self, root, collection, crew_of):
        root.mkdir()
        self.collection, self.out = collection, root / "out"
        self.out.mkdir()
        self.manifest = Manifest.open(root / "manifest.sqlite")
        self.manifest.begin({})
        workshop = Workshop(str(collection), str(self.out), RECIPE, measures=False, pictures=False)
        self.crew = crew_of(workshop)
        self.happened = []

    def work(self, policy, on_event=lambda kind: None):
        def notify(kind, facts):
            self.happened.append((kind, facts))
            on_event(kind)

        engine = Engine(
            self.manifest,
            self.crew,
            FolderOutput(self.out),
            rename=lambda job: job,
            policy=policy,
            notify=notify,
        )
        return engine.work(enroll(self.manifest, self.collection), Stop())

    def lost(self):
        return [facts.get("code") for kind, facts in self.happened if kind == "worker-lost"]

    def close(self):
        self.crew.close()
        self.manifest.close()


@pytest.fixture(scope="module")
def batch(tmp_path_factory):
    root = tmp_path_factory.mktemp("ray")
    discs(root / "in", [f"{number:02}.wav" for number in range(12)])
    made = Batch(root / "batch", root / "in", lambda workshop: ray_crew(workshop, 2))
    yield made
    made.close()


def test_an_actor_killed_half_way_costs_nothing(batch, tmp_path, capsys):
    killed = []

    def kill_one(kind):
        if kind == "done" and len(hashes(batch.manifest)) == 6:
            killed.append(workers_of(batch.manifest)[-1])
            os.kill(killed[0], signal.SIGKILL)

    assert batch.work(Policy(seconds=120), kill_one) == "finished"
    assert len(killed) == 1
    assert batch.manifest.counts()["done"] == 12
    # What is said there is for programs to read.
    assert capsys.readouterr().out == ""
    # Whether it had an order in its hands is a matter of milliseconds.
    assert batch.lost() in ([], ["E_WORKER"])
    names = sorted(each.relative_to(batch.out).as_posix() for each in batch.out.rglob("*.*"))
    assert names == sorted(each.path for each in batch.manifest.files())

    alone = Batch(tmp_path / "alone", batch.collection, lambda workshop: local_crew(workshop, 1))
    assert alone.work(Policy()) == "finished"
    assert hashes(alone.manifest) == hashes(batch.manifest)
    alone.close()


def test_an_actor_that_hangs_is_replaced_and_its_order_done_by_another(batch):
    # Both at work already, so that the limit below is for the order and not for loading libraries.
    names = (f"{count}{letter}.wav" for count in range(100, 120) for letter in "abcd")
    while not {slot.process for slot in batch.crew._slots} <= set(workers_of(batch.manifest)):
        while batch.crew.room < 2:
            batch.crew.wait(0.5)
        discs(batch.collection, islice(names, 4))
        assert batch.work(Policy(seconds=120)) == "finished"
    done = set(hashes(batch.manifest))
    discs(batch.collection, ["hung.wav"])
    batch.happened.clear()
    stopped = []

    def stop_it(kind):
        if kind == "started" and not stopped:
            (busy,) = [slot for slot in batch.crew._slots if slot.given is not None]
            os.kill(busy.process, signal.SIGSTOP)
            stopped.append(busy.process)

    assert batch.work(Policy(seconds=10), stop_it) == "finished"
    assert stopped
    assert "E_TIMEOUT" in batch.lost()
    assert set(hashes(batch.manifest)) - done == {"hung.restored.wav"}
    (job,) = [job for job in batch.manifest.jobs("done") if job.source == "hung.wav"]
    assert job.attempts == 1 + job.deaths
    deadline = monotonic() + 30
    while any(alive(pid) for pid in stopped) and monotonic() < deadline:
        batch.crew.wait(0.5)
    assert not any(alive(pid) for pid in stopped)


def test_what_was_started_here_listens_to_this_machine_alone_and_asks_for_a_token(batch):
    import ray

    address = ray.get_runtime_context().gcs_address
    assert address.startswith("127.0.0.1:")
    ray_cluster._refuse_open(address)
    assert listening(), "no server of Ray was found"
    assert {each for each in listening() if not each.startswith(("0100007F", MAPPED))} == set()
    assert len(os.environ["RAY_AUTH_TOKEN"]) == 64


MAPPED = "0000000000000000FFFF00000100007F"


def alive(pid):
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except FileNotFoundError:
        return False


def listening():
    """Return the local addresses, as the kernel writes them, on which our descendants listen."""
    parents = {}
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = place.read_text(encoding="utf-8")
        except FileNotFoundError:
            continue
        parents[int(place.parent.name)] = int(text.rpartition(")")[2].split()[1])
    ours, before = {os.getpid()}, 0
    while len(ours) > before:
        before = len(ours)
        ours |= {pid for pid, parent in parents.items() if parent in ours}
    ours.remove(os.getpid())
    sockets = set()
    for pid in ours:
        for each in Path(f"/proc/{pid}/fd").glob("*"):
            try:
                sockets.add(str(each.readlink()))
            except FileNotFoundError:
                continue
    rows = [
        line.split()
        for name in ("tcp", "tcp6")
        for line in Path(f"/proc/net/{name}").read_text(encoding="utf-8").splitlines()[1:]
    ]
    return {
        row[1].rpartition(":")[0]
        for row in rows
        if row[3] == "0A" and f"socket:[{row[9]}]" in sockets
    }
