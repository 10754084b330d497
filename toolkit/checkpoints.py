"""Open checkpoints: folders with a manifest, safetensors weights, a card and a recipe.

Nothing of a weight file is interpreted before its size and its sha256 agree with the manifest, and
the only format is safetensors, which holds numbers and cannot run code.
"""

from __future__ import annotations

import hashlib
import importlib
import tomllib
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from toolkit.errors import ResourceError, ToolkitError, UsageError
from toolkit.shipped import folder
from toolkit.stage import did_you_mean

Class = Literal["subtractive", "discriminative", "generative"]

_REQUIRED = ("name", "task", "class", "arch", "config", "sample_rate", "file", "bytes", "sha256")


@dataclass(frozen=True)
class Manifest:
    """Hold what a checkpoint's ``manifest.toml`` says.

    Parameters
    ----------
    folder : Path
        Where it lies.
    name, task, arch : str
        `arch` is the name of a file in ``toolkit/models``, never a class path.
    kind : {'subtractive', 'discriminative', 'generative'}
        What the model may do to the content; archival presets use the first two.
    config : dict
        Arguments of the architecture's ``Config``.
    sample_rate : int
        The rate the model works at, in Hz.
    file, bytes, sha256
        The weight file, its size and its hash.
    licence : str
        Of the weights.
    metrics : dict
        Measured figures with the name of what measured them.
    """

    folder: Path
    name: str
    task: str
    kind: Class
    arch: str
    config: dict[str, Any]
    sample_rate: int
    file: str
    bytes: int
    sha256: str
    licence: str = ""
    source: str = ""
    metrics: dict[str, Any] = field(default_factory=dict)

    @property
    def weights(self) -> Path:
        """Return where the weight file lies."""
        return self.folder / self.file


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of a checkpoint folder.

    Raises
    ------
    ToolkitError
        If it is missing a field, names a class of model that does not exist, or a weight file
        outside its folder.
    """
    path = folder / "manifest.toml"
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ToolkitError(f"cannot read {path}: {error}", "see: checkpoints/README.md") from error
    missing = [key for key in _REQUIRED if key not in table]
    if missing:
        raise ToolkitError(f"{path} lacks {', '.join(missing)}", "see: checkpoints/README.md")
    kind = table.pop("class")
    if kind not in get_args(Class):
        raise ToolkitError(f"{path}: class = {kind!r}", f"one of: {', '.join(get_args(Class))}")
    if Path(table["file"]).name != table["file"] or not table["arch"].isidentifier():
        raise ToolkitError(f"{path}: file and arch must be plain names", "remove the path")
    known = {key: value for key, value in table.items() if key in Manifest.__dataclass_fields__}
    return Manifest(folder=folder, kind=kind, **known)


def read_weights(manifest: Manifest) -> bytes:
    """Return the bytes of the weight file after comparing size and hash with the manifest.

    The bytes that were hashed are the ones returned, so that a file exchanged in between is not
    loaded.

    Raises
    ------
    ResourceError
        If the file is not there; says where to put it.
    ToolkitError
        If it differs from what the manifest promises.
    """
    path = manifest.weights
    if not path.is_file():
        origin = f" from {manifest.source}" if manifest.source else ""
        raise ResourceError(
            f"the weights of {manifest.name} are not here", f"put {manifest.file}{origin} at {path}"
        )
    return read_verified(path, manifest.bytes, manifest.sha256)


def read_arrays(manifest: Manifest) -> dict[str, npt.NDArray[np.float32]]:
    """Return a checkpoint's verified weights by name, without importing torch.

    Raises
    ------
    ResourceError, ToolkitError
        As `read_weights`.
    """
    from safetensors.numpy import load

    weights = load(read_weights(manifest))
    return {name: value.astype(np.float32) for name, value in weights.items()}


def read_verified(path: Path, num_bytes: int, sha256: str) -> bytes:
    """Return the bytes of a file that is there, after comparing size and hash.

    Raises
    ------
    ToolkitError
        If it differs from what its manifest promises.
    """
    if path.stat().st_size != num_bytes:
        raise ToolkitError(
            f"{path} has {path.stat().st_size} bytes, its manifest says {num_bytes}",
            "restore the file from its source; it is truncated or another one",
        )
    data = path.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    if digest != sha256:
        raise ToolkitError(
            f"{path} is not the file that its manifest names (sha256 {digest[:12]}…)",
            "restore the file from its source; it was changed",
        )
    return data


@dataclass(frozen=True)
class Store:
    """Find and load the checkpoints below a folder, each model once a process and device."""

    folder: Path
    _loaded: dict[tuple[str, str], Any] = field(default_factory=dict, repr=False)

    def names(self) -> tuple[str, ...]:
        """Return the names of all checkpoints, sorted."""
        return tuple(sorted(path.parent.name for path in self.folder.glob("*/manifest.toml")))

    def manifest(self, name: str) -> Manifest:
        """Return one checkpoint's manifest, or raise a UsageError that names the nearest."""
        if name not in self.names():
            raise UsageError(
                f"no checkpoint {name!r}",
                did_you_mean(name, self.names()) or "see: tonearm checkpoints",
            )
        return read_manifest(self.folder / name)

    def load(self, name: str, device: str = "cpu") -> Any:
        """Return the verified model (an ``nn.Module`` in eval mode) on a device."""
        if (name, device) not in self._loaded:
            self._loaded[name, device] = _load(self.manifest(name), device)
        return self._loaded[name, device]


@lru_cache(maxsize=1)
def shipped() -> Store:
    """Return the checkpoints that came with the package."""
    return Store(folder("checkpoints"))


def _load(manifest: Manifest, device: str) -> Any:
    data = read_weights(manifest)
    from safetensors import SafetensorError
    from safetensors.torch import load

    architecture = importlib.import_module(f"toolkit.models.{manifest.arch}")
    model = architecture.Model(architecture.Config(**manifest.config))
    try:
        # Weights are kept in half precision to be small and computed in single precision.
        weights = {key: value.float() for key, value in load(data).items()}
    except SafetensorError as error:
        raise ToolkitError(
            f"{manifest.weights} is not safetensors: {error}", "export it again"
        ) from error
    try:
        model.load_state_dict(weights, strict=True)
    except RuntimeError as error:
        raise ToolkitError(
            f"{manifest.name} does not fit {manifest.arch}: {str(error).splitlines()[0]}",
            "compare config in the manifest with the recipe",
        ) from error
    return model.eval().to(device)
