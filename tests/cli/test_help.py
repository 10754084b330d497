"""Help and listings are instant: they import nothing heavy."""

import json
import subprocess
import sys

import pytest

HEAVY = ("torch", "librosa", "scipy", "torchaudio", "demucs", "av", "soundfile", "onnxruntime")

PROGRAM = """
import json, sys
from toolkit.cli import main, restore_main
sys.argv = json.loads(sys.argv[1])
try:
    (restore_main if sys.argv[0] == "restore" else main)()
except SystemExit as exit:
    code = exit.code
print(json.dumps([code, sorted(sys.modules)]), file=sys.stderr)
"""


def modules_after(*arguments):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps(arguments)],
        capture_output=True,
        text=True,
        check=True,
    )
    code, modules = json.loads(done.stderr.splitlines()[-1])
    assert code == 0, done.stderr
    return set(modules)


@pytest.mark.parametrize(
    "arguments",
    [
        ("restore", "--help"),
        ("tonearm", "--help"),
        ("tonearm", "run", "--help"),
        ("tonearm", "evaluate", "--help"),
        ("tonearm", "--version"),
        ("tonearm", "stages"),
        ("tonearm", "stages", "declick"),
        ("tonearm", "pipelines"),
        ("tonearm", "pipelines", "restore"),
        ("tonearm", "checkpoints"),
    ],
)
def test_nothing_heavy_is_imported(arguments):
    assert not modules_after(*arguments) & set(HEAVY)


def test_help_needs_not_even_numpy():
    assert "numpy" not in modules_after("tonearm", "--help")
