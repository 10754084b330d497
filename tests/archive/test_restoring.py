import hashlib
import os
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from toolkit.archive.job import Workshop
from toolkit.archive.manifest import Manifest
from toolkit.archive.plan import Selection
from toolkit.archive.restoring import Batch, look, restore_collection
from toolkit.archive.working import worker
from toolkit.archive.working.engine import Policy, Stop
from toolkit.errors import UsageError
from toolkit.pipeline import load, parse
from toolkit.restore import Recipe

QUIET = {"measures": False, "pictures": False}
LOUD = 'name = "louder"\nsummary = "Another."\n[[step]]\nstage = "dethump"\nstrength = 0.0\n'


def hashes(root):
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file() and ".tonearm" not in path.parts and path.suffix != ".json"
    }


class Heard(list):
    def __call__(self, kind, facts):
        self.append((kind, facts))

    def count(self, kind):
        return sum(each[0] == kind for each in self)


class InlineCrew:
    """Work in this very process, where nothing needs to be survived: it starts at once."""

    def __init__(self, batch, workers):
        worker.outfit(batch.workshop)
        self._orders = []
        self._limit = workers

    @property
    def room(self):
        return self._limit - len(self._orders)

    def submit(self, order, seconds):
        self._orders.append(order)

    def wait(self, seconds):
        orders, self._orders = self._orders, []
        return [(order, worker.work(order)) for order in orders]

    def stop(self):
        return self._orders

    def close(self):
        pass


def restore(batch, **options):
    heard = Heard()
    return restore_collection(batch, Stop(), heard, hire=InlineCrew, **options), heard


def restore_apart(batch):
    """Restore in worker processes, which can die."""
    heard = Heard()
    return restore_collection(batch, Stop(), heard), heard


@pytest.fixture
def make(tmp_path, null_recipe):
    def make_batch(recipe=null_recipe, root=tmp_path, out="out", max_memory=None, **options):
        shop = Workshop(str(root / "in"), str(root / out), recipe, max_memory=max_memory, **QUIET)
        return Batch(shop, **{"workers": 2, **options})

    return make_batch


def test_restores_what_is_there_and_nothing_the_second_time(tmp_path, make, write):
    for number in range(5):
        write(tmp_path / "in" / f"box {number % 2}" / f"{number}.wav", seed=number)
    before = hashes(tmp_path / "in")
    summary, heard = restore(make())
    assert summary.ending == "finished"
    assert summary.counts["done"] == heard.count("done") == 5
    results = hashes(tmp_path / "out")
    assert set(results) == {f"box {n % 2}/{n}.restored.wav" for n in range(5)}
    assert hashes(tmp_path / "in") == before
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*.wav")}
    summary, heard = restore(make())
    assert heard.count("done") == 0
    assert all(path.stat().st_mtime_ns == when for path, when in times.items())


def test_a_bad_recording_touches_no_other(tmp_path, make, write):
    write(tmp_path / "in" / "good.wav")
    (tmp_path / "in" / "empty.wav").write_bytes(b"")
    (tmp_path / "in" / "text.flac").write_text("not music")
    summary, heard = restore(make())
    assert (summary.counts["done"], summary.counts["quarantined"]) == (1, 2)
    codes = {facts["source"]: facts["code"] for kind, facts in heard if kind == "quarantined"}
    assert codes == {"empty.wav": "E_EMPTY", "text.flac": "E_FORMAT"}
    # Set aside is set aside, until it is another file or that is asked.
    assert restore(make())[1].count("quarantined") == 0
    assert restore(make(retry_quarantined=True))[1].count("quarantined") == 2
    (tmp_path / "in" / "empty.wav").unlink()
    write(tmp_path / "in" / "empty.wav")
    assert restore(make())[0].counts["done"] == 2


def test_workers_that_die_or_hang_cost_one_job(tmp_path, make, write, faulty_recipe):
    troubles = {"dies": 0.1, "hangs": 0.2, "exhausts": 0.3, "fails": 0.4, "dies once": 0.6}
    for name, first in troubles.items():
        write(tmp_path / "in" / f"{name}.wav", first)
    for number in range(10):
        write(tmp_path / "in" / f"{number}.wav", seed=number)
    policy = Policy(seconds=3.0, backoff=0.01)
    batch = make(faulty_recipe, policy=policy, max_memory=4 << 30)
    restore_apart(batch)
    with Manifest.open(batch.manifest_path) as manifest:
        states = {job.source: (job.state, job.code, job.deaths) for job in manifest.jobs()}
    assert states.pop("dies.wav") == ("quarantined", "E_WORKER", 2)
    assert states.pop("hangs.wav") == ("quarantined", "E_TIMEOUT", 2)
    assert states.pop("exhausts.wav")[:2] == ("failed", "E_MEMORY")
    assert states.pop("fails.wav")[:2] == ("failed", "E_FAILED")
    assert states.pop("dies once.wav")[0] == "done"
    assert set(states.values()) == {("done", "", 0)}
    assert len(hashes(tmp_path / "out")) == 11


