"""What a run carries that is not musical: device, seed, progress, findings, scratch space."""

from __future__ import annotations

import os
import tempfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from toolkit.errors import ResourceError

if TYPE_CHECKING:
    from toolkit.values import Samples

Progress = Callable[[str, float, float], None]
"""Called as progress(step id, seconds or items done, total)."""

# Below this an array is cheaper in memory than in a file; above it, length must not cost memory.
_IN_MEMORY_BYTES = 64 * 2**20


class CheckpointStore(Protocol):
    """Load models by checkpoint name; `toolkit.checkpoints.Store` is the one that ships."""

    def load(self, name: str, device: str = "cpu") -> Any:
        """Return the named model, ready to run on the device."""


def silent(step: str, done: float, total: float) -> None:
    """Report no progress."""


@dataclass(frozen=True)
class Run:
    """Carry the circumstances of one execution.

    Parameters
    ----------
    device : str
        ``cpu``, ``cuda`` or ``mps``.
    seed : int
        The same seed, input and versions give the same output.
    progress : callable
        ``progress(step, done, total)``; `silent` by default.
    checkpoints : CheckpointStore, optional
        Where models come from.
    scratch_dir : Path, optional
        Where long signals are kept; the system's temporary folder by default.
    step : str
        Id of the step that runs, set by the executor.
    findings : dict
        What the stage says about its work; the executor gives each step a fresh one and records it.
    """

    device: str = "cpu"
    seed: int = 0
    progress: Progress = silent
    checkpoints: CheckpointStore | None = None
    scratch_dir: Path | None = None
    step: str = ""
    findings: dict[str, Any] = field(default_factory=dict)

    def for_step(self, step: str) -> Run:
        """Return this run as one step sees it: its own id, its own findings."""
        return replace(self, step=step, findings={})

    def rng(self, salt: str = "") -> np.random.Generator:
        """Return a generator of this run's seed and step, so that steps do not share randomness."""
        return np.random.default_rng([self.seed, zlib.crc32(f"{self.step}/{salt}".encode())])

    def report(self, **findings: Any) -> None:
        """Record what the stage found or did, as plain numbers and words."""
        self.findings.update(findings)

    def tick(self, done: float, total: float) -> None:
        """Report progress of the current step."""
        self.progress(self.step, done, total)

    def halved(self, num_samples: int) -> None:
        """Record that blocks did not fit into memory, and how many samples they have from now on.

        For `toolkit.chunks.overlap_add`.
        """
        self.report(blocks_halved_to=num_samples)

    def scratch(self, shape: tuple[int, ...]) -> Samples:
        """Return a zeroed, writable float32 array that costs no memory when it is long.

        A long one is a memory map of an unnamed temporary file, which the system frees with the
        array, whatever happens to the process. Its blocks are reserved at once: a disk that fills
        up under a sparse file would kill the process at some later write.

        Raises
        ------
        ResourceError
            If the disk has no room for it.
        """
        num_bytes = 4 * int(np.prod(shape))
        if num_bytes <= _IN_MEMORY_BYTES:
            return np.zeros(shape, np.float32)
        with tempfile.TemporaryFile(dir=self.scratch_dir) as file:
            try:
                _reserve(file.fileno(), num_bytes)
                return np.memmap(file, np.float32, "r+", shape=shape)
            except OSError as error:
                raise ResourceError(
                    f"no room for {num_bytes / 1e9:.1f} GB of scratch space: {error.strerror}",
                    "free some, or set TMPDIR to a folder on a larger disk",
                ) from error


def _reserve(descriptor: int, num_bytes: int) -> None:
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(descriptor, 0, num_bytes)
    else:
        os.truncate(descriptor, num_bytes)
