"""Reach a Ray cluster that runs, or start one on this machine, so that nobody else can use it.

A cluster runs whatever code reaches it. One that is started here listens on the loopback interface
alone, asks for a token that no one else has, and serves no dashboard; a running one that asks for
no token is refused.
"""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from toolkit.errors import ResourceError, UsageError

_OLDEST = (2, 52)
# Nothing large goes through it: recordings travel by their own ways.
_OBJECT_STORE_BYTES = 80 * 2**20
_SECURE = "start every node with RAY_AUTH_MODE=token and the same RAY_AUTH_TOKEN"


def begin(address: str, workers: int) -> Any:
    """Connect to a cluster, or start one; return the package.

    Parameters
    ----------
    address : str
        ``host:port``, or ``auto`` for the one of this machine; empty to start one.
    workers : int
        Number of cores of one that is started.

    Raises
    ------
    ResourceError
        If Ray is not installed, too old, or the cluster cannot be reached.
    UsageError
        If the address is of another kind, or of a cluster that anybody may use.
    """
    if "://" in address:
        raise UsageError(f"{address} is no address of a cluster", "give: --ray-address HOST:6379")
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    local = not address
    if local:
        os.environ["RAY_AUTH_MODE"] = "token"
        os.environ["RAY_AUTH_TOKEN"] = secrets.token_hex(32)
        # The one way to keep Ray's servers on the loopback interface, on Linux too.
        os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"
        # Ray lets its workers give way to all others, so that on a busy machine they stand still.
        os.environ.setdefault("RAY_worker_niceness", "0")
    elif os.environ.setdefault("RAY_AUTH_MODE", "token").lower() == "disabled":
        raise UsageError("RAY_AUTH_MODE=disabled opens a cluster to anybody", _SECURE)
    ray = _package()
    options: dict[str, Any] = {"address": address}
    if local:
        options = {
            "address": "local",
            "num_cpus": workers,
            "include_dashboard": False,
            "object_store_memory": _OBJECT_STORE_BYTES,
        }
    try:
        with _own_signals():
            ray.init(**options, log_to_driver=False, logging_level="ERROR")
        _keep_quiet()
    except ray.exceptions.AuthenticationError as error:
        raise ResourceError(f"the cluster at {address} asks for a token", _SECURE) from error
    except (ConnectionError, TimeoutError, RuntimeError, ValueError) as error:
        where = f"no Ray cluster at {address}" if address else "Ray cannot be started"
        # Ray does not say whether it was the address or the token.
        raise ResourceError(
            f"{where}: {first_line(error)}",
            "ray start --head shows the address; RAY_AUTH_TOKEN has to be that of the cluster",
        ) from error
    if not local:
        _refuse_open(ray.get_runtime_context().gcs_address)
    return ray


def _package() -> Any:
    try:
        import ray
    except ImportError as error:
        raise ResourceError("Ray is not installed", "pip install 'tonearm[ray]'") from error
    if tuple(int(part) for part in ray.__version__.split(".")[:2]) < _OLDEST:
        raise ResourceError(
            f"Ray {ray.__version__} lets anybody run code on a cluster",
            "pip install 'ray>=2.52'",
        )
    return ray


def _refuse_open(address: str) -> None:
    """Refuse a cluster that answers somebody who has no token."""
    import ray

    environment = {name: value for name, value in os.environ.items() if "RAY_AUTH" not in name}
    asked = subprocess.run(
        [sys.executable, "-m", "ray.scripts.scripts", "health-check", "--address", address],
        env={**environment, "RAY_AUTH_MODE": "disabled"},
        capture_output=True,
        check=False,
    )
    if asked.returncode == 0:
        ray.shutdown()
        raise UsageError(f"the Ray cluster at {address} lets anybody run code on it", _SECURE)


def _keep_quiet() -> None:
    """Keep Ray's words on workers that were lost off the standard output, where results go.

    No option does it: Ray writes them whatever it is told about logs.
    """
    driver: Any = import_module("ray._private.worker")
    driver.print_to_stdstream = lambda *words, **options: None


@contextmanager
def _own_signals() -> Iterator[None]:
    """Keep the handlers of this program, of which Ray replaces one."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)


def first_line(error: Exception) -> str:
    """Return the first line of what an error says, its kind if it says nothing."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
