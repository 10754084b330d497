"""Suite memory: does a long recording cost more memory than a short one."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import soundfile

from toolkit.errors import ToolkitError
from toolkit.evaluation import facts, table
from toolkit.evaluation.chart import chart
from toolkit.evaluation.methods import choose
from toolkit.evaluation.speed import damaged_music

MINUTES = (3, 12, 60, 360)

_PHRASE_SECONDS = 30
_DENSE_MINUTES = 60


@dataclass(frozen=True)
class Program:
    """Say what runs on which files.

    Parameters
    ----------
    command : str
        What Python is given; the recording's path follows.
    into : str
        The option that says where results go.
    sample_rate : int
        Of the files, in Hz.
    minutes : tuple of int
        Their lengths.
    """

    command: str
    into: str
    sample_rate: int
    minutes: tuple[int, ...]


PROGRAMS: Mapping[str, Program] = {
    "restore": Program(
        "from toolkit.cli import restore_main; restore_main()", "-o", 96000, MINUTES
    ),
    "separate": Program(
        "import sys; from toolkit.cli import main; sys.argv.insert(1, 'separate'); main()",
        "--out",
        44100,
        (3, 60),
    ),
}
"""What is measured, by name."""


def memory(
    limit: int | None = None,
    seeds: int = 1,
    progress: Callable[[float, float], None] | None = None,
    methods: Sequence[str] = (),
) -> table.Report:
    """Restore and separate ever longer stereo files and take the processes' peak memory.

    `limit` takes the first so many of each program's lengths; nothing is random.
    """
    chosen = choose(PROGRAMS, methods)
    jobs = [
        partial(_rows, minutes, name)
        for name, program in chosen.items()
        for minutes in program.minutes[:limit]
    ]
    rows = table.collect(jobs, progress)
    return table.Report(
        suite="memory",
        title="Memory: peak of a whole process, 24-bit stereo",
        summary=tuple(
            {
                "program": row["program"],
                "sample rate (Hz)": row["sample_rate"],
                "minutes": row["minutes"],
                "file (MiB)": row["file_mib"],
                "peak (MiB)": row["peak_mib"],
                "× real time": row["real_time"],
            }
            for row in rows
        ),
        rows=rows,
        notes=(
            *(_growth(rows, name) for name in chosen),
            "The peak includes Python and its libraries. Above an hour the music rests for nine "
            "and a half of every ten minutes.",
        ),
        facts={**facts.machine(), **facts.versions(())},
        chart=chart(rows, x="minutes", x_label="minutes", y="peak_mib", y_label="peak (MiB)"),
    )


def _rows(minutes: float, name: str) -> list[dict[str, Any]]:
    return [measure(minutes, name)]


def measure(minutes: float, name: str = "restore") -> dict[str, Any]:
    """Write a damaged file of that length, run a program on it, return what the process took.

    Parameters
    ----------
    minutes : float
        Length of the file.
    name : str
        One of `PROGRAMS`.

    Raises
    ------
    ToolkitError
        On Windows, which does not tell a child's peak memory in this way, or if the child fails.
    """
    if sys.platform == "win32":
        raise ToolkitError("peak memory is measured on Linux and macOS only")
    program = PROGRAMS[name]
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "long.wav", Path(folder) / "done.wav"
        write_long(source, minutes, program.sample_rate)
        began = perf_counter()
        with (Path(folder) / "messages").open("w+b") as messages:
            child = subprocess.Popen(
                [sys.executable, "-c", program.command, str(source), program.into, str(target)],
                stdout=subprocess.DEVNULL,
                stderr=messages,
            )
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            seconds = perf_counter() - began
            messages.seek(0)
            said = messages.read().decode(errors="replace").strip()[-500:]
        if child.returncode:
            raise ToolkitError(f"{name} failed on {minutes:g} minutes: {said}")
        size = source.stat().st_size
    unit = 1 if sys.platform == "darwin" else 1024
    return {
        "program": name,
        "sample_rate": program.sample_rate,
        "minutes": minutes,
        "file_mib": size / 2**20,
        "peak_mib": usage.ru_maxrss * unit / 2**20,
        "seconds": seconds,
        "real_time": 60 * minutes / seconds,
    }


def write_long(path: Path, minutes: float, sample_rate: int = 96000) -> None:
    """Write damaged music, 24-bit stereo, by repeating one phrase; RF64 above 4 GiB.

    Above an hour the phrase sounds once in ten minutes, with silence between: memory is what is
    measured, and that is taken by blocks and by length, not by what they hold.
    """
    phrase = damaged_music(sample_rate, 2, _PHRASE_SECONDS).samples
    phrase = np.ascontiguousarray(phrase.T * (0.9 / np.abs(phrase).max()))
    rests = 0 if minutes <= _DENSE_MINUTES else round(600 / _PHRASE_SECONDS) - 1
    total = round(60 * minutes * sample_rate)
    container = "RF64" if 6 * total > 2**32 - 2**16 else "WAV"
    with soundfile.SoundFile(path, "w", sample_rate, 2, "PCM_24", format=container) as file:
        for number, start in enumerate(range(0, total, len(phrase))):
            block = phrase if number % (rests + 1) == 0 else np.zeros_like(phrase)
            file.write(block[: total - start])


def _growth(rows: Sequence[Mapping[str, Any]], name: str) -> str:
    peaks = [row["peak_mib"] for row in rows if row["program"] == name]
    return f"{name}: the longest file takes {peaks[-1] / peaks[0]:.2f} times the shortest's memory."
