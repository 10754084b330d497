"""What is kept in the cache folder is there whole or not at all."""

import os

import pytest

from toolkit.cache import keeping


def test_a_file_gets_its_name_when_it_is_whole(tmp_path):
    path = tmp_path / "new" / "folder" / "table.npy"
    with keeping(path) as partial:
        partial.write_text("half")
        assert not path.exists()
        assert partial.suffix == path.suffix
        assert str(os.getpid()) in partial.name
    assert path.read_text() == "half"
    assert list(path.parent.iterdir()) == [path]


def test_what_fails_leaves_the_former_file_alone(tmp_path):
    path = tmp_path / "table.npy"
    path.write_text("former")

    def fail() -> None:
        with keeping(path) as partial:
            partial.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert path.read_text() == "former"
    assert list(tmp_path.iterdir()) == [path]
