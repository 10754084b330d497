"""Why something failed: a stable word for reports and for what is done about it."""

from __future__ import annotations

import errno
from collections.abc import Iterator

from toolkit.errors import InputError, ResourceError, ToolkitError

FULL = (errno.ENOSPC, errno.EDQUOT)
"""What a system says when there is no room."""

DENIED = (errno.EACCES, errno.EPERM, errno.EROFS)
"""What a system says when something is not allowed."""


def explain(error: BaseException) -> tuple[str, str, str]:
    """Return a stable code, what is wrong, and what to do."""
    message = (
        error.message if isinstance(error, ToolkitError) else f"{type(error).__name__}: {error}"
    )
    hint = error.hint if isinstance(error, ToolkitError) else "run it alone with --debug"
    for cause in _causes(error):
        if isinstance(cause, OSError) and cause.errno in FULL:
            return "E_NOSPACE", message, hint
        if isinstance(cause, MemoryError) or "allocate memory" in str(cause):
            return "E_MEMORY", message, "give each worker more: --max-memory, or fewer: --jobs"
    if isinstance(error, InputError):
        return error.code, message, hint
    for cause in _causes(error):
        if isinstance(cause, OSError):
            return "E_PERMISSION" if cause.errno in DENIED else "E_IO", message, hint
    if isinstance(error, ResourceError):
        return "E_RESOURCE", message, hint
    return "E_FAILED", message, hint


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
