import http.client
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import fsspec
import numpy as np
import pytest
import soundfile
from moto.server import ThreadedMotoServer

from toolkit.archive import object_store
from toolkit.archive.job import File, Order, Workshop
from toolkit.archive.object_store import StoreCollection, StoreOutput
from toolkit.archive.places import FolderCollection, collection_at, output_at
from toolkit.archive.working import worker
from toolkit.errors import InputError, ResourceError
from toolkit.pipeline import parse
from toolkit.restore import Recipe, sha256_of

CHAIN = """
name = "quiet mains"
summary = "Hum alone."
input = "audio"
output = "audio"

[[step]]
stage = "dehum"
"""
RECIPE = Recipe(parse(CHAIN, "test"))
SECRETS = ("AKIAPHONOGRAPH", "wax-and-tinfoil")


class Weather:
    """What the way to the store does to requests: a list of faults, each for one request."""

    def __init__(self, store):
        self.store = store
        self.faults = []
        self.methods = ("PUT", "POST")
        self.seen = []

    def put_behind(self, path, data):
        """Put an object into the store as somebody else does, by another way."""
        store = http.client.HTTPConnection(*self.store)
        store.request("PUT", path, data, {"x-amz-date": "20260101T000000Z"})
        assert store.getresponse().status == 200
        store.close()

    def next(self, method, path):
        if method not in self.methods:
            return None
        self.seen.append((method, path))
        return self.faults.pop(0) if self.faults else None


