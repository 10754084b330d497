"""Suite memory: does a long recording cost more memory than a short one."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
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

_SAMPLE_RATE = 96000
_PHRASE_SECONDS = 30
_DENSE_MINUTES = 60


def memory(
    limit: int | None = None,
    seeds: int = 1,
    progress: Callable[[float, float], None] | None = None,
    methods: Sequence[str] = (),
) -> table.Report:
    """Restore ever longer 96 kHz stereo files and take the processes' peak memory.

    `limit` takes the first so many lengths of 3, 12, 60 and 360 minutes; nothing is random.
    """
    choose({}, methods)
    lengths = MINUTES[:limit]
    rows = []
    for number, minutes in enumerate(lengths):
        rows.append(measure(minutes))
        if progress is not None:
            progress(number + 1, len(lengths))
    growth = rows[-1]["peak_mib"] / rows[0]["peak_mib"]
    return table.Report(
        suite="memory",
        title="Memory: peak of a whole `restore` process, 96 kHz 24-bit stereo",
        summary=tuple(
            {
                "minutes": row["minutes"],
                "file (MiB)": row["file_mib"],
                "peak (MiB)": row["peak_mib"],
                "× real time": row["real_time"],
            }
            for row in rows
        ),
        rows=tuple(rows),
        notes=(
            f"The longest file takes {growth:.2f} times the memory of the shortest.",
            "The peak includes Python and its libraries. Above an hour the music rests for nine "
            "and a half of every ten minutes.",
        ),
        facts={**facts.machine(), **facts.versions(())},
        chart=chart(rows, x="minutes", x_label="minutes", y="peak_mib", y_label="peak (MiB)"),
    )


def measure(minutes: float) -> dict[str, Any]:
    """Write a damaged file of that length, restore it in a new process, return what it took.

    Raises
    ------
    ToolkitError
        On Windows, which does not tell a child's peak memory in this way, or if the child fails.
    """
    if sys.platform == "win32":
        raise ToolkitError("peak memory is measured on Linux and macOS only")
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "long.wav", Path(folder) / "restored.wav"
        write_long(source, minutes)
        command = "from toolkit.cli import restore_main; restore_main()"
        began = perf_counter()
        with (Path(folder) / "messages").open("w+b") as messages:
            child = subprocess.Popen(
                [sys.executable, "-c", command, str(source), "-o", str(target)],
                stdout=subprocess.DEVNULL,
                stderr=messages,
            )
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            seconds = perf_counter() - began
            messages.seek(0)
            said = messages.read().decode(errors="replace").strip()[-500:]
        if child.returncode:
            raise ToolkitError(f"restore failed on {minutes:g} minutes: {said}")
        size = source.stat().st_size
    unit = 1 if sys.platform == "darwin" else 1024
    return {
        "minutes": minutes,
        "file_mib": size / 2**20,
        "peak_mib": usage.ru_maxrss * unit / 2**20,
        "seconds": seconds,
        "real_time": 60 * minutes / seconds,
    }


def write_long(path: Path, minutes: float) -> None:
    """Write damaged music, 96 kHz 24-bit stereo, by repeating one phrase; RF64 above 4 GiB.

    Above an hour the phrase sounds once in ten minutes, with silence between: memory is what is
    measured, and that is taken by blocks and by length, not by what they hold.
    """
    phrase = damaged_music(_SAMPLE_RATE, 2, _PHRASE_SECONDS).samples
    phrase = np.ascontiguousarray(phrase.T * (0.9 / np.abs(phrase).max()))
    rests = 0 if minutes <= _DENSE_MINUTES else round(600 / _PHRASE_SECONDS) - 1
    total = round(60 * minutes * _SAMPLE_RATE)
    container = "RF64" if 6 * total > 2**32 - 2**16 else "WAV"
    with soundfile.SoundFile(path, "w", _SAMPLE_RATE, 2, "PCM_24", format=container) as file:
        for number, start in enumerate(range(0, total, len(phrase))):
            block = phrase if number % (rests + 1) == 0 else np.zeros_like(phrase)
            file.write(block[: total - start])
