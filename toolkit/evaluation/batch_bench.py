"""A bench for trials of the batch: a collection of small recordings, and the command itself."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from toolkit.archive.job import State
from toolkit.archive.manifest import Manifest

_COMMAND = "import sys; from toolkit.cli import main; sys.argv[0] = 'tonearm'; main()"
_RATE = 22050
# A chain that does something to every sample, without a network: trials are of the batch.
_PIPELINES = {
    "null": 'stage = "dehum"\nstrength = 0.0\n',
    "light": 'stage = "denoise"\nmodel = "classical"\n',
}


@dataclass(frozen=True)
class Bench:
    """Hold a folder with a collection and a pipeline, in which batches are run.

    Parameters
    ----------
    folder : Path
        A temporary one.
    pipeline : str
        ``null`` copies, ``light`` reduces noise without a network; or one that ships.
    """

    folder: Path
    pipeline: str = "light"

    @property
    def collection(self) -> Path:
        """Return where the recordings are."""
        return self.folder / "collection"

    def fill(self, count: int, seconds: float, seed: int = 0) -> None:
        """Write recordings of noisy tones, each different, in folders of fifty."""
        for number in range(count):
            rng = np.random.default_rng([seed, number])
            time_axis = np.arange(round(seconds * _RATE)) / _RATE
            tone = 0.2 * np.sin(2 * np.pi * rng.uniform(100, 2000) * time_axis)
            samples = tone + 0.02 * rng.standard_normal(len(time_axis))
            path = self.collection / f"box {number // 50}" / f"side {number:05d}.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(path, samples, _RATE, subtype="PCM_16")
        if self.pipeline in _PIPELINES:
            text = f'name = "{self.pipeline}"\nsummary = "For trials."\n\n[[step]]\n'
            self._chain.write_text(text + _PIPELINES[self.pipeline])

    @property
    def _chain(self) -> Path:
        return self.folder / f"{self.pipeline}.toml"

    def command(self, out: Path, *options: str) -> list[str]:
        """Return the command line of a batch."""
        chain = str(self._chain) if self.pipeline in _PIPELINES else self.pipeline
        return [
            *(sys.executable, "-c", _COMMAND, "batch", str(self.collection)),
            *("--out", str(out), "--pipeline", chain, "--no-pages", "--no-measures", "--quiet"),
            *options,
        ]

    @contextmanager
    def started(self, out: Path, *options: str) -> Iterator[subprocess.Popen[bytes]]:
        """Start a batch in a process group of its own, ended with the block."""
        child = subprocess.Popen(
            self.command(out, *options),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            yield child
        finally:
            if child.poll() is None:
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()

    def run(self, out: Path, *options: str) -> tuple[int, float, str]:
        """Run a batch to its end; return exit code, seconds, and what it said."""
        began = time.perf_counter()
        done = subprocess.run(
            self.command(out, *options), capture_output=True, check=False, start_new_session=True
        )
        return done.returncode, time.perf_counter() - began, done.stderr.decode(errors="replace")


def hashes(root: Path) -> dict[str, str]:
    """Return the sha256 of every visible sound file below a folder, by relative path."""
    found = {}
    for path in sorted(root.rglob("*.wav")):
        parts = path.relative_to(root).parts
        if not any(part.startswith(".") for part in parts):
            found["/".join(parts)] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def workers_of(process: int) -> list[int]:
    """Return the processes that a batch has started to work for it, on Linux."""
    children: list[int] = []
    try:
        # Each thread has its own: workers that replace others are another thread's.
        for thread in Path(f"/proc/{process}/task").iterdir():
            children += map(int, (thread / "children").read_text().split())
    except (OSError, ValueError):
        return []
    return [each for each in children if b"spawn_main" in _command_line(each)]


def _command_line(process: int) -> bytes:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return b""


def resident_bytes(process: int) -> int:
    """Return the memory that a process holds, on Linux."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def open_files(process: int) -> int:
    """Return how many files a process has open, on Linux."""
    return len(list(Path(f"/proc/{process}/fd").iterdir()))


@contextmanager
def manifest(out: Path) -> Iterator[Manifest]:
    """Open the manifest of an output."""
    with Manifest.open(out / ".tonearm" / "manifest.sqlite") as opened:
        yield opened


def works(out: Path) -> dict[int, int]:
    """Return how often each job was worked on to its end."""
    counts: dict[int, int] = {}
    with manifest(out) as opened:
        for event in opened.events():
            if event.job is not None and event.kind == "modification":
                counts[event.job] = counts.get(event.job, 0) + (event.outcome != "failure")
    return counts


def state_counts(out: Path) -> dict[State, int]:
    """Return how many jobs are in each state."""
    with manifest(out) as opened:
        return opened.counts()
