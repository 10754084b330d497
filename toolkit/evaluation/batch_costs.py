"""Trials of what a batch costs: overhead, workers, resume, a large manifest, a long soak."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from toolkit.archive.job import Entry
from toolkit.archive.manifest import Manifest
from toolkit.evaluation.batch_bench import (
    Bench,
    hashes,
    open_files,
    resident_bytes,
    state_counts,
    workers_of,
)
from toolkit.io import audio_file
from toolkit.run import Run

Row = Mapping[str, Any]


def overhead(recordings: int) -> Row:
    """Compare a batch that copies tiny recordings with reading and writing them in a loop."""
    with TemporaryDirectory() as place:
        bench = Bench(Path(place), "null")
        bench.fill(recordings, 0.25)
        began = time.perf_counter()
        _copy_all(bench.collection, bench.folder / "copies")
        plain = time.perf_counter() - began
        few = _started_seconds(bench)
        code, seconds, _ = bench.run(bench.folder / "out", "--jobs", "1")
    each = 1000 * (seconds - few - plain) / recordings
    return {
        "trial": "overhead of the engine",
        "size": f"{recordings} recordings of a quarter of a second, one worker",
        "found": f"{each:.1f} ms each over reading and writing "
        f"({1000 * plain / recordings:.1f} ms), {few:.1f} s to start, exit {code}",
        "target": "at most 20 ms",
        "met": each <= 20 and code == 0,
    }


def _started_seconds(bench: Bench) -> float:
    """Return the seconds that a batch of one recording takes: starting, importing, ending."""
    one = next(iter(sorted(hashes(bench.collection))))
    return bench.run(bench.folder / "one", "--jobs", "1", "--only", one)[1]


def _copy_all(source: Path, target: Path) -> None:
    rng = np.random.default_rng(0)
    for path in sorted(source.rglob("*.wav")):
        recording = audio_file.read(path, Run())
        place = target / path.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        audio_file.write(place, recording.audio, recording, rng=rng)


def two_workers(recordings: int) -> Row:
    """Compare one worker with two, and see that both make the same."""
    with TemporaryDirectory() as place:
        bench = Bench(Path(place))
        bench.fill(recordings, 300.0)
        few = _started_seconds(bench)
        one = bench.run(bench.folder / "one worker", "--jobs", "1")
        two = bench.run(bench.folder / "two workers", "--jobs", "2")
        same = hashes(bench.folder / "one worker") == hashes(bench.folder / "two workers")
    ratio = one[1] / two[1]
    return {
        "trial": "two workers",
        "size": f"{recordings} recordings of five minutes",
        "found": f"{ratio:.2f} times as fast as one, start ({few:.1f} s) included; outputs "
        f"{'the same' if same else 'DIFFER'}; {os.cpu_count()} cores",
        "target": "1.8, the same",
        "met": ratio >= 1.8 and same,
    }


def resume(recordings: int) -> Row:
    """Run a finished batch again, by time and size and by content."""
    with TemporaryDirectory() as place:
        bench = Bench(Path(place), "null")
        bench.fill(recordings, 0.25)
        out = bench.folder / "out"
        bench.run(out, "--jobs", "2")
        times = {path: path.stat().st_mtime_ns for path in out.rglob("*.wav")}
        code, seconds, _ = bench.run(out)
        rehashed = bench.run(out, "--rehash")
        rewritten = sum(path.stat().st_mtime_ns != when for path, when in times.items())
        done = state_counts(out)["done"]
    return {
        "trial": "resume of what is finished",
        "size": f"{done} recordings",
        "found": f"{seconds:.1f} s, {rehashed[1]:.1f} s with --rehash, {rewritten} rewritten, "
        f"exit {code}",
        "target": "15 s for 10,000, 0 rewritten, exit 0",
        "met": seconds <= 15 and not rewritten and (code, rehashed[0]) == (0, 0),
    }


def rehash_speed(megabytes: int) -> Row:
    """Compare a finished batch of large recordings by content."""
    with TemporaryDirectory() as place:
        bench = Bench(Path(place), "null")
        bench.fill(1, megabytes * 2**20 / 44100)
        out = bench.folder / "out"
        bench.run(out)
        plain = bench.run(out)[1]
        seconds = bench.run(out, "--rehash")[1]
        size = sum(path.stat().st_size for path in bench.folder.rglob("*.wav"))
    rate = size / 1e6 / max(seconds - plain, 1e-3)
    return {
        "trial": "--rehash",
        "size": f"{size / 1e6:.0f} MB of recordings and results",
        "found": f"{rate:.0f} MB/s on one core",
        "target": "500",
        "met": rate >= 500,
    }


def large_manifest(rows: int) -> Row:
    """Fill a manifest with rows, open it again, ask for its state, and change jobs."""
    with TemporaryDirectory() as place:
        path = Path(place) / "manifest.sqlite"
        with Manifest.open(path) as manifest:
            manifest.enroll(_entries(rows))
        began = time.perf_counter()
        manifest = Manifest.open(path)
        manifest.begin({})
        opened = time.perf_counter() - began
        began = time.perf_counter()
        counts = manifest.counts()
        asked = time.perf_counter() - began
        began = time.perf_counter()
        trials = min(rows, 1000)
        for job in range(1, trials + 1):
            manifest.latest(manifest.get(job).source, "recipe")
            manifest.start([job], [job])
            manifest.put_back([job])
        each = 1000 * (time.perf_counter() - began) / trials
        manifest.close()
    return {
        "trial": "a large manifest",
        "size": f"{counts['pending']} rows",
        "found": f"open {opened:.2f} s, state {asked:.2f} s, {each:.2f} ms a job",
        "target": "2 s, 1 s, 5 ms",
        "met": opened <= 2 and asked <= 1 and each <= 5,
    }


def _entries(rows: int) -> Iterator[tuple[Entry, str, int, str]]:
    for number in range(rows):
        name = f"box {number // 1000}/side {number:07d}"
        yield Entry(f"{name}.wav", 10_000_000, str(number)), "recipe", 1, f"{name}.restored.wav"


def soak(recordings: int) -> Row:
    """Work through many recordings and watch memory, open files and pace."""
    with TemporaryDirectory() as place:
        bench = Bench(Path(place))
        bench.fill(recordings, 1.0)
        out = bench.folder / "out"
        samples: list[tuple[float, int, int, int]] = []
        with bench.started(out, "--jobs", "1") as child:
            while child.poll() is None:
                time.sleep(0.25)
                samples += _sample(child.pid, out)
            code = child.returncode
        free = shutil.disk_usage(place).free
    steady = [each for each in samples if each[1] >= recordings // 4]
    done = np.array([each[1] for each in steady], float)
    memory = np.array([each[2] for each in steady], float) / 2**20
    slope = 1000 * float(np.polyfit(done, memory, 1)[0])
    half = len(steady) // 2
    pace = [_pace(steady[:half]), _pace(steady[half:])]
    drift = pace[1] / pace[0] - 1
    files = max(each[3] for each in steady[half:]) - max(each[3] for each in steady[:half])
    return {
        "trial": "soak",
        "size": f"{recordings} recordings",
        "found": f"{slope:+.2f} MiB a thousand, {files:+d} open files, pace {100 * drift:+.1f} %, "
        f"exit {code}",
        "target": "1 MiB, 0, 5 %",
        "met": slope <= 1 and files <= 0 and drift >= -0.05 and code == 0 and free > 0,
    }


def _sample(process: int, out: Path) -> list[tuple[float, int, int, int]]:
    """Return the time, results so far, bytes and open files of a batch and its workers."""
    try:
        all_of_them = [process, *workers_of(process)]
        memory = sum(map(resident_bytes, all_of_them))
        files = sum(map(open_files, all_of_them))
        return [(time.perf_counter(), len(list(out.glob("*/*.wav"))), memory, files)]
    except (OSError, IndexError, ValueError):
        # It ended while it was looked at.
        return []


def _pace(samples: list[tuple[float, int, int, int]]) -> float:
    first, last = samples[0], samples[-1]
    return (last[1] - first[1]) / (last[0] - first[0])
