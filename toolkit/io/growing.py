"""Collect samples of unknown number, because what a header promises is not to be believed."""

from __future__ import annotations

import tempfile
import weakref

import numpy as np

from toolkit.chunks import release
from toolkit.errors import InputError
from toolkit.io.atomic import storing
from toolkit.run import Run
from toolkit.values import Samples

_BLOCK = 2**18
_MAX_HOURS = 100


class Growing:
    """Append blocks [channels, n], then take the whole as scratch of the run.

    Parameters
    ----------
    num_channels, sample_rate : int
        Of every block.
    run : Run
        Whose scratch space is used.
    """

    def __init__(self, num_channels: int, sample_rate: int, run: Run) -> None:
        self.num_samples = 0
        self._num_channels = num_channels
        self._limit = _MAX_HOURS * 3600 * sample_rate
        self._run = run
        self._file = tempfile.SpooledTemporaryFile(  # noqa: SIM115
            2**24, dir=str(run.scratch_dir) if run.scratch_dir else None
        )
        weakref.finalize(self, self._file.close)

    def append(self, block: Samples) -> None:
        """Add a block [channels, n].

        Raises
        ------
        InputError
            ``E_TOO_LONG`` beyond 100 hours.
        ResourceError
            When the disk is full.
        """
        self.num_samples += block.shape[1]
        if self.num_samples > self._limit:
            raise InputError(f"the file unpacks to more than {_MAX_HOURS} hours", code="E_TOO_LONG")
        with storing("the temporary file"):
            self._file.write(np.ascontiguousarray(block.T).tobytes())

    def finish(self) -> Samples:
        """Return everything as one array [channels, samples] and free the temporary file."""
        out = self._run.scratch((self._num_channels, self.num_samples))
        self._file.seek(0)
        for start in range(0, self.num_samples, _BLOCK):
            stop = min(start + _BLOCK, self.num_samples)
            raw = self._file.read((stop - start) * 4 * self._num_channels)
            out[:, start:stop] = np.frombuffer(raw, np.float32).reshape(-1, self._num_channels).T
            release(out)
        self._file.close()
        return out
