"""Downloads over real HTTP from a server in this process."""

import hashlib
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from toolkit import external
from toolkit.cache import data_dir
from toolkit.errors import ResourceError, ToolkitError, UsageError
from toolkit.external import Known, KnownFile

CONTENT = bytes(range(256)) * 9000
SHA256 = hashlib.sha256(CONTENT).hexdigest()
NAME = f"tiny-{SHA256[:8]}.th"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        return

    def send_header(self, key, value):
        cut = self.path.startswith("/cut") and key == "Content-Length"
        super().send_header(key, str(int(value) + 10) if cut else value)


@pytest.fixture
def server(tmp_path):
    folder = tmp_path / "www"
    folder.mkdir()
    (folder / NAME).write_bytes(CONTENT)
    (folder / "tiny-00000000.th").write_bytes(CONTENT)
    (folder / "cut.th").write_bytes(CONTENT)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder)) as httpd:
        thread = threading.Thread(target=httpd.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{httpd.server_port}/"
        httpd.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("TONEARM_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("TONEARM_DATA", str(tmp_path / "data"))
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "cache" / "weights"


def entry(source, *files):
    return Known("tiny", ("a", "b"), 8000, source, "MIT", files)


def ignore(done, total):
    return


def test_what_is_fetched_is_verified_and_kept(server, cache):
    seen = []
    known = entry(server, KnownFile(NAME, len(CONTENT), SHA256))
    (path,) = external.download(known, progress=lambda done, total: seen.append(done / total))
    assert path == cache / NAME
    assert path.read_bytes() == CONTENT
    assert seen[-1] == 1
    assert external.download(known, progress=ignore, offline=True) == [path]


@pytest.mark.parametrize(
    ("file", "error", "message"),
    [
        (KnownFile(NAME, sha256="0" * 64), ToolkitError, "expected 0000"),
        (KnownFile("tiny-00000000.th"), ToolkitError, "promises 00000000"),
        (KnownFile(NAME, bytes=17), ResourceError, "of 17 bytes"),
        (KnownFile("cut.th"), ResourceError, "cut.th"),
        (KnownFile("absent.th"), ResourceError, "(?i)not found"),
    ],
)
def test_anything_else_leaves_nothing(server, cache, file, error, message):
    with pytest.raises(error, match=message) as raised:
        external.download(entry(server, file), progress=ignore)
    assert raised.value.hint
    assert not list(cache.iterdir())


def test_without_a_network_it_says_what_to_do_by_hand():
    known = entry("http://127.0.0.1:9/", KnownFile("x.th"))
    for offline in (True, False):
        with pytest.raises(ResourceError) as raised:
            external.download(known, progress=ignore, offline=offline)
        assert "http://127.0.0.1:9/x.th" in raised.value.hint
        assert "checkpoints import x.th" in raised.value.hint


def test_only_http_is_fetched(tmp_path):
    (tmp_path / "x.th").write_bytes(CONTENT)
    with pytest.raises(UsageError, match="no HTTP"):
        external.download(entry(f"file://{tmp_path}/", KnownFile("x.th")), progress=ignore)


def test_what_is_listed_is_whole():
    for name, known in external.known().items():
        assert known.name == name
        assert known.licence
        for file in known.files:
            if file.sha256 is not None:
                file.check(file.sha256)
                assert len(file.sha256) == 64
        assert not known.mix or len(known.mix) == len(known.files)


def test_what_is_listed_is_what_demucs_lists():
    from demucs.pretrained import REMOTE_ROOT, _parse_remote_files

    addresses = set(_parse_remote_files(REMOTE_ROOT / "files.txt").values())
    for known in external.known().values():
        assert {known.source + each.file for each in known.files} <= addresses
        bag = (REMOTE_ROOT / f"{known.name}.yaml").read_text()
        assert all(each.file.partition("-")[0] in bag for each in known.files)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name = 3", "cannot read"),
        ("[", "cannot read"),
        ('stems = ["a"]\nfiles = [{file = "../x", bytes = 1, sha256 = ""}]', "cannot read"),
    ],
)
def test_a_wrong_manifest_is_told(text, message):
    folder = external.imported_folder() / "odd"
    folder.mkdir(parents=True)
    (folder / "manifest.toml").write_text(text)
    with pytest.raises(ToolkitError, match=message) as raised:
        external.find("odd")
    assert raised.value.hint


def test_files_outside_their_folder_are_refused():
    facts = {"stems": ["a"], "sample_rate": 8000, "licence": "", "source": ""}
    kept = external.keep("fine", {"x.safetensors": b"1"}, facts)
    assert kept.read() == [b"1"]
    path = kept.folder / "manifest.toml"
    path.write_text(path.read_text().replace('"x.safe', '"../x.safe'))
    with pytest.raises(ToolkitError, match="plain names"):
        external.find("fine")


def test_data_folder_follows_the_platform(tmp_path, monkeypatch):
    assert data_dir() == tmp_path / "data"
    monkeypatch.delenv("TONEARM_DATA")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "xdg"))
    monkeypatch.setattr("sys.platform", "linux")
    assert data_dir() == tmp_path / "xdg" / "tonearm"
