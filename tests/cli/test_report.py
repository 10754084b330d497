import typer
from typer.testing import CliRunner

from toolkit.archive.job import Entry, Report
from toolkit.archive.manifest import Manifest
from toolkit.cli.report import report
from toolkit.errors import UsageError


def run(*arguments):
    app = typer.Typer()
    app.command()(report)
    return CliRunner().invoke(app, [str(each) for each in arguments])


def begun(state):
    """Keep a manifest of one recording that failed."""
    state.mkdir(parents=True)
    with Manifest.open(state / "manifest.sqlite") as manifest:
        manifest.begin({"collection": "in"})
        manifest.enroll([(Entry("a.wav", 1, "1"), "recipe", 1, "a.restored.wav")])
        manifest.fail(Report(1, "failed", code="E_EMPTY", message="empty"), "quarantined")
        manifest.end("finished")


def test_it_writes_the_pages_and_prints_where(tmp_path):
    out = tmp_path / "out"
    begun(out / ".tonearm")
    result = run(out)
    assert (result.exit_code, result.stdout) == (0, f"{out}/report.html\n")
    assert "E_EMPTY" in (out / "report.html").read_text()
    page = out / "report" / "a.restored.wav.html"
    before = page.stat().st_mtime_ns
    assert run(out).exit_code == 0
    assert page.stat().st_mtime_ns == before
    for name in ("report.csv", "quarantine.csv", "premis.xml", "fixity.sha256"):
        assert (out / name).is_file()


def test_it_leaves_the_pages_of_recordings_out_when_asked(tmp_path):
    begun(tmp_path / "state")
    result = run(tmp_path, "--state", tmp_path / "state", "--no-pages")
    assert result.exit_code == 0
    assert [path.name for path in tmp_path.rglob("*.html")] == ["report.html"]


def test_a_folder_that_no_batch_wrote_to_is_refused(tmp_path):
    result = run(tmp_path)
    assert isinstance(result.exception, UsageError)
    assert not list(tmp_path.iterdir())
