"""The one exception family: what is wrong, and what to type instead."""

from __future__ import annotations


class ToolkitError(Exception):
    """Report a failure of the toolkit itself.

    Parameters
    ----------
    message : str
        What is wrong, with the value that was seen; one line.
    hint : str
        What to do or type next; one line, may be empty.
    """

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(ToolkitError):
    """Report a mistake in what was typed: an option, a pipeline file, a name."""

    exit_code = 2


class InputError(ToolkitError):
    """Report a file that cannot be used as it is.

    `code` is a short stable word for reports, such as ``E_EMPTY`` or ``E_TRUNCATED``.
    """

    exit_code = 2

    def __init__(self, message: str, hint: str = "", *, code: str = "E_INPUT") -> None:
        super().__init__(message, hint)
        self.code = code


class ResourceError(ToolkitError):
    """Report that the machine ran out of something: disk space, memory, a missing weight file."""

    exit_code = 5
