import hashlib
import os
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.archive.checking import fixity
from toolkit.errors import InputError

PATHS = st.binary(min_size=1).filter(lambda name: b"\0" not in name).map(os.fsdecode)


def test_sha256sum_checks_the_list(restored):
    (restored.out / "report.csv").write_text("source\r\n")
    count = fixity.write_list(restored.state, restored.out / fixity.LIST_NAME, also=["report.csv"])
    assert count == 25
    checked = subprocess.run(
        ["sha256sum", "-c", "--strict", fixity.LIST_NAME],
        cwd=restored.out,
        capture_output=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert checked.stdout.count(b": OK\n") == 25
    (restored.out / "folder.restored.wav").write_bytes(b"")
    assert subprocess.run(
        ["sha256sum", "-c", "--status", fixity.LIST_NAME], cwd=restored.out, check=False
    ).returncode


@given(PATHS, st.sampled_from(sorted(fixity.ALGORITHMS)))
def test_lines_come_back(path, algorithm):
    digest = hashlib.new(algorithm, os.fsencode(path)).hexdigest()
    line = fixity.line(digest, path)
    assert line.count(b"\n") == 1
    assert fixity.parse(line) == (digest, path)
    assert fixity.algorithm_of(digest) == algorithm


def test_a_line_of_another_program_is_read(tmp_path):
    path = tmp_path / "back\\slash\nline"
    path.write_bytes(b"x")
    made = subprocess.run(["md5sum", "--binary", path], capture_output=True, check=True).stdout
    assert fixity.parse(made) == (hashlib.md5(b"x").hexdigest(), str(path))


@pytest.mark.parametrize(
    "line",
    [b"", b"\n", b"abc  x\n", b"g" * 64 + b"  x\n", b"0" * 64 + b"  \n", b"Aa" * 32 + b"  x\n"],
)
def test_what_is_no_line_is_refused(line):
    with pytest.raises(InputError):
        fixity.parse(line)


def test_several_digests_need_one_reading(tmp_path):
    path = tmp_path / "file"
    data = bytes(range(256)) * 10_000
    path.write_bytes(data)
    ticks = []
    found = fixity.digests(path, fixity.ALGORITHMS, ticks.append)
    assert found == {name: hashlib.new(name, data).hexdigest() for name in fixity.ALGORITHMS}
    assert sum(ticks) == len(data)


def test_items_keep_their_order_and_few_are_taken_ahead():
    taken = []

    def items():
        for number in range(1000):
            taken.append(number)
            yield number

    pairs = fixity.in_order(lambda number: number * number, items(), 2)
    assert next(pairs) == (0, 0)
    assert len(taken) < 100
    assert list(pairs) == [(number, number * number) for number in range(1, 1000)]


def test_an_error_in_a_thread_reaches_the_caller():
    with pytest.raises(ZeroDivisionError):
        list(fixity.in_order(lambda number: 1 // number, [1, 0, 2], 2))
