"""Trials of what must not be lost: kills, hangs, a full disk, an interrupt, a second run."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from toolkit.errors import ToolkitError
from toolkit.evaluation.batch_bench import Bench, hashes, state_counts, workers_of, works

Row = Mapping[str, Any]
_PATIENCE_SECONDS = 600.0


def kills(count: int, recordings: int, seed: int = 0) -> Row:
    """Kill a batch at random moments, again and again, and resume it each time.

    Half of the kills take the whole group of processes, half only the first of them, whose workers
    must then end by themselves. A batch that is through is begun anew in another folder.
    """
    rng = np.random.default_rng(seed)
    lost = wrong = again = batches = killed = 0
    with TemporaryDirectory() as place:
        bench = Bench(Path(place))
        bench.fill(recordings, 6.0, seed)
        before = hashes(bench.collection)
        bench.run(bench.folder / "undisturbed")
        expected = hashes(bench.folder / "undisturbed")
        while killed < count:
            out = bench.folder / f"killed {batches}"
            batches += 1
            here = _disturb(bench, out, rng, count - killed, expected)
            killed += here[0]
            wrong += here[1]
            bench.run(out)
            found = hashes(out)
            lost += sum(name not in found for name in expected)
            wrong += sum(expected.get(name) != digest for name, digest in found.items())
            again += sum(times - 1 for times in works(out).values() if times > 1)
        changed = hashes(bench.collection) != before
    return {
        "trial": "kill -9 of the whole batch, then resume",
        "size": f"{killed} kills, {recordings} recordings, {batches} batches",
        "found": f"{lost} lost, {wrong} wrong or partial, inputs "
        f"{'CHANGED' if changed else 'unchanged'}, {again / max(killed, 1):.2f} done twice a kill",
        "target": "0 lost, 0 wrong, inputs unchanged, at most 2 done twice a kill",
        "met": not (lost or wrong or changed) and again <= 2 * killed,
    }


def _disturb(
    bench: Bench, out: Path, rng: np.random.Generator, most: int, expected: Mapping[str, str]
) -> tuple[int, int]:
    """Kill a batch until it is through; return how often, and how many visible files were wrong."""
    killed = wrong = 0
    while killed < most:
        with bench.started(out, "--jobs", "2") as child:
            try:
                child.wait(rng.uniform(0.2, 5.0))
                return killed, wrong
            except subprocess.TimeoutExpired:
                if rng.random() < 0.5:
                    os.killpg(child.pid, signal.SIGKILL)
                else:
                    child.kill()
        killed += 1
        found = hashes(out) if out.is_dir() else {}
        wrong += sum(expected.get(name) != digest for name, digest in found.items())
    return killed, wrong


def worker_kills(recordings: int, share: float = 0.05, seed: int = 0) -> Row:
    """Kill single workers while a batch runs, as the system does when memory runs out."""
    rng = np.random.default_rng(seed)
    kills = max(round(share * recordings), 1)
    with TemporaryDirectory() as place:
        bench = Bench(Path(place))
        bench.fill(recordings, 20.0, seed)
        out = bench.folder / "out"
        done = 0
        with bench.started(out, "--jobs", "2", "--timeout", "60") as child:
            while child.poll() is None:
                time.sleep(rng.uniform(0.2, 0.6))
                workers = workers_of(child.pid)
                if done < kills and len(workers) == 2 and out.is_dir() and hashes(out):
                    os.kill(int(rng.choice(workers)), signal.SIGKILL)
                    done += 1
            code = child.returncode
        counts = state_counts(out)
        twice = sum(times > 1 for times in works(out).values())
    return {
        "trial": "kill -9 of a worker",
        "size": f"{done} of {recordings} jobs",
        "found": f"{counts['done']} done, {counts['quarantined']} set aside, "
        f"{twice} others done twice, exit {code}",
        "target": "all done (a job whose worker died twice may be set aside), no other touched",
        "met": done == kills and counts["done"] + counts["quarantined"] == recordings and not twice,
    }


def hang(recordings: int, allowed: float = 6.0) -> Row:
    """Stop a worker in the middle of its job, so that it hangs, and see when it is given up."""
    with TemporaryDirectory() as place:
        bench = Bench(Path(place))
        bench.fill(recordings, 3.0)
        out = bench.folder / "out"
        late = float("nan")
        options = ("--jobs", "2", "--timeout", f"{allowed:g}")
        with bench.started(out, *options) as child:
            while child.poll() is None and not (out.is_dir() and hashes(out)):
                time.sleep(0.02)
            victim = workers_of(child.pid)[0]
            os.kill(victim, signal.SIGSTOP)
            began = time.perf_counter()
            while Path(f"/proc/{victim}").exists() and child.poll() is None:
                time.sleep(0.02)
            late = time.perf_counter() - began - allowed
            code = child.wait(_PATIENCE_SECONDS)
        counts = state_counts(out)
    return {
        "trial": "a job that hangs",
        "size": f"1 of {recordings} jobs",
        "found": f"given up {late:+.1f} s after its {allowed:g} s, {counts['done']} done, "
        f"exit {code}",
        "target": "within 2 s, all done",
        "met": abs(late) <= 2 and counts["done"] == recordings,
    }


def full_disk(recordings: int) -> Row:
    """Fill a small disk in the middle of a batch, see it pause, make room, see it end."""
    with TemporaryDirectory() as place:
        bench = Bench(Path(place))
        bench.fill(recordings, 3.0)
        needed = sum(path.stat().st_size for path in bench.collection.rglob("*.wav"))
        bench.run(bench.folder / "undisturbed")
        expected = hashes(bench.folder / "undisturbed")
        with _small_disk(bench.folder / "disk", 2 * needed + (8 << 20)) as disk:
            ballast = disk / "ballast"
            ballast.write_bytes(b"\0" * (needed + (7 << 20) + needed // 2))
            out = disk / "out"
            stopped = bench.run(out, "--jobs", "2", "--on-full", "stop")
            paused = _while_full(bench, out, ballast, expected)
            found = hashes(out)
    return {
        "trial": "disk full in the middle",
        "size": f"{recordings} recordings on a disk for half of them",
        "found": f"--on-full stop: exit {stopped[0]}; pause: {paused[0]} files visible, "
        f"{paused[1]} of them wrong, exit {paused[2]} after room was made, "
        f"{len(found)} right in the end",
        "target": "exit 5; no partial file; exit 0; all right",
        "met": (stopped[0], paused[1], paused[2]) == (5, 0, 0) and found == expected,
    }


def _while_full(
    bench: Bench, out: Path, ballast: Path, expected: Mapping[str, str]
) -> tuple[int, int, int]:
    with bench.started(out, "--jobs", "2") as child:
        before = -1
        # It has come to rest when nothing was added for a while.
        while child.poll() is None and len(hashes(out)) != before:
            before = len(hashes(out))
            time.sleep(4.0)
        visible = hashes(out)
        wrong = sum(expected.get(name) != digest for name, digest in visible.items())
        ballast.unlink()
        code = child.wait(_PATIENCE_SECONDS)
    return len(visible), wrong, code


@contextmanager
def _small_disk(path: Path, num_bytes: int) -> Iterator[Path]:
    path.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={num_bytes}", "tmpfs", str(path)]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()
        raise ToolkitError(f"no small disk can be made: {said}", "this trial needs root on Linux")
    try:
        yield path
    finally:
        subprocess.run(["umount", "-l", str(path)], check=True)


def interrupt(recordings: int) -> Row:
    """Send SIGINT once, and twice, to batches with long jobs; then resume."""
    with TemporaryDirectory() as place:
        bench = Bench(Path(place))
        bench.fill(recordings, 1800.0)
        seconds, codes = [], []
        for number in (1, 2):
            out = bench.folder / f"out {number}"
            with bench.started(out, "--jobs", "2") as child:
                while len(workers_of(child.pid)) < 2:
                    time.sleep(0.05)
                time.sleep(3.0)
                began = time.perf_counter()
                for _ in range(number):
                    child.send_signal(signal.SIGINT)
                    time.sleep(0.05)
                codes.append(child.wait(60))
                seconds.append(time.perf_counter() - began)
        resumed = bench.run(bench.folder / "out 2", "--jobs", "2")[0]
    return {
        "trial": "SIGINT once, twice",
        "size": f"{recordings} recordings of half an hour",
        "found": f"exit {codes[0]} after {seconds[0]:.1f} s, {codes[1]} after {seconds[1]:.1f} s, "
        f"resumed with exit {resumed}",
        "target": "130 within 10 s, 130 within 1 s, 0",
        "met": codes == [130, 130] and seconds[0] <= 10 and seconds[1] <= 1 and resumed == 0,
    }


def second_run(recordings: int) -> Row:
    """Start a second batch on an output that one is working on."""
    with TemporaryDirectory() as place:
        bench = Bench(Path(place))
        bench.fill(recordings, 300.0)
        out = bench.folder / "out"
        with bench.started(out, "--jobs", "1") as child:
            while not (out.is_dir() and hashes(out)):
                time.sleep(0.02)
            code, _, said = bench.run(out)
            first = child.wait(_PATIENCE_SECONDS)
            named = f"process {child.pid} " in said
    return {
        "trial": "a second run on one output",
        "size": f"{recordings} recordings",
        "found": f"exit {code}, holder {'' if named else 'NOT '}named; the first: exit {first}",
        "target": "exit 2, holder named; exit 0",
        "met": (code, named, first) == (2, True, 0),
    }


def sameness(recordings: int) -> Row:
    """Restore the same recordings with networks and different numbers of workers."""
    with TemporaryDirectory() as place:
        bench = Bench(Path(place), "restore")
        bench.fill(recordings, 5.0)
        found = []
        for number, workers in enumerate((1, 2, 4, 2, 1)):
            out = bench.folder / f"out {number}"
            bench.run(out, "--jobs", str(workers))
            found.append(hashes(out))
    different = sum(each != found[0] for each in found)
    return {
        "trial": "the same, whatever the number of workers",
        "size": f"{recordings} recordings, networks, runs with 1, 2, 4, 2, 1 workers",
        "found": f"{different} runs differ from the first, {len(found[0])} results each",
        "target": "0",
        "met": not different and len(found[0]) == recordings,
    }
