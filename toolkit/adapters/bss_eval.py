"""Measure separated stems with museval, the evaluation of the SiSEC campaigns."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import numpy as np

from toolkit.errors import ToolkitError
from toolkit.values import Samples

# BSSEval v4 projects the error on filtered references to tell its kinds apart, but its SDR is the
# reference over all of the error, whatever the filters: the shortest ones give the same figure.
_FILTER_TAPS = 1


def sdr(reference: Samples, estimate: Samples, sample_rate: int, *, seconds: float = 1.0) -> float:
    """Return the SDR of BSSEval v4: the median over windows, in dB.

    Windows in which reference or estimate are digitally silent are left out, as museval does (F.-R.
    Stöter, A. Liutkus and N. Ito, "The 2018 signal separation evaluation campaign", 2018). Unlike
    there, other stems' silence does not take a window away, for each stem is measured alone.

    Parameters
    ----------
    reference, estimate : np.ndarray, shape (channels, samples)
        The true stem and what was found.
    sample_rate : int
        In Hz.
    seconds : float
        Length of a window, and the step to the next.

    Returns
    -------
    float
        In dB; nan if one of the two is silent everywhere.

    Raises
    ------
    ToolkitError
        If museval is not installed.
    """
    bss_eval = _metrics().bss_eval
    # museval raises where all is silent.
    if not (reference.any() and estimate.any()):
        return float("nan")
    size = min(round(seconds * sample_rate), reference.shape[1])
    true, found = (each.T[None].astype(np.float64) for each in (reference, estimate))
    with _name_of_numpy_1():
        windows = bss_eval(true, found, window=size, hop=size, filters_len=_FILTER_TAPS)[0][0]
    heard = windows[np.isfinite(windows)]
    return float(np.median(heard)) if heard.size else float("nan")


@cache
def _metrics() -> ModuleType:
    """Return museval's module of that name, without the package around it.

    That opens data sets of mixtures, for which it wants the program ffmpeg to be there.
    """
    package = find_spec("museval")
    if package is None or package.origin is None:
        raise ToolkitError("museval is not installed", "install it with: uv sync --group bench")
    spec = spec_from_file_location("museval.metrics", Path(package.origin).with_name("metrics.py"))
    assert spec is not None  # a file's path always has one
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@contextmanager
def _name_of_numpy_1() -> Iterator[None]:
    """Let museval catch singular matrices, as of one silent channel, by a name numpy 2 lacks."""
    module: ModuleType = np.linalg
    missing = not hasattr(module, "linalg")
    if missing:
        module.linalg = module  # type: ignore[attr-defined]
    try:
        yield
    finally:
        if missing:
            del module.linalg
