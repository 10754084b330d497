import sqlite3

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from toolkit.archive.job import STATES, Entry, File, Report
from toolkit.archive.manifest import Manifest
from toolkit.errors import ResourceError, ToolkitError


def entry(name="a.wav", size=10, stamp="1"):
    return Entry(name, size, stamp)


def done(job, target="a.restored.wav"):
    files = (File(target, "output", 9, "out"), File(f"{target}.json", "record", 5, "rec"))
    return Report(job, "done", sha256="in", files=files, warnings=("odd",), measures={"x": 1.5})


@pytest.fixture
def manifest(tmp_path):
    with Manifest.open(tmp_path / "manifest.sqlite") as opened:
        opened.begin({"why": "test"})
        yield opened


def test_a_job_goes_its_way(manifest):
    manifest.enroll([(entry(), "recipe", 1, "a.restored.wav")])
    job = manifest.latest("a.wav")
    assert (job.state, job.begun, job.attempts) == ("pending", False, 0)
    manifest.start([job.id], [job.id])
    assert manifest.get(job.id).begun
    manifest.finish(done(job.id))
    job = manifest.get(job.id)
    assert (job.state, job.attempts, job.sha256, job.output_size) == ("done", 1, "in", 9)
    assert (job.warnings, job.measures) == (("odd",), {"x": 1.5})
    assert [each.role for each in manifest.files(job.id)] == ["output", "record"]
    assert [each.outcome for each in manifest.events(job.id)] == ["warning"]


def test_names_that_are_no_utf8_come_back_as_they_were(manifest):
    name = b"side \xff\xfe.wav".decode("utf-8", "surrogateescape")
    manifest.enroll([(entry(name), "recipe", 1, f"x/{name}")])
    assert manifest.latest(name).target == f"x/{name}"
    assert manifest.owner(f"X/{name}") == name
    manifest.fail(Report(1, "failed", code="E_IO", message=f"cannot open {name}"), "failed")
    assert manifest.get(1).message == f"cannot open {name}"


def test_an_interrupted_run_leaves_its_jobs_to_the_next(tmp_path):
    path = tmp_path / "manifest.sqlite"
    with Manifest.open(path) as first:
        first.begin({})
        first.enroll([(entry(), "recipe", 1, "a.restored.wav")])
        first.start([1], [1])
    with Manifest.open(path) as second:
        second.begin({})
        job = second.get(1)
    # What was begun is known, so that its leftovers can be told from another's file.
    assert (job.state, job.begun, job.attempts) == ("pending", True, 0)


def test_two_recordings_cannot_have_one_target(manifest):
    manifest.enroll([(entry(), "recipe", 1, "a.restored.wav")])
    with pytest.raises(ToolkitError):
        manifest.enroll([(entry("b.wav"), "recipe", 1, "A.restored.WAV")])
    assert manifest.counts()["pending"] == 1


def test_a_file_that_is_no_manifest_is_refused(tmp_path):
    path = tmp_path / "manifest.sqlite"
    path.write_bytes(b"this is not a database, whatever its name says " * 40)
    with pytest.raises(ToolkitError, match="is not a manifest"):
        Manifest.open(path)


def test_a_manifest_of_another_version_is_refused(tmp_path):
    path = tmp_path / "manifest.sqlite"
    Manifest.open(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(ToolkitError, match="version 99"):
        Manifest.open(path)


def test_a_full_disk_is_told_and_nothing_is_half_written(manifest):
    manifest._connection.execute("PRAGMA max_page_count = 20")
    rows = ((entry(f"{i}.wav"), "recipe", 1, f"{i}.restored.wav") for i in range(5000))
    with pytest.raises(ResourceError, match="full"):
        manifest.enroll(rows)
    assert manifest.counts()["pending"] == 0


class Life(RuleBasedStateMachine):
    """Any order of what may happen leaves each recording with one job in one known state."""

    def __init__(self):
        super().__init__()
        self.manifest = Manifest.open(":memory:")
        self.manifest.begin({})
        self.names = 0

    def teardown(self):
        self.manifest.close()

    def ids(self, *states):
        return [job.id for job in self.manifest.jobs(*states)]

    @rule()
    def enroll(self):
        name = f"{self.names}.wav"
        self.names += 1
        self.manifest.enroll([(entry(name), "recipe", 1, f"{name}.out.wav")])

    @precondition(lambda self: self.ids("pending"))
    @rule(data=st.data(), free=st.booleans())
    def start(self, data, free):
        job = data.draw(st.sampled_from(self.ids("pending")))
        self.manifest.start([job], [job] if free else [])

    @precondition(lambda self: self.ids("running"))
    @rule(data=st.data(), how=st.sampled_from(("finish", "retry", "failed", "died", "put back")))
    def settle(self, data, how):
        job = data.draw(st.sampled_from(self.ids("running")))
        if how == "finish":
            self.manifest.finish(done(job, self.manifest.get(job).target))
        elif how == "put back":
            self.manifest.put_back([job])
        else:
            state = {"retry": "pending", "failed": "failed", "died": "quarantined"}[how]
            report = Report(job, "failed", code="E_IO", message="x")
            self.manifest.fail(report, state, died=how == "died")

    @rule()
    def begin_again(self):
        self.manifest.end("interrupted")
        self.manifest.begin({})
        assert not self.ids("running")

    @invariant()
    def nothing_is_lost(self):
        counts = self.manifest.counts()
        assert sum(counts.values()) == self.names
        assert set(counts) == set(STATES)
        for job in self.manifest.jobs():
            assert job.attempts >= 0
            assert (job.state == "done") == bool(list(self.manifest.files(job.id)))


Life.TestCase.settings = settings(max_examples=30, stateful_step_count=25, deadline=None)
TestLife = Life.TestCase
