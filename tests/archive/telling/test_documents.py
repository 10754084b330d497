import bagit
import pytest

from toolkit.archive.job import Entry, File, Report
from toolkit.archive.manifest import Manifest
from toolkit.archive.telling import documents
from toolkit.errors import UsageError
from toolkit.restore import sha256_of


@pytest.fixture
def grow(tmp_path):
    """Return a function that adds a result to an output, as a batch does."""
    out = tmp_path / "out"

    def add(name):
        path = out / f"{name}.restored.wav"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(name.encode())
        with Manifest.open(out / ".tonearm" / "manifest.sqlite") as manifest:
            manifest.begin({"collection": "in"})
            manifest.enroll([(Entry(f"{name}.wav", 1, "1"), "recipe", 1, path.name)])
            job = manifest.latest(f"{name}.wav").id
            file = File(path.name, "output", path.stat().st_size, sha256_of(path))
            manifest.finish(Report(job, "done", sha256="0" * 64, files=(file,)))
            manifest.end("finished")

    (out / ".tonearm").mkdir(parents=True)
    return add


def test_writes_everything_and_packs_it(tmp_path, grow):
    out, state = tmp_path / "out", tmp_path / "out" / ".tonearm"
    grow("a")
    index = documents.write(str(out), state, institution="The Archive")
    assert index == out / "report.html"
    assert "The Archive" in (out / "premis.xml").read_text()
    folder = documents.pack(str(out), state, "The Archive")
    assert folder == tmp_path / "out.bag"
    bagit.Bag(str(folder)).validate()


def test_a_bag_that_holds_all_stays_and_one_that_does_not_gets_a_sister(tmp_path, grow):
    out, state = tmp_path / "out", tmp_path / "out" / ".tonearm"
    grow("a")
    documents.write(str(out), state)
    first = documents.pack(str(out), state)
    documents.write(str(out), state)
    assert documents.pack(str(out), state) == first
    grow("b")
    second = documents.pack(str(out), state)
    assert second.name == "out.2.bag"
    assert {path.name for path in second.rglob("*.wav")} == {"a.restored.wav", "b.restored.wav"}
    assert {path.name for path in first.rglob("*.wav")} == {"a.restored.wav"}


def test_an_output_at_a_url_is_not_packed(tmp_path):
    with pytest.raises(UsageError, match="in a folder"):
        documents.pack("s3://bucket", tmp_path)