class Proxy(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        """Say nothing."""

    def relay(self):
        fault = self.server.weather.next(self.command, self.path)
        length = int(self.headers.get("Content-Length") or 0)
        if fault == "cut":
            self.rfile.read(length // 2)
            self.hang_up()
            return
        body = self.rfile.read(length)
        if fault == "503":
            self.answer(503, {"Content-Type": "application/xml"}, BUSY)
            return
        store = http.client.HTTPConnection(*self.server.weather.store)
        store.request(self.command, self.path, body, dict(self.headers))
        answer = store.getresponse()
        data = answer.read()
        store.close()
        if fault == "answer lost":
            self.hang_up()
        elif fault == "cut short":
            self.answer(answer.status, dict(answer.getheaders()), data, len(data) // 2)
            self.hang_up()
        else:
            self.answer(answer.status, dict(answer.getheaders()), data)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = relay

    def answer(self, status, headers, data, sent=None):
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() not in ("content-length", "connection", "transfer-encoding"):
                self.send_header(name, value)
        length = headers.get("Content-Length", len(data)) if self.command == "HEAD" else len(data)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(data[:sent])

    def hang_up(self):
        self.close_connection = True
        self.connection.close()


BUSY = b"<Error><Code>ServiceUnavailable</Code><Message>Not now.</Message></Error>"


@pytest.fixture(scope="module")
def way():
    """The address of a store behind a proxy, and the weather on the way to it."""
    store = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    store.start()
    proxy = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    proxy.weather = Weather(store.get_host_and_port())
    thread = threading.Thread(target=proxy.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{proxy.server_port}", proxy.weather
    proxy.shutdown()
    proxy.server_close()
    thread.join()
    store.stop()


@pytest.fixture
def s3(way, monkeypatch):
    address, weather = way
    for name, value in {
        "AWS_ENDPOINT_URL": address,
        "AWS_ACCESS_KEY_ID": SECRETS[0],
        "AWS_SECRET_ACCESS_KEY": SECRETS[1],
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(object_store, "_BACKOFF_SECONDS", 0.01)
    fsspec.get_filesystem_class("s3").clear_instance_cache()
    weather.faults, weather.methods = [], ("PUT", "POST")
    fsspec.filesystem("s3").mkdir("discs", exist_ok=True)
    weather.seen = []
    yield "s3://discs", weather
    weather.faults = []
    fsspec.filesystem("s3").rm("discs", recursive=True)
    fsspec.get_filesystem_class("s3").clear_instance_cache()


@pytest.fixture(params=["s3", "memory", "file"])
def url(request, tmp_path):
    if request.param == "s3":
        return request.getfixturevalue("s3")[0]
    if request.param == "memory":
        fsspec.filesystem("memory").store.clear()
        return "memory://discs"
    return f"file://{tmp_path}/discs"


def disc(path, seconds=2.0, seed=0):
    rng = np.random.default_rng(seed)
    time = np.arange(round(seconds * 8000)) / 8000
    sound = 0.1 * np.sin(2 * np.pi * 50 * time) + 0.05 * rng.standard_normal(len(time))
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, sound, 8000, subtype="PCM_16")


def result(folder, name="a.restored.wav", data=b"sound" * 1000):
    """Return the local path of a result with its record, and its files."""
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for added, role, content in (("", "output", data), (".json", "record", b"{}")):
        path = folder / Path(name + added).name
        path.write_bytes(content)
        made.append(File(name + added, role, len(content), sha256_of(path)))
    return folder / Path(name).name, tuple(made)


def contents(url):
    files, root = fsspec.url_to_fs(url)
    files.invalidate_cache()
    return {
        path.removeprefix(root).lstrip("/"): files.cat_file(path)
        for path in sorted(files.find(root))
    }


def fill(url, folder):
    files, root = fsspec.url_to_fs(url)
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            place = f"{root}/{path.relative_to(folder).as_posix()}"
            files.makedirs(place.rpartition("/")[0], exist_ok=True)
            files.put_file(str(path), place)


def workshop(collection, out, **changes):
    facts = {"measures": False, "pictures": False, **changes}
    return Workshop(str(collection), str(out), RECIPE, **facts)


@contextmanager
def at_work(shop):
    worker.outfit(shop)
    yield
    worker._BENCH.clear()


def test_a_store_shows_the_recordings_that_a_folder_shows(url, tmp_path):
    home = tmp_path / "home"
    for name in ("b/side 1.wav", "a.flac", ".hidden/c.wav", "b/.d.wav", "e.txt", "f.restored.wav"):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_bytes(name.encode())
    fill(f"{url}/in", home)
    there, here = list(StoreCollection(f"{url}/in").entries()), FolderCollection(home).entries()
    assert [(each.source, each.size) for each in there] == [
        (each.source, each.size) for each in here
    ]
    assert all(each.stamp for each in there)


def test_a_fetched_recording_keeps_its_name_and_does_not_stay(url, tmp_path):
    home = tmp_path / "home"
    disc(home / "b" / "side 1.wav")
    fill(f"{url}/in", home)
    with StoreCollection(f"{url}/in").fetched("b/side 1.wav") as path:
        assert path.name == "side 1.wav"
        assert path.read_bytes() == (home / "b" / "side 1.wav").read_bytes()
    assert not path.exists()


def test_a_recording_that_is_gone_is_said_to_be(url):
    with (
        pytest.raises(InputError, match="is gone") as caught,
        StoreCollection(f"{url}/in").fetched("a.wav"),
    ):
        pass
    assert caught.value.code == "E_MISSING"


@pytest.mark.parametrize("difference", [False, True])
def test_a_store_gives_what_folders_give(url, tmp_path, difference):
    home, there = tmp_path / "home", f"{url}/in"
    disc(home / "b" / "side 1.wav")
    fill(there, home)
    order = Order(1, "b/side 1.wav", "b/side 1.restored.wav", 0)
    with at_work(workshop(home, tmp_path / "out", difference=difference)):
        local = worker.work(order)
    with at_work(workshop(there, f"{url}/out", difference=difference)):
        remote = worker.work(order)
        again = worker.work(order)
    assert (local.result, local.message) == (remote.result, remote.message) == ("done", "")
    assert [each.role for each in remote.files] == [each.role for each in local.files]
    assert [each.sha256 for each in remote.files[:-1]] == [each.sha256 for each in local.files[:-1]]
    assert remote.sha256 == local.sha256
    stored = contents(f"{url}/out")
    assert sorted(stored) == sorted(each.path for each in remote.files)
    assert (
        stored["b/side 1.restored.wav"]
        == (tmp_path / "out" / "b" / "side 1.restored.wav").read_bytes()
    )
    # A second worker finds the result and its record and takes them over.
    assert again.adopted
    assert again.files == remote.files
    assert contents(f"{url}/out") == stored


def test_what_another_made_is_not_touched(url, tmp_path):
    home = tmp_path / "home"
    disc(home / "a.wav")
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "a.restored.wav").write_bytes(b"theirs")
    fill(f"{url}/out", foreign)
    with at_work(workshop(home, f"{url}/out")):
        assert worker.work(Order(1, "a.wav", "a.restored.wav", 0)).result == "occupied"
        assert contents(f"{url}/out") == {"a.restored.wav": b"theirs"}
        # But what an interrupted attempt at the same job left is made anew.
        report = worker.work(Order(1, "a.wav", "a.restored.wav", 0, leftover=True))
    assert report.result == "done"
    assert sorted(contents(f"{url}/out")) == ["a.restored.wav", "a.restored.wav.json"]


def test_sizes_of_few_and_of_many(url, tmp_path):
    output = StoreOutput(url)
    path, files = result(tmp_path / "made")
    output.publish(path, files, replace=False)
    few, many = ["a.restored.wav", "b.wav"], [f"{number}.wav" for number in range(30)]
    assert output.sizes(few) == [5000, None]
    assert output.sizes([*many, *few]) == [None] * 30 + [5000, None]
    assert output.free_bytes() > 0
    with output.reading("a.restored.wav") as copy:
        assert copy.read_bytes() == b"sound" * 1000
    assert not copy.exists()


def test_places_leads_to_the_store(url):
    assert isinstance(collection_at(url), StoreCollection)
    assert isinstance(output_at(url), StoreOutput)


# On the way to the store


@pytest.mark.parametrize("fault", ["503", "cut", "answer lost"])
@pytest.mark.parametrize("count", [1, 3])
def test_a_fault_that_passes_is_gone_through(s3, tmp_path, fault, count):
    url, weather = s3
    path, files = result(tmp_path / "made")
    weather.faults = [fault] * count
    StoreOutput(url).publish(path, files, replace=False)
    assert not weather.faults
    assert contents(url) == {"a.restored.wav": b"sound" * 1000, "a.restored.wav.json": b"{}"}


@pytest.mark.parametrize("fault", ["503", "cut"])
def test_a_fault_that_stays_ends_it_after_three_more_attempts(s3, tmp_path, fault):
    url, weather = s3
    path, files = result(tmp_path / "made")
    weather.faults = [fault] * 100
    with pytest.raises(InputError) as caught:
        StoreOutput(url).publish(path, files, replace=False)
    assert caught.value.code == "E_STORE"
    # The library sends what was cut on a connection that it had used before once more by itself.
    assert len(weather.seen) == 4 or (fault == "cut" and len(weather.seen) <= 8)
    assert contents(url) == {}


def test_of_an_upload_in_parts_that_is_cut_nothing_is_seen(s3, tmp_path, monkeypatch):
    url, weather = s3
    monkeypatch.setattr("toolkit.adapters.remote_files._PART_BYTES", 5 * 2**20)
    path, files = result(tmp_path / "made", data=b"noise" * (11 * 2**20 // 5))
    # The announcement of the upload, a part, and then no more.
    weather.faults = [None, None] + ["cut"] * 100
    with pytest.raises(InputError, match=r"s3://discs/a\.restored\.wav"):
        StoreOutput(url).publish(path, files, replace=False)
    assert contents(url) == {}
    weather.faults = [None, "cut"]
    StoreOutput(url).publish(path, files, replace=False)
    assert list(contents(url)) == ["a.restored.wav", "a.restored.wav.json"]


def test_a_record_never_comes_before_what_it_is_about(s3, tmp_path):
    url, weather = s3
    path, files = result(tmp_path / "made")
    StoreOutput(url).publish(path, files[::-1], replace=False)
    assert [each for _, each in weather.seen] == [
        "/discs/a.restored.wav",
        "/discs/a.restored.wav.json",
    ]


@pytest.mark.parametrize("taken", [0, 1])
def test_a_conflict_leaves_the_others_object_and_nothing_of_ours(s3, tmp_path, taken):
    url, weather = s3
    path, files = result(tmp_path / "made")
    theirs = files[taken].path

    class Race(list):
        """Put another writer's object there when our upload is on its way."""

        def pop(self, index):
            if len(self) == 1:
                weather.put_behind(f"/discs/{theirs}", b"theirs")
            return super().pop(index)

    weather.faults = Race([None] * (taken + 1))
    with pytest.raises(InputError) as caught:
        StoreOutput(url).publish(path, files, replace=False)
    assert caught.value.code == "E_OCCUPIED"
    assert contents(url) == {theirs: b"theirs"}


def test_a_download_that_is_cut_short_is_fetched_again(s3, tmp_path):
    url, weather = s3
    disc(tmp_path / "home" / "a.wav")
    fill(f"{url}/in", tmp_path / "home")
    weather.methods, weather.faults = ("GET",), ["cut short", "503"]
    with StoreCollection(f"{url}/in").fetched("a.wav") as path:
        assert path.read_bytes() == (tmp_path / "home" / "a.wav").read_bytes()
    weather.faults = ["cut short"] * 100
    with pytest.raises(InputError) as caught, StoreCollection(f"{url}/in").fetched("a.wav"):
        pass
    assert caught.value.code == "E_STORE"


def test_a_listing_survives_faults(s3, tmp_path):
    url, weather = s3
    disc(tmp_path / "home" / "a.wav")
    fill(f"{url}/in", tmp_path / "home")
    weather.methods, weather.faults = ("GET",), ["503", "cut short"]
    assert [each.source for each in StoreCollection(f"{url}/in").entries()] == ["a.wav"]


def test_credentials_are_in_no_report_of_a_failure(s3, tmp_path):
    url, weather = s3
    disc(tmp_path / "home" / "a.wav")
    weather.faults = ["503"] * 100
    with at_work(workshop(tmp_path / "home", f"{url}/out")):
        report = worker.work(Order(1, "a.wav", "a.restored.wav", 0))
    assert (report.result, report.code) == ("failed", "E_STORE")
    assert "s3://discs/out/a.restored.wav" in report.message
    assert not any(secret in repr(report) + report.trace for secret in SECRETS)


# On this side


def test_copies_that_a_killed_worker_left_are_swept_away(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(object_store, "_FRESH_SECONDS", -1)
    left = tmp_path / "tonearm-work-left"
    (left / "files").mkdir(parents=True)
    (left / "files" / "a.wav").write_bytes(b"half")
    (tmp_path / "another").mkdir()
    fsspec.filesystem("memory").store.clear()
    fsspec.filesystem("memory").pipe_file("/discs/a.wav", b"sound")
    with StoreCollection("memory://discs").fetched("a.wav") as path:
        assert not left.exists()
        StoreOutput("memory://discs")
        assert path.read_bytes() == b"sound"
    assert [each.name for each in tmp_path.iterdir()] == ["another"]


def test_a_name_too_long_for_a_file_is_shortened(tmp_path):
    fsspec.filesystem("memory").store.clear()
    name = "é" * 300 + ".wav"
    fsspec.filesystem("memory").pipe_file(f"/discs/{name}", b"sound")
    with StoreCollection("memory://discs").fetched(name) as path:
        assert len(path.name.encode()) <= 255
        assert path.suffix == ".wav"


def test_denied_access_is_said_to_be(tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    fsspec.get_filesystem_class("s3").clear_instance_cache()
    with pytest.raises(ResourceError, match="denied"):
        StoreOutput("s3://discs").sizes(["a.wav"])
    fsspec.get_filesystem_class("s3").clear_instance_cache()
