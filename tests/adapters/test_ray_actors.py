import os
import signal
import subprocess
import sys
import tempfile
import textwrap
from contextlib import contextmanager
from itertools import takewhile

import pytest

from toolkit.adapters import ray_cluster
from toolkit.adapters.ray_actors import ActorPool, gpu_share
from toolkit.errors import UsageError

pytestmark = pytest.mark.xdist_group("ray")


@pytest.mark.parametrize(
    ("workers", "gpus", "share"),
    [(1, 1, 1.0), (2, 1, 0.5), (3, 1, 0.3333), (4, 3, 0.5), (2, 4, 1.0), (7, 1, 0.1428)],
)
def test_all_actors_find_a_place_on_the_graphics_processors(workers, gpus, share):
    assert gpu_share(workers, gpus) == share
    assert gpus * int(1 / share) >= workers


def test_an_address_of_another_kind_is_refused():
    with pytest.raises(UsageError, match="ray://"):
        ActorPool(len, 1, len, "", address="ray://head:10001")


def test_a_cluster_without_tokens_is_not_even_tried(monkeypatch):
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    with pytest.raises(UsageError, match="anybody"):
        ActorPool(len, 1, len, "", address="head:6379")


def test_without_ray_the_extra_is_named():
    code = """
import sys
sys.modules["ray"] = None
from toolkit.adapters.ray_actors import ActorPool
from toolkit.errors import ResourceError
try:
    ActorPool(len, 1, len, "")
except ResourceError as error:
    sys.stdout.write(error.hint)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "pip install 'tonearm[ray]'"


@contextmanager
def node(*words, token):
    """Start one node that stays in the foreground; yield its process, and end it."""
    environment = {name: value for name, value in os.environ.items() if "RAY_" not in name}
    environment |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "disabled"}
    if token:
        environment |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": token}
    start = [sys.executable, "-m", "ray.scripts.scripts", "start", "--block", "--num-cpus=1"]
    with subprocess.Popen(
        [*start, "--object-store-memory=80000000", *words],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            seen = list(takewhile(lambda line: "--block" not in line, process.stdout))
            assert process.poll() is None, "".join(seen)
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)


def head(port, folder, token):
    return node(
        "--head",
        f"--port={port}",
        "--include-dashboard=false",
        f"--temp-dir={folder}",
        token=token,
    )


@pytest.fixture
def short():
    """A folder with a short name, as sockets need one."""
    with tempfile.TemporaryDirectory(prefix="ray", ignore_cleanup_errors=True) as name:
        yield name


def run(code, token):
    environment = {**os.environ, "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": token}
    environment.pop("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", None)
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


PORT = 42677
TOKEN = "0123456789abcdef" * 4


@pytest.mark.slow
def test_a_node_that_dies_is_not_held_against_its_call(short):
    with (
        head(PORT, short, TOKEN),
        node(f"--address=127.0.0.1:{PORT}", token=TOKEN) as second,
    ):
        done = run(
            f"""
            import os, signal, sys, time
            from toolkit.adapters.ray_actors import ActorPool
            pool = ActorPool(time.sleep, 2, len, "ready", address="127.0.0.1:{PORT}")
            while pool.room < 2:
                pool.wait(0.5)
            pool.submit(0, 60)
            assert pool.wait(60) == [(0, None)]
            pool.submit(600, None)
            pool.submit(601, None)
            # The node that is not the one of the head goes away, as in a power failure.
            os.killpg({second.pid}, signal.SIGKILL)
            for line in os.popen("ps -eo pid,args").read().splitlines():
                if "raylet" in line and "--head" not in line and ":{PORT}" in line:
                    os.kill(int(line.split()[0]), signal.SIGKILL)
            ended = []
            while not ended:
                ended = pool.wait(1)
            sys.stdout.write(repr([what for _, what in ended]))
            assert len(pool) == 1
            pool.stop()
            """,
            TOKEN,
        )
    assert (done.stdout, done.returncode) == ("['gone']", 0), done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("token", "ours", "words"),
    [
        ("", TOKEN, "lets anybody run code on it"),
        (TOKEN, TOKEN[::-1], "RAY_AUTH_TOKEN has to be that of the cluster"),
    ],
)
def test_a_cluster_must_ask_for_a_token_and_ours_must_be_it(short, token, ours, words):
    with head(PORT + 1, short, token):
        done = run(
            f"""
            import sys
            from toolkit.adapters.ray_actors import ActorPool
            from toolkit.errors import ToolkitError
            try:
                ActorPool(len, 1, len, "", address="127.0.0.1:{PORT + 1}")
            except ToolkitError as error:
                sys.stdout.write(f"{{error.message}}\\n{{error.hint}}")
            """,
            ours,
        )
    assert words in done.stdout, done.stderr


def test_signals_stay_as_they_were():
    before = signal.getsignal(signal.SIGTERM)
    with ray_cluster._own_signals():
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    assert signal.getsignal(signal.SIGTERM) == before
