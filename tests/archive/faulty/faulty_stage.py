"""A third party's stage that does what recordings do to programs: the first sample says what."""

import errno
import os
import signal
import time
from pathlib import Path

import numpy as np

from toolkit.run import Run
from toolkit.stage import param, stage
from toolkit.values import Audio


@stage
class Faulty:
    """Kill, hang, exhaust, fail or pass on."""

    marks: str = param("", help="folder of marks, for what happens only once")

    def __call__(self, audio: Audio, run: Run) -> Audio:
        """Return the recording if nothing is wrong with it."""
        what = round(float(audio.samples[0, 0]) * 10) if audio.num_samples else 0
        if what == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        if what == 2:
            time.sleep(1000)
        if what == 3:
            np.ones(1 << 34)
        if what == 4:
            raise ValueError("no such luck")
        if what == 5 and self._is_first("io"):
            raise OSError(errno.EIO, "Input/output error")
        if what == 6 and self._is_first("death"):
            os.kill(os.getpid(), signal.SIGKILL)
        if what == 7:
            raise OSError(errno.ESTALE, "Stale file handle")
        return audio

    def _is_first(self, name: str) -> bool:
        mark = Path(self.marks) / name
        if mark.exists():
            return False
        mark.touch()
        return True


STAGE = Faulty
