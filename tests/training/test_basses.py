"""Bass statistics are those of the tables."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from toolkit.training.basses import bass_motion


def table(folder: Path, name: str, basses: list[str]) -> None:
    rows = [f"{index}.0,4,{bass}" for index, bass in enumerate(basses)]
    (folder / name).write_text("\n".join(["onset,period,bass", *rows]) + "\n", encoding="utf-8")


def test_shares_and_turns_are_counted_within_runs(tmp_path: Path) -> None:
    table(tmp_path, "a.csv", ["40", "41", "43", "36", "", "40", "40"])
    motion = bass_motion(tmp_path)
    assert motion.count == 4
    assert [motion.shares[size] for size in (0, 1, 2, 7)] == [0.25] * 4
    assert motion.step_goes_on == 0.5
    assert motion.leap_goes_on == 0.0


def test_wide_leaps_are_the_trackers_errors_and_do_not_count(tmp_path: Path) -> None:
    table(tmp_path, "a.csv", ["40", "80", "42", "43"])
    assert bass_motion(tmp_path).count == 1


def test_a_folder_without_basses_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("onset,period\n1,4\n", encoding="utf-8")
    with pytest.raises(ValueError, match="bass"):
        bass_motion(tmp_path)


def test_they_are_asked_for_by_a_command(tmp_path: Path) -> None:
    table(tmp_path, "a.csv", ["40", "41", "43", "36"])
    command = [sys.executable, "-m", "toolkit.training.basses", str(tmp_path)]
    said = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    assert (said["count"], said["step_goes_on"], said["leap_goes_on"]) == (3, 0.5, 0.0)