def test_a_failure_that_passes_is_tried_again(tmp_path, make, write, faulty_recipe):
    write(tmp_path / "in" / "passes.wav", 0.5)
    write(tmp_path / "in" / "stays.wav", 0.7)
    batch = make(faulty_recipe, policy=Policy(backoff=0.01))
    summary, heard = restore(batch)
    assert (summary.counts["done"], summary.counts["failed"]) == (1, 1)
    tries = [facts["source"] for kind, facts in heard if kind == "retry"]
    assert sorted(tries) == ["passes.wav", "stays.wav", "stays.wav"]


@pytest.fixture
def powerless(make, tmp_path, write):
    """Return a function that restores as a user whom permissions bind, which root is not."""
    write(tmp_path / "warm" / "in" / "a.wav")
    # What is imported late may lie where that user cannot read.
    restore(make(root=tmp_path / "warm"))

    def as_nobody(batch):
        if os.geteuid() != 0:
            return restore(batch)
        os.seteuid(65534)
        try:
            return restore(batch)
        finally:
            os.seteuid(0)

    return as_nobody


def test_what_may_not_be_read_or_written_is_told_and_the_rest_goes_on(make, write, powerless):
    with TemporaryDirectory() as place:
        root = Path(place)
        for name in ("secret.wav", "open.wav", "locked/a.wav"):
            write(root / "in" / name)
        (root / "out" / "locked").mkdir(parents=True)
        for path in (root, root / "in", root / "in/locked", root / "out"):
            path.chmod(0o777)
        (root / "in" / "secret.wav").chmod(0)
        (root / "out" / "locked").chmod(0o555)
        summary, heard = powerless(make(root=root))
        (root / "out" / "locked").chmod(0o777)
        codes = {facts["source"]: facts["code"] for kind, facts in heard if "code" in facts}
        assert summary.counts["done"] == 1
        assert codes == {"secret.wav": "E_PERMISSION", "locked/a.wav": "E_PERMISSION"}


def test_a_recording_that_vanishes_meanwhile_is_told_and_the_rest_goes_on(tmp_path, make, write):
    victim = write(tmp_path / "in" / "a.wav")
    write(tmp_path / "in" / "b.wav")
    codes = {}

    def hear(kind, facts):
        if kind == "planned":
            victim.unlink()
        codes.update({facts["source"]: facts["code"]} if kind == "failed" else {})

    summary = restore_collection(make(), Stop(), hear, hire=InlineCrew)
    assert summary.counts["done"] == 1
    assert codes == {"a.wav": "E_MISSING"}


def test_fail_fast_ends_with_the_first_failure(tmp_path, make, write, faulty_recipe):
    write(tmp_path / "in" / "fails.wav", 0.4, seconds=5.0)
    for number in range(30):
        write(tmp_path / "in" / f"{number}.wav", seed=number)
    summary, _ = restore(make(faulty_recipe, workers=1, policy=Policy(fail_fast=True)))
    assert summary.ending == "failed fast"
    assert summary.counts["pending"] > 20


def test_another_recipe_or_recording_gives_a_new_derivative_beside_the_old(tmp_path, make, write):
    path = write(tmp_path / "in" / "a.wav")
    restore(make())
    first = hashes(tmp_path / "out")
    other = Recipe(parse(LOUD, "louder.toml"))
    restore(make(other))
    second = hashes(tmp_path / "out")
    assert set(second) == {"a.restored.wav", "a.restored.2.wav"}
    assert second["a.restored.wav"] == first["a.restored.wav"]
    # Back to the first recipe: it is done already.
    assert restore(make())[1].count("done") == 0
    path.unlink()
    write(path, seed=9)
    restore(make())
    assert set(hashes(tmp_path / "out")) == {*second, "a.restored.3.wav"}


def test_a_touched_recording_is_recognized_by_its_content(tmp_path, make, write):
    path = write(tmp_path / "in" / "a.wav")
    restore(make())
    os.utime(path, (1, 1))
    assert look(make()).count("done") == 1
    assert restore(make())[1].count("done") == 0


def test_nothing_that_was_there_is_ever_overwritten(tmp_path, make, write):
    write(tmp_path / "in" / "a.wav")
    (tmp_path / "out").mkdir()
    precious = tmp_path / "out" / "a.restored.wav"
    precious.write_bytes(b"somebody's own")
    summary, _ = restore(make())
    assert summary.counts["done"] == 1
    assert precious.read_bytes() == b"somebody's own"
    assert (tmp_path / "out" / "a.restored.2.wav").is_file()


def test_results_are_found_again_without_the_manifest(tmp_path, make, write):
    for number in range(3):
        write(tmp_path / "in" / f"{number}.wav", seed=number)
    restore(make())
    before = hashes(tmp_path / "out")
    make().manifest_path.unlink()
    _, heard = restore(make())
    assert [facts["adopted"] for kind, facts in heard if kind == "done"] == [True] * 3
    assert hashes(tmp_path / "out") == before


