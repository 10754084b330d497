import os
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote_to_bytes

import pytest

from toolkit.archive.job import Entry, Order, Report, Workshop
from toolkit.archive.manifest import Manifest
from toolkit.archive.naming import picture_at
from toolkit.archive.telling import pages
from toolkit.archive.working import worker
from toolkit.errors import ResourceError, UsageError

# Names that would be markup, other links, other directions of writing, or no text at all.
HOSTILE = (
    "a/<img src=x onerror=alert(1)>.wav",
    "a/\"'&amp;.wav",
    "a/#part?query%20.wav",
    "b:c/javascript:alert(1).wav",
    os.fsdecode(b"\xff\xfe/n\xe9e.wav"),
    "b:c/\u202egnp.wav",
)
VOID = {"meta", "img", "input", "br"}


class Page(HTMLParser):
    """Check that a page is well formed; keep its links, scripts and texts."""

    def __init__(self, path):
        super().__init__()
        self.path = path
        self.open, self.urls, self.texts, self.attributes = [], [], [], []
        self.feed(path.read_text(encoding="utf-8"))
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.attributes += found
        self.urls += [found[key] for key in ("src", "href") if key in found]
        if tag == "img":
            assert found["alt"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("style", "script"):
            self.texts.append(data.strip())

    @property
    def text(self):
        return " ".join(self.texts)

    def targets(self):
        """Return the files that the links lead to."""
        folder = os.fsencode(self.path.parent)
        return [Path(os.fsdecode(folder + b"/" + unquote_to_bytes(url))) for url in self.urls]


class Archive:
    """Restore a collection in this process, and keep its manifest as an engine does."""

    def __init__(self, root, recipe, write):
        self.collection, self.out = root / "in", root / "out"
        self.state = self.out / ".tonearm"
        (self.state / "pictures").mkdir(parents=True)
        self.collection.mkdir()
        self.recipe, self.write_recording = recipe, write
        self.facts = {
            "collection": str(self.collection),
            "pipeline": {"name": "null", "sha256": "0" * 64, "steps": []},
            "checkpoints": [],
            "recipe": recipe.key,
            "software": {"tonearm": "0"},
            "host": "<host>",
        }

    def run(self, sources, *, shard="manifest", broken=()):
        workshop = Workshop(str(self.collection), str(self.out), self.recipe, difference=True)
        worker.outfit(workshop)
        with Manifest.open(self.state / f"{shard}.sqlite") as manifest:
            manifest.begin(self.facts)
            for source in sources:
                path = self.collection / source
                if source in broken:
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(b"<b>no sound</b>")
                else:
                    self.write_recording(path, seed=len(source))
                facts = path.stat()
                entry = Entry(source, facts.st_size, str(facts.st_mtime_ns))
                target = f"{source.removesuffix('.wav')}.restored.wav"
                manifest.enroll([(entry, self.recipe.key, 1, target)])
                job = manifest.latest(source)
                self.settle(manifest, worker.work(Order(job.id, source, target, facts.st_size)))
            manifest.end("finished")

    def settle(self, manifest, report):
        if report.result == "done":
            picture_at(manifest.path, report.job).write_bytes(report.picture)
            manifest.finish(report)
        else:
            manifest.fail(report, "quarantined")

    def write(self, **options):
        return pages.write(str(self.out), self.state, **options)

    def pages(self):
        return {
            path.relative_to(self.out).as_posix(): path.stat().st_mtime_ns
            for path in self.out.rglob("*.html")
        }


@pytest.fixture
def archive(tmp_path, null_recipe, write):
    return Archive(tmp_path, null_recipe, write)


def test_every_link_of_every_page_leads_to_its_file(archive):
    archive.run((*HOSTILE, "bad.wav"), broken=("bad.wav",))
    written = archive.write()
    assert (written.pages, written.kept) == (len(HOSTILE) + 1, 0)
    assert written.index == archive.out / "report.html"
    index = Page(written.index)
    reached = {path.resolve() for path in index.targets()}
    for source in HOSTILE:
        result = archive.out / f"{source.removesuffix('.wav')}.restored.wav"
        page = archive.out / "report" / f"{source.removesuffix('.wav')}.restored.wav.html"
        assert {archive.collection / source, result, page} <= reached
        found = {path.resolve() for path in Page(page).targets()}
        record = result.with_name(result.name + ".json")
        removed = result.with_name(f"{result.stem}.removed.wav")
        assert {archive.collection / source, result, removed, record, written.index} <= found
        assert any(path.suffix == ".png" for path in found)
        assert all(path.exists() for path in found)
    assert all(path.exists() for path in reached)


def test_no_name_becomes_markup_or_a_link_to_elsewhere(archive):
    archive.run(HOSTILE)
    archive.write()
    for name in archive.pages():
        page = Page(archive.out / name)
        assert not {each for each in page.attributes if each.startswith("on")}
        assert all(":" not in url and not url.startswith(("/", "#")) for url in page.urls)
        assert "\u202e" not in page.text
    text = Page(archive.out / "report.html").text
    assert HOSTILE[0] in text
    assert r"\xff\xfe/n\xe9e.wav" in text
    assert r"b:c/\u202egnp.wav" in text


def test_what_failed_comes_first_and_says_what_to_do(archive):
    archive.run(("a.wav", "z.wav", "y.wav"), broken=("z.wav", "y.wav"))
    archive.write()
    text = Page(archive.out / "report.html").text
    assert text.index("y.wav") < text.index("z.wav") < text.index("a.wav")
    with Manifest.open(archive.state / "manifest.sqlite") as manifest:
        job = manifest.latest("z.wav")
    assert job.code == "E_FORMAT"
    assert all(each in text for each in (job.code, job.message, job.hint))
    page = Page(archive.out / "report" / "z.restored.wav.html")
    assert "E_FORMAT" in page.text
    assert "Traceback" in page.text
    assert "quarantine" in page.text


def test_only_pages_of_what_changed_are_written_again(archive):
    archive.run(("a.wav", "b.wav", "c.wav"))
    archive.write()
    first = archive.pages()
    assert (archive.write().pages, archive.pages()) == (0, first)
    with Manifest.open(archive.state / "manifest.sqlite") as manifest:
        manifest.note(manifest.latest("b.wav").id, "fixity check", "failure", {"found": "<x>"})
    record = archive.out / "c.restored.wav.json"
    os.utime(record, ns=(0, 0))
    written = archive.write()
    assert (written.pages, written.kept) == (2, 1)
    changed = {name for name, time in archive.pages().items() if first[name] != time}
    assert changed == {"report/b.restored.wav.html", "report/c.restored.wav.html"}
    assert "fixity check" in Page(archive.out / "report" / "b.restored.wav.html").text


def test_a_page_that_was_cut_off_is_written_again(archive):
    archive.run(("a.wav",))
    archive.write()
    page = archive.out / "report" / "a.restored.wav.html"
    whole = page.read_bytes()
    page.write_bytes(whole[:-20])
    assert archive.write().pages == 1
    assert page.read_bytes() == whole


def test_many_recordings_are_spread_over_pages(archive, monkeypatch):
    archive.run([f"{at}.wav" for at in range(5)], broken=("4.wav",))
    monkeypatch.setattr(pages, "ROWS", 2)
    archive.write()
    expected = (("4.wav", "0.wav"), ("1.wav", "2.wav"), ("3.wav",))
    for name, sources in zip(
        ("report.html", "report-2.html", "report-3.html"), expected, strict=True
    ):
        page = Page(archive.out / name)
        shown = [text for text in page.texts if re.fullmatch(r"\d\.wav", text)]
        assert tuple(shown) == sources
    assert {"report.html", "report-2.html", "report-3.html"} <= {
        path.name for path in Page(archive.out / "report-2.html").targets()
    } | {"report-2.html"}
    (archive.out / "report-9.html").write_text("somebody else's")
    monkeypatch.setattr(pages, "ROWS", 4)
    archive.write()
    left = {path.name for path in archive.out.glob("report*.html")}
    assert left == {"report.html", "report-2.html", "report-9.html"}


def test_shards_are_shown_as_one(archive):
    archive.run(("b.wav", "d.wav"), shard="shard-1-of-2")
    archive.run(("a.wav", "c.wav"), shard="shard-2-of-2")
    assert archive.write().pages == 4
    page = Page(archive.out / "report.html")
    shown = [text for text in page.texts if re.fullmatch(r"\w\.wav", text)]
    assert shown == ["a.wav", "b.wav", "c.wav", "d.wav"]
    pictures = {path.name for path in page.targets() if path.suffix == ".png"}
    assert len(pictures) == 4
    assert page.text.count("finished") == 2


def test_without_pages_of_recordings_links_lead_to_those_that_are_there(archive):
    archive.run(("a.wav", "b.wav"))
    assert archive.write(each=False).pages == 0
    assert list(archive.pages()) == ["report.html"]
    archive.write()
    (archive.out / "report" / "b.restored.wav.html").unlink()
    archive.write(each=False)
    linked = {path.name for path in Page(archive.out / "report.html").targets()}
    assert "a.restored.wav.html" in linked
    assert "b.restored.wav.html" not in linked


def test_players_have_what_was_measured_and_records_what_was_done(archive):
    archive.run(("a.wav",))
    archive.write()
    page = Page(archive.out / "report" / "a.restored.wav.html")
    for word in ("Before", "After", "Taken away", "Noise floor", "dehum", "strength 0", "SHA-256"):
        assert word in page.text
    record = archive.out / "a.restored.wav.json"
    record.write_text("{}")
    assert archive.write().pages == 1
    page = Page(archive.out / "report" / "a.restored.wav.html")
    assert "tonearm verify" in page.text


def test_generative_models_are_named_on_every_page(archive):
    checkpoint = {"name": "dreamer", "class": "generative", "sha256": "0" * 64}
    archive.facts["checkpoints"] = [checkpoint]
    archive.run(("a.wav",))
    archive.write()
    text = Page(archive.out / "report.html").text
    assert "restored listening copy, not the document" in text
    assert "dreamer" in text
    archive.facts["checkpoints"] = [checkpoint | {"class": "subtractive"}]
    text = Page(archive.out / "report" / "a.restored.wav.html").text
    assert "listening copy" not in text


def test_an_output_at_a_url_has_its_pages_beside_the_manifest(archive):
    archive.run(("a.wav",))
    written = pages.write("s3://bucket/restored", archive.state)
    assert written.index == archive.state / "report.html"
    reached = Page(written.index).targets()
    assert archive.collection / "a.wav" in [path.resolve() for path in reached]
    assert not any(path.name == "a.restored.wav" for path in reached)
    page = Page(archive.state / "report" / "a.restored.wav.html")
    assert "cannot be read from here" in page.text
    seen = []

    def read(path):
        seen.append(path)
        return (archive.out / path).read_bytes()

    (archive.state / "report" / "a.restored.wav.html").unlink()
    pages.write("s3://bucket/restored", archive.state, read=read)
    assert seen == ["a.restored.wav.json"]
    assert "dehum" in Page(archive.state / "report" / "a.restored.wav.html").text


def test_recordings_that_nobody_can_link_to_are_not_linked(archive):
    archive.facts["collection"] = "s3://bucket/tapes"
    archive.run(("a.wav",))
    archive.write()
    assert not any(path.name == "a.wav" for path in Page(archive.out / "report.html").targets())
    page = Page(archive.out / "report" / "a.restored.wav.html")
    assert not any(path.name == "a.wav" for path in page.targets())


def test_what_was_adopted_or_never_measured_has_a_page_too(archive):
    archive.run(("a.wav",))
    with Manifest.open(archive.state / "manifest.sqlite") as manifest:
        job = manifest.latest("a.wav")
        files = tuple(manifest.files(job.id))
        output = next(each for each in files if each.role == "output")
        manifest.finish(Report(job.id, "done", adopted=True, files=(output,), warnings=("<w>",)))
    next((archive.state / "pictures").iterdir()).unlink()
    archive.write()
    page = Page(archive.out / "report" / "a.restored.wav.html")
    assert "adoption" in page.text
    assert "<w>" in page.text
    assert "Measures" not in page.text


def test_it_says_how_far_it_is(archive):
    archive.run(("a.wav", "b.wav"))
    told = []
    archive.write(progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 2), (2, 2)]


def test_without_a_manifest_there_are_no_pages(tmp_path):
    with pytest.raises(UsageError, match="no manifest"):
        pages.write(str(tmp_path), tmp_path / ".tonearm")
    assert list(tmp_path.iterdir()) == []


def test_a_page_that_cannot_be_stored_is_an_error_that_leaves_nothing(archive):
    archive.run(("a.wav",))
    (archive.out / "report").write_text("in the way")
    with pytest.raises(ResourceError, match=r"a\.restored\.wav\.html"):
        archive.write()
    assert not list(archive.out.rglob("*.part"))
