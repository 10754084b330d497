"""What the terminal sees: two-line errors, exit codes, a progress bar, tables."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Any, NoReturn

from toolkit.errors import ToolkitError

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress

    from toolkit.run import Progress

INTERRUPTED = 130
SOME_FAILED = 3

_PATIENCE = 1.0  # seconds before a bar appears: quick work needs none


def say(*lines: str) -> None:
    """Write lines to standard error, where everything but results goes."""
    for line in lines:
        print(line, file=sys.stderr)  # noqa: T201


def result(line: str) -> None:
    """Write a line to standard output, where results go."""
    print(line)  # noqa: T201


def show_error(error: ToolkitError) -> None:
    """Write what is wrong and, if there is one, what to type."""
    say(f"error: {error.message}")
    if error.hint:
        say(f"hint:  {error.hint}")


def guarded(command: Any, name: str) -> NoReturn:
    """Run a command and leave with its exit code; every error becomes two lines.

    ``TONEARM_DEBUG=1`` or ``--debug`` anywhere on the line adds the traceback.
    """
    debug = "--debug" in sys.argv or bool(os.environ.get("TONEARM_DEBUG"))
    arguments = [each for each in sys.argv[1:] if each != "--debug"]
    try:
        code = command.main(args=arguments, prog_name=name, standalone_mode=False)
        sys.stdout.flush()
    except ToolkitError as error:
        if debug:
            traceback.print_exc()
        show_error(error)
        code = error.exit_code
    except KeyboardInterrupt:
        say("interrupted; finished work is kept")
        code = INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    except Exception as error:
        code = _show_unexpected(error, name, debug)
    sys.exit(code if isinstance(code, int) else 0)


def _show_unexpected(error: Exception, name: str, debug: bool) -> int:
    # The command-line library's own errors and aborts know their message and exit code.
    if hasattr(error, "format_message"):
        show_error(ToolkitError(error.format_message().rstrip("."), f"see: {name} --help"))
        return int(getattr(error, "exit_code", 2))
    if type(error).__name__ == "Abort":
        say("interrupted; finished work is kept")
        return INTERRUPTED
    if debug:
        traceback.print_exc()
    show_error(ToolkitError(f"{type(error).__name__}: {error}", "please report it; see --debug"))
    return 1


class Bar:
    """Show how far a run of several steps is, with time left, after a second's patience."""

    def __init__(self, display: RichProgress, title: str, steps: Sequence[str]) -> None:
        self._display, self._title = display, title
        self._steps = list(steps)
        self._began = monotonic()
        self._task: Any = None

    def __call__(self, step: str, done: float, total: float) -> None:
        """Take a report of a step's progress; see `toolkit.run.Progress`."""
        if self._task is None:
            if monotonic() - self._began < _PATIENCE:
                return
            self._task = self._display.add_task(self._title, total=len(self._steps))
        place = self._steps.index(step) if step in self._steps else 0
        share = done / total if total else 0.0
        self._display.update(
            self._task, completed=place + share, description=f"{self._title}: {step}"
        )


@contextmanager
def progress(title: str, steps: Sequence[str]) -> Iterator[Progress]:
    """Yield a progress callback: a bar on a terminal, silence elsewhere."""
    from toolkit.run import silent

    if not sys.stderr.isatty():
        yield silent
        return
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Display

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
    )
    with Display(*columns, console=Console(stderr=True), transient=True) as display:
        yield Bar(display, title, steps)


def table(rows: Iterable[Sequence[str]]) -> list[str]:
    """Return rows as lines with aligned columns, two spaces apart."""
    rows = [list(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
