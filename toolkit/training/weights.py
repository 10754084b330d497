"""Write what a network has learned: its weights in half precision, and the manifest beside them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

FILE = "weights.safetensors"

_FACTS = ("name", "task", "class", "arch", "sample_rate")


def write(
    folder: Path,
    state: Mapping[str, Tensor],
    facts: Mapping[str, Any],
    config: Mapping[str, Any],
    measured: Mapping[str, float],
    *,
    source: str,
    on: str,
) -> Path:
    """Write a checkpoint's weights and manifest, and return the file of the weights.

    Parameters
    ----------
    folder : Path
        Of the checkpoint.
    state : Mapping
        Its arrays by name.
    facts : Mapping
        ``name``, ``task``, ``class``, ``arch`` and ``sample_rate``; more is not written.
    config : Mapping
        What the architecture is built with.
    measured : Mapping
        Figures by name.
    source : str
        The command that trains it.
    on : str
        On what the figures were measured, a sentence.
    """
    data = encode(state)
    path = folder / FILE
    path.write_bytes(data)
    told = {key: facts[key] for key in _FACTS} | {
        "file": FILE,
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "licence": "MIT",
        "source": source,
    }
    lines = [*_lines(told), "", "[config]", *_lines(config)]
    lines += ["", f"# {on}", "[metrics]", *_lines(measured), ""]
    (folder / "manifest.toml").write_text("\n".join(lines), encoding="utf-8")
    return path


def encode(state: Mapping[str, Tensor]) -> bytes:
    """Return arrays as safetensors, numbers with a fraction as 16-bit floats."""
    from safetensors.torch import save

    return save(
        {
            key: (value.half() if value.is_floating_point() else value).contiguous()
            for key, value in state.items()
        }
    )


def _lines(table: Mapping[str, Any]) -> list[str]:
    # What JSON writes for text, numbers, truth values and lists of them, TOML reads.
    return [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in table.items()]
