import errno
import hashlib
import os
import subprocess
import sys

import fsspec
import pytest
from moto.server import ThreadedMotoServer

from toolkit.adapters import remote_files
from toolkit.adapters.remote_files import RemoteFolder
from toolkit.errors import ResourceError, UsageError

BYTES = bytes(range(256)) * 64


def sha256(data):
    return hashlib.sha256(data).hexdigest()


@pytest.fixture(scope="module")
def endpoint():
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3(endpoint, monkeypatch):
    for name, value in {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "AKIAPHONOGRAPH",
        "AWS_SECRET_ACCESS_KEY": "wax-and-tinfoil",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    # Connections are kept by their options, which the environment is none of.
    fsspec.get_filesystem_class("s3").clear_instance_cache()
    fsspec.filesystem("s3").mkdir("discs", exist_ok=True)
    yield "s3://discs"
    fsspec.filesystem("s3").rm("discs", recursive=True)
    fsspec.get_filesystem_class("s3").clear_instance_cache()


@pytest.fixture(params=["s3", "memory", "file"])
def url(request, tmp_path):
    if request.param == "s3":
        return request.getfixturevalue("s3") + "/one side"
    if request.param == "memory":
        fsspec.filesystem("memory").store.clear()
        return "memory://discs/one side"
    return f"file://{tmp_path}/one side"


@pytest.fixture
def local(tmp_path):
    path = tmp_path / "local.wav"
    path.write_bytes(BYTES)
    return path


def test_what_is_put_is_found_looked_at_and_fetched(url, local, tmp_path):
    folder = RemoteFolder(url)
    assert list(folder.find()) == []
    for name in ("b/take 2#.wav", "a.wav", "b/été.wav"):
        folder.put(local, name, create=True)
    found = list(folder.find())
    assert [each.path for each in found] == ["a.wav", "b/take 2#.wav", "b/été.wav"]
    assert {each.size for each in found} == {len(BYTES)}
    assert all(each.stamp for each in found)
    assert folder.look("a.wav") == found[0]
    assert folder.look("b") is None
    assert folder.look("nothing.wav") is None
    folder.fetch("b/été.wav", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == BYTES
    folder.remove("a.wav")
    assert folder.look("a.wav") is None


def test_creating_never_overwrites_and_replacing_does(url, local):
    folder = RemoteFolder(url)
    folder.put(local, "a.wav", create=True)
    local.write_bytes(b"another")
    with pytest.raises(FileExistsError):
        folder.put(local, "a.wav", create=True)
    assert folder.look("a.wav").size == len(BYTES)
    folder.put(local, "a.wav", create=False)
    assert folder.look("a.wav").size == len(b"another")
    assert [each.path for each in folder.find()] == ["a.wav"]


def test_it_can_tell_whether_the_bytes_are_the_same(url, local):
    folder = RemoteFolder(url)
    folder.put(local, "a.wav", create=True)
    assert folder.holds("a.wav", local, sha256(BYTES))
    assert not folder.holds("b.wav", local, sha256(BYTES))
    local.write_bytes(BYTES[::-1])
    assert not folder.holds("a.wav", local, sha256(BYTES[::-1]))


def test_what_is_not_there_cannot_be_fetched(url, tmp_path):
    with pytest.raises(FileNotFoundError) as caught:
        RemoteFolder(url).fetch("nothing.wav", tmp_path / "back")
    assert caught.value.errno == errno.ENOENT


def test_a_changed_file_has_another_stamp(url, local):
    folder = RemoteFolder(url)
    folder.put(local, "a.wav", create=True)
    before = folder.look("a.wav")
    local.write_bytes(BYTES[::-1])
    folder.put(local, "a.wav", create=False)
    assert folder.look("a.wav").stamp != before.stamp


def test_the_checksum_of_an_upload_in_parts_is_known(s3, tmp_path, monkeypatch):
    monkeypatch.setattr(remote_files, "_PART_BYTES", 5 * 2**20)
    path = tmp_path / "long.wav"
    path.write_bytes(os.urandom(11 * 2**20))
    folder = RemoteFolder(s3)
    folder.put(path, "long.wav", create=True)
    found = folder.look("long.wav")
    assert found.stamp.endswith("-3")
    # The digest given is a wrong one, so that only the store's own checksum can say yes.
    assert folder.holds("long.wav", path, "")
    with pytest.raises(FileExistsError):
        folder.put(path, "long.wav", create=True)


def test_of_two_at_the_same_moment_the_store_takes_one(s3, local, monkeypatch):
    ours, theirs = RemoteFolder(s3), RemoteFolder(s3)
    # Between our look and our upload another writer comes.
    look = ours.look
    monkeypatch.setattr(
        ours, "look", lambda path: (look(path), theirs.put(local, path, create=True))[0]
    )
    with pytest.raises(FileExistsError):
        ours.put(local, "a.wav", create=True)


def test_a_store_that_cannot_be_reached_is_an_os_error(monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "one")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "two")
    fsspec.get_filesystem_class("s3").clear_instance_cache()
    with pytest.raises(OSError, match=r"127\.0\.0\.1:9"):
        RemoteFolder("s3://elsewhere").look("a.wav")
    fsspec.get_filesystem_class("s3").clear_instance_cache()


def test_a_url_with_a_password_is_refused_without_repeating_it():
    with pytest.raises(UsageError) as caught:
        RemoteFolder("sftp://me:hunter2@archive.example/discs")
    assert "hunter2" not in f"{caught.value.message} {caught.value.hint}"


def test_an_unknown_kind_of_url_is_refused():
    with pytest.raises(UsageError, match="gopher"):
        RemoteFolder("gopher://discs")


def test_a_missing_package_is_named_with_the_extra_that_brings_it():
    code = """
import sys
sys.modules["s3fs"] = None
from toolkit.adapters.remote_files import RemoteFolder
from toolkit.errors import ResourceError
try:
    RemoteFolder("s3://discs")
except ResourceError as error:
    sys.stdout.write(error.hint)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "pip install 'tonearm[s3]'"
    with pytest.raises(ResourceError, match="hdfs"):
        RemoteFolder("hdfs://host/discs")


def test_an_upload_that_fails_leaves_nothing_behind(tmp_path, local):
    (tmp_path / "out" / "a.wav").mkdir(parents=True)
    folder = RemoteFolder(f"file://{tmp_path}/out")
    with pytest.raises(IsADirectoryError):
        folder.put(local, "a.wav", create=False)
    with pytest.raises(FileNotFoundError):
        folder.put(tmp_path / "gone.wav", "b.wav", create=False)
    assert [path.name for path in (tmp_path / "out").rglob("*")] == ["a.wav"]
