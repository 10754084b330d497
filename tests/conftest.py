import os

from hypothesis import settings

# One thread a worker: the suite runs one worker a core.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# Shared machines stall, and a failure must come again: no deadlines, the same examples each time.
settings.register_profile("suite", deadline=None, derandomize=True)
settings.load_profile("suite")
