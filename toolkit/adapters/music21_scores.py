"""Open music21, quietly, and scores with it.

It warns of overfull measures, which it mends, of repeats and variants that it cannot place, of its
own old calls and of the temporary folder that it keeps settings in.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from toolkit.errors import ToolkitError


def library() -> Any:
    """Return the package.

    Raises
    ------
    ToolkitError
        If it is not installed.
    """
    try:
        import music21
    except ImportError as error:
        raise ToolkitError("music21 is not installed", "install it with: uv sync") from error
    return music21


@contextmanager
def quietly() -> Iterator[Any]:
    """Give the package, without its warnings as long as the block lasts.

    Raises
    ------
    ToolkitError
        As `library`.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield library()


def first_of(score: Any) -> Any:
    """Return a score, the first one of a file that holds several works."""
    return score.scores[0] if "Opus" in score.classes else score
