import subprocess
import sys

CODE = """
import os, sys
from toolkit.cli.cores import num_cores

os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
sys.stdout.write(str(num_cores()))
"""


def test_what_a_container_does_not_allow_is_not_counted():
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, check=True)
    assert done.stdout == b"1"
