"""Run one of FFmpeg's audio filters, through the libraries that PyAV carries, for comparison."""

from __future__ import annotations

import av
import av.error
import numpy as np
from av.filter import filters_available

from toolkit.errors import ToolkitError
from toolkit.values import Audio, Samples

_BLOCK = 4096
_LAYOUTS = {1: "mono", 2: "stereo"}


def apply(audio: Audio, name: str, options: str = "") -> Audio:
    """Return the recording through a filter such as ``afftdn`` or ``adeclick``.

    Parameters
    ----------
    audio : Audio
        Mono or stereo.
    name : str
        The filter's name in FFmpeg.
    options : str
        As FFmpeg writes them: ``nr=12:nf=-40``.

    Returns
    -------
    Audio
        Of the filter's own length; a filter may delay or lengthen.

    Raises
    ------
    ToolkitError
        If this build of PyAV lacks the filter, or there are more than two channels.
    """
    if name not in filters_available:
        raise ToolkitError(
            f"this build of PyAV has no filter {name}", "install the wheel from PyPI"
        )
    if audio.num_channels not in _LAYOUTS:
        raise ToolkitError(f"{name} is run on one or two channels, not {audio.num_channels}")
    layout = _LAYOUTS[audio.num_channels]
    graph = av.filter.Graph()
    source = graph.add_abuffer(sample_rate=audio.sample_rate, format="fltp", layout=layout)
    format_back = graph.add(
        "aformat", f"sample_fmts=fltp:channel_layouts={layout}:sample_rates={audio.sample_rate}"
    )
    graph.link_nodes(source, graph.add(name, options), format_back, graph.add("abuffersink"))
    graph.configure()
    parts: list[Samples] = []
    for start in range(0, audio.num_samples, _BLOCK):
        block = np.ascontiguousarray(audio.samples[:, start : start + _BLOCK])
        frame = av.AudioFrame.from_ndarray(block, format="fltp", layout=layout)
        frame.sample_rate, frame.pts = audio.sample_rate, start
        graph.push(frame)
        parts += _pulled(graph)
    graph.push(None)
    parts += _pulled(graph)
    return audio.with_samples(np.concatenate([audio.samples[:, :0], *parts], axis=1))


def _pulled(graph: av.filter.Graph) -> list[Samples]:
    """Return what the graph has ready; it says by these two errors that it has nothing more."""
    parts: list[Samples] = []
    while True:
        try:
            frame = graph.pull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return parts
        parts.append(np.asarray(frame.to_ndarray(), np.float32))
