import os
import signal
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