def test_a_result_that_was_lost_or_changed_is_made_again_beside(tmp_path, make, write):
    for name in ("lost", "changed", "kept"):
        write(tmp_path / "in" / f"{name}.wav")
    restore(make())
    out = tmp_path / "out"
    good = hashes(out)
    (out / "lost.restored.wav").unlink()
    damaged = bytearray((out / "changed.restored.wav").read_bytes())
    damaged[-1] ^= 1
    (out / "changed.restored.wav").write_bytes(damaged)
    assert restore(make())[1].count("done") == 1
    assert restore(make(rehash=True))[1].count("done") == 1
    found = hashes(out)
    assert found["lost.restored.wav"] == good["lost.restored.wav"]
    assert found["changed.restored.2.wav"] == good["changed.restored.wav"]
    assert found["changed.restored.wav"] != good["changed.restored.wav"]


def test_what_a_killed_run_left_is_replaced_and_swept(tmp_path, make, write):
    write(tmp_path / "in" / "a.wav")
    out = tmp_path / "out"
    batch = make()
    restore(batch)
    good = hashes(out)
    # As if the kill had come after the sound and before its record.
    with Manifest.open(batch.manifest_path) as manifest:
        manifest._connection.execute("UPDATE jobs SET state = 'running'")
    (out / "a.restored.wav.json").unlink()
    (out / "a.restored.wav").write_bytes(b"half")
    part = out / ".a.restored.wav.0123abcd.part"
    part.write_bytes(b"half")
    other = out / ".b.restored.wav.0123abcd.part"
    other.write_bytes(b"another shard's")
    restore(batch)
    assert not part.exists()
    assert other.exists()
    other.unlink()
    assert hashes(out) == good


def test_shards_together_do_what_one_run_does(tmp_path, make, write):
    for number in range(12):
        write(tmp_path / "in" / f"{number}.wav", seed=number)
    restore(make())
    expected = hashes(tmp_path / "out")
    done = []
    for number in (1, 2, 3):
        batch = make(out="parted", selection=Selection(shard=(number, 3)))
        done.append(restore(batch)[0].counts["done"])
    assert sum(done) == 12
    assert max(done) < 12
    assert hashes(tmp_path / "parted") == expected


def test_only_what_is_meant(tmp_path, make, write):
    for name in ("a/1.wav", "a/2.wav", "b/1.wav"):
        write(tmp_path / "in" / name)

    def chosen(**options):
        plan = look(make(selection=Selection(**options)))
        return [each.entry.source for each in plan.choices]

    assert chosen(only=("a/*",)) == ["a/1.wav", "a/2.wav"]
    assert chosen(skip=("*/1.wav",)) == ["a/2.wav"]
    assert chosen(listed=frozenset(["b/1.wav"])) == ["b/1.wav"]
    with pytest.raises(UsageError, match=r"5/3 is none of 1\.\.3"):
        Selection(shard=(5, 3))


def test_a_look_writes_nothing(tmp_path, make, write):
    write(tmp_path / "in" / "a.wav")
    assert len(look(make()).work()) == 1
    assert not (tmp_path / "out").exists()


def test_a_recording_that_vanished_is_told(tmp_path, make, write, faulty_recipe):
    path = write(tmp_path / "in" / "a.wav", 0.4)
    write(tmp_path / "in" / "b.wav")
    batch = make(faulty_recipe)
    restore(batch)
    path.unlink()
    restore(batch)
    with Manifest.open(batch.manifest_path) as manifest:
        assert manifest.latest("a.wav").code == "E_MISSING"


@pytest.mark.parametrize("out", ["in", "."])
def test_the_output_cannot_lie_among_the_recordings(tmp_path, make, out):
    (tmp_path / "in").mkdir()
    with pytest.raises(UsageError, match="among the recordings"):
        make(out=out)


def test_a_model_that_invents_sound_must_be_asked_for(tmp_path, make):
    (tmp_path / "in").mkdir()
    recipe = Recipe(load("enhance-access-copy"))
    with pytest.raises(UsageError, match="invents sound"):
        make(recipe)
    assert make(recipe, allow_generative=True)


def test_a_watch_takes_what_has_come_to_rest(tmp_path, make, write):
    write(tmp_path / "in" / "a.wav")
    stop, heard = Stop(), Heard()

    def hear(kind, facts):
        heard(kind, facts)
        if heard.count("done") == 1:
            write(tmp_path / "in" / "b.wav", seed=1)
        if heard.count("done") == 2:
            stop.ask()

    began = time.monotonic()
    batch = make(settle=0.5)
    summary = restore_collection(batch, stop, hear, watch=True, hire=InlineCrew)
    assert summary.counts["done"] == 2
    assert time.monotonic() - began < 60


def test_results_do_not_depend_on_the_number_of_workers(tmp_path, make, write):
    for number in range(6):
        write(tmp_path / "in" / f"{number}.wav", seconds=1.0, seed=number)
    recipe = Recipe(load("degrade-shellac"))
    found = []
    for workers in (1, 3):
        out = f"out {workers}"
        restore_apart(make(recipe, out=out, workers=workers))
        found.append(hashes(tmp_path / out))
    assert len(found[0]) == 6
    assert found[0] == found[1]
