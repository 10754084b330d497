import contextlib
import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest

from toolkit.adapters.process_pool import ProcessPool
from toolkit.errors import ResourceError

_PREPARED = []


def prepare(word):
    if word == "broken":
        raise RuntimeError("cannot start")
    _PREPARED.append(word)


def answer(given):
    if given == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if given == "hang":
        time.sleep(100)
    return _PREPARED, given


def gather(pool, count):
    ended = []
    while len(ended) < count:
        ended += pool.wait(0.5)
    return dict(ended)


def test_a_lost_worker_costs_its_own_call():
    pool = ProcessPool(answer, 2, prepare, "told")
    calls = [1, "die", 2, "hang", 3, 4]
    for each in calls:
        pool.submit(each, 2.0)
    ended = gather(pool, len(calls))
    pool.close()
    assert ended.pop("die") == "died"
    assert ended.pop("hang") == "hung"
    assert ended == {each: (["told"], each) for each in (1, 2, 3, 4)}
    assert len(pool) == 0


def test_stopping_returns_what_was_under_way():
    pool = ProcessPool(answer, 1, prepare, "told")
    pool.submit("hang", None)
    began = time.monotonic()
    assert pool.wait(0.5) == []
    assert pool.stop() == ["hang"]
    assert time.monotonic() - began < 10


def test_waiting_for_nothing_takes_its_time():
    pool = ProcessPool(answer, 1, prepare, "told")
    began = time.monotonic()
    assert pool.wait(0.2) == []
    assert time.monotonic() - began >= 0.2
    pool.close()


@pytest.mark.filterwarnings("ignore")
def test_workers_that_cannot_start_are_told():
    pool = ProcessPool(answer, 1, prepare, "broken")
    pool.submit(1, None)
    with pytest.raises(ResourceError, match="cannot start"):
        gather(pool, 1)
    pool.stop()


def handler_of_ctrl_c(given):
    return signal.getsignal(signal.SIGINT)


def test_ctrl_c_is_left_to_the_parent():
    pool = ProcessPool(handler_of_ctrl_c, 1)
    pool.submit(1, None)
    assert gather(pool, 1) == {1: signal.SIG_IGN}
    pool.close()


def test_threads_are_limited_before_a_library_can_read_how_many_there_are(tmp_path, monkeypatch):
    (tmp_path / "greedy.py").write_text(
        "import os\n"
        "seen = os.environ['OPENBLAS_NUM_THREADS']\n"
        "def prepare(told): pass\n"
        "def answer(given): return seen\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "7")
    import greedy

    pool = ProcessPool(greedy.answer, 1, greedy.prepare)
    pool.submit("threads", None)
    assert gather(pool, 1) == {"threads": "1"}
    pool.close()


def test_a_worker_ends_when_its_parent_is_killed(tmp_path):
    (tmp_path / "lasting.py").write_text(
        textwrap.dedent("""
            import sys, time
            from toolkit.adapters.process_pool import ProcessPool

            def last(seconds):
                sys.stdout.write("begun\\n")
                sys.stdout.flush()
                time.sleep(seconds)

            if __name__ == "__main__":
                pool = ProcessPool(last, 1)
                pool.submit(600, None)
                pool.wait(600)
        """)
    )
    with subprocess.Popen(
        [sys.executable, str(tmp_path / "lasting.py")],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            assert process.stdout.readline() == "begun\n"
            process.kill()
            # Its output has an end when nobody holds it any more, the worker neither.
            assert process.communicate(timeout=30) == ("", None)
        finally:
            end_group(process.pid)


def end_group(leader):
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)
