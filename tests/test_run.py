import numpy as np
import pytest

from toolkit.errors import ResourceError
from toolkit.run import Run, silent

# One sample more than what is kept in memory.
LONG = (2, 8 * 2**20 + 1)


def test_short_scratch_is_memory_and_long_scratch_is_a_map(tmp_path):
    run = Run(scratch_dir=tmp_path)
    short = run.scratch((2, 8 * 2**20))
    long = run.scratch(LONG)
    assert not isinstance(short, np.memmap)
    assert isinstance(long, np.memmap)
    for array, shape in ((short, (2, 8 * 2**20)), (long, LONG)):
        assert (array.shape, array.dtype) == (shape, np.float32)
        assert array.flags.writeable
        assert not array[:, ::1000].any()


def test_long_scratch_leaves_no_file_behind(tmp_path):
    long = Run(scratch_dir=tmp_path).scratch(LONG)
    assert list(tmp_path.iterdir()) == []
    long[:, -1] = [1, -1]
    assert list(long[:, -1]) == [1, -1]


def test_scratch_of_nothing_is_empty():
    assert Run().scratch((3, 0)).shape == (3, 0)


def test_two_scratch_arrays_share_nothing(tmp_path):
    run = Run(scratch_dir=tmp_path)
    first, second = run.scratch(LONG), run.scratch(LONG)
    first[0, :100] = 1
    assert not second[0, :100].any()


def test_scratch_without_room_is_refused_before_it_is_used(tmp_path):
    with pytest.raises(ResourceError, match=r"no room for 4503599\.6 GB") as caught:
        Run(scratch_dir=tmp_path).scratch((1, 2**50))
    assert "TMPDIR" in caught.value.hint
    assert list(tmp_path.iterdir()) == []


def draws(run, salt=""):
    return tuple(run.rng(salt).integers(0, 2**60, 4))


def test_the_same_seed_step_and_salt_draw_the_same_numbers():
    assert draws(Run(seed=5).for_step("a"), "s") == draws(Run(seed=5).for_step("a"), "s")


def test_seed_step_and_salt_each_change_the_numbers():
    seen = {
        draws(Run(seed=seed).for_step(step), salt)
        for seed in (0, 1)
        for step in ("", "denoise", "write")
        for salt in ("", "left", "right")
    }
    assert len(seen) == 2 * 3 * 3


def test_generators_of_two_steps_are_uncorrelated():
    first, second = (Run().for_step(s).rng().standard_normal(20_000) for s in ("a", "b"))
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.03


def test_each_step_has_its_own_findings_and_keeps_the_rest():
    run = Run(seed=3, device="cuda")
    first, second = run.for_step("first"), run.for_step("second")
    first.report(clicks=3)
    first.report(clicks=4, level=-1.5)
    assert first.findings == {"clicks": 4, "level": -1.5}
    assert (second.findings, run.findings) == ({}, {})
    assert (second.step, second.seed, second.device) == ("second", 3, "cuda")


def test_progress_is_told_with_the_name_of_the_step():
    seen = []
    run = Run(progress=lambda *facts: seen.append(facts))
    run.for_step("declick").tick(1, 4)
    run.tick(2, 4)
    assert seen == [("declick", 1, 4), ("", 2, 4)]
    assert Run().progress is silent
