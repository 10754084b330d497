import os
from importlib.util import find_spec
from pathlib import Path

from hypothesis import settings

# One thread a worker: the suite runs one worker a core.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# Shared machines stall, and a failure must come again: no deadlines, the same examples each time.
settings.register_profile("suite", deadline=None, derandomize=True)
settings.load_profile("suite")

# What sounds must not depend on the fonts that somebody has installed.
_PACKAGE = find_spec("pretty_midi")
assert _PACKAGE is not None
os.environ["TONEARM_SOUNDFONT"] = str(Path(_PACKAGE.origin).with_name("TimGM6mb.sf2"))
