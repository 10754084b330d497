"""Make a fresh process a worker: one among many, which another process started and answers for."""

from __future__ import annotations

import os
import signal
import threading

# One thread a worker: many workers use the cores better, and the number of threads a sum is split
# over would decide its last bits.
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def settle() -> None:
    """Use one thread, leave Ctrl-C to the parent, and end when that is gone.

    Libraries read the number of threads when they are first imported: this comes before.
    """
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    # Ctrl-C reaches the whole group of processes; only the first of them decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _end_with_parent()


def _end_with_parent() -> None:
    """End this process at once when the one that started it is gone.

    A worker that outlived a killed run would go on writing where the next run works already.
    """
    import multiprocessing
    from multiprocessing.connection import wait

    parent = multiprocessing.parent_process()
    if parent is None:
        return
    sentinel = parent.sentinel

    def watch() -> None:
        wait([sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True, name="end with parent").start()
