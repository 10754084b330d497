import shutil
import subprocess
import zipfile

import pytest

from toolkit.adapters import debian


@pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="no dpkg-deb here")
def test_a_package_is_unpacked_where_no_folder_is_yet(tmp_path):
    tree = tmp_path / "tree"
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "DEBIAN" / "control").write_text(
        "Package: sounds\nVersion: 1\nArchitecture: all\nMaintainer: a <a@b.c>\nDescription: d\n"
    )
    with zipfile.ZipFile(tree / "level.pk3", "w") as members:
        members.writestr("music/theme.mid", b"notes")
    archive = tmp_path / "sounds_1_all.deb"
    subprocess.run(["dpkg-deb", "-b", tree, archive], check=True, capture_output=True)

    folder = tmp_path / "cache" / "unpacked" / "sounds"
    debian._unpack(archive, folder)

    assert (folder / "level" / "music" / "theme.mid").read_bytes() == b"notes"
    assert [each.name for each in folder.parent.iterdir()] == ["sounds"]
