"""Read and convert the model files of the demucs package without running what is in them.

A ``.safetensors`` file of demucs holds numbers, and in its metadata a class name with arguments;
the class must be one of three. A ``.th`` file is a pickle, a program: it is read by torch's
restricted reader, which makes nothing but tensors, plain data and the same three classes. What that
refuses is loaded only if its sha256 is a known one, or on explicit trust. A ``.yaml`` names the
files of a bag, which lie beside it.
"""

from __future__ import annotations

import hashlib
import io
import json
import pickle
import re
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from toolkit.errors import InputError, ToolkitError, UsageError
from toolkit.external import KnownFile, known

SUFFIXES = (".safetensors", ".th", ".yaml")
_CLASSES = ("demucs.htdemucs.HTDemucs", "demucs.hdemucs.HDemucs", "demucs.demucs.Demucs")
_STEM = re.compile(r"[A-Za-z0-9][A-Za-z0-9_ -]{0,31}")
_MAX_HEADER = 1 << 24
_NEEDED = ("klass", "args", "kwargs", "state")


@dataclass(frozen=True)
class Bag:
    """Hold networks that separate together.

    Parameters
    ----------
    networks : tuple[nn.Module, ...]
        In eval mode, on the CPU.
    mix : tuple[tuple[float, ...], ...]
        Share of each network in each stem, summing to one over the networks.
    stems : tuple[str, ...]
        Names in the order of the outputs.
    sample_rate, num_channels : int
        What the networks take; 1 or 2 channels.
    sha256 : tuple[str, ...]
        Of each network's file.
    """

    networks: tuple[Any, ...]
    mix: tuple[tuple[float, ...], ...]
    stems: tuple[str, ...]
    sample_rate: int
    num_channels: int
    sha256: tuple[str, ...] = ()


@dataclass(frozen=True)
class Files:
    """Hold the contents of a model's files before anything of them is interpreted."""

    contents: Mapping[str, bytes]
    mix: tuple[tuple[float, ...], ...] = ()
    segment: float | None = None


def read_files(path: Path) -> Files:
    """Return the file, or the files of the bag, at a path.

    Raises
    ------
    UsageError
        If there is no such file, or it is of no kind that demucs has.
    InputError
        If a bag is wrong or lacks a file, or a file is not what its name promises.
    """
    if path.suffix not in SUFFIXES:
        raise UsageError(f"{path} is no model of demucs", f"its files end in {', '.join(SUFFIXES)}")
    if not path.is_file():
        raise UsageError(f"no file {path}", "check the name and the folder")
    if path.suffix == ".yaml":
        return _read_bag(path)
    return Files({path.name: _read(path)})


def load_bag(files: Files, *, trust: bool = False) -> Bag:
    """Return the networks in files, ready to run.

    Parameters
    ----------
    trust : bool
        Whether a pickle that could run code may.

    Raises
    ------
    InputError
        If a file is broken, of an unknown class, or the networks do not go together.
    """
    from demucs.htdemucs import HTDemucs

    packages = [parse(name, data, trust=trust) for name, data in files.contents.items()]
    networks = tuple(
        _network(package, name) for package, name in zip(packages, files.contents, strict=True)
    )
    first = networks[0]
    names = tuple(str(each) for each in first.sources)
    _check(networks, names, next(iter(files.contents)))
    mix = files.mix or tuple((1.0,) * len(names) for _ in networks)
    if len(mix) != len(networks) or any(len(row) != len(names) for row in mix):
        raise InputError("a bag needs one weight for each network and stem", "correct its .yaml")
    totals = [sum(column) for column in zip(*mix, strict=True)]
    if not all(total > 0 for total in totals):
        raise InputError("a bag's weights must sum to more than 0", "correct its .yaml")
    for network in networks if files.segment is not None else ():
        # A transformer knows no places beyond the length that it was trained with.
        if not isinstance(network, HTDemucs) or files.segment <= network.segment:
            network.segment = files.segment
    return Bag(
        networks=networks,
        mix=tuple(
            tuple(value / total for value, total in zip(row, totals, strict=True)) for row in mix
        ),
        stems=names,
        sample_rate=int(first.samplerate),
        num_channels=int(first.audio_channels),
        sha256=tuple(hashlib.sha256(data).hexdigest() for data in files.contents.values()),
    )


def parse(name: str, data: bytes, *, trust: bool = False) -> dict[str, Any]:
    """Return what a model file holds: ``klass``, ``args``, ``kwargs`` and ``state``.

    Raises
    ------
    InputError
        If it is broken, or wants what is not allowed.
    """
    KnownFile(name).check(hashlib.sha256(data).hexdigest())
    if name.endswith(".safetensors"):
        return _parse_safetensors(name, data)
    return _parse_pickle(name, data, trust)


def to_safetensors(package: Mapping[str, Any]) -> bytes:
    """Return a model in the safetensors form of demucs, which its own reader takes too."""
    from safetensors.torch import save

    klass = package["klass"]
    module = klass.__module__.replace("wdemucs", "hdemucs")
    metadata = {
        "klass": f"{module}.{klass.__name__}",
        "args": json.dumps(_encoded(package["args"])),
        "kwargs": json.dumps(_encoded(package["kwargs"])),
    }
    state = {key: value.detach().contiguous().clone() for key, value in package["state"].items()}
    data: bytes = save(state, metadata)
    return data


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}", "check the file") from error


def _read_bag(path: Path) -> Files:
    import yaml  # type: ignore[import-untyped]

    try:
        table = yaml.safe_load(_read(path))
        signatures = [str(each) for each in table["models"]]
        mix = tuple(tuple(float(x) for x in row) for row in table.get("weights") or ())
        segment = None if table.get("segment") is None else float(table["segment"])
    except (yaml.YAMLError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(
            f"{path} is no bag of demucs: {str(error).splitlines()[0]}",
            "it needs a line such as: models: ['955717e8']",
        ) from error
    if not signatures:
        raise InputError(f"{path} names no network", "list them: models: ['955717e8']")
    contents: dict[str, bytes] = {}
    for signature in signatures:
        file = _file_of(path.parent, signature)
        contents[file.name] = _read(file)
    return Files(contents, mix, segment)


def _file_of(folder: Path, signature: str) -> Path:
    """Return the file of a network in a bag's folder: SIGNATURE.* or SIGNATURE-CHECKSUM.th."""
    found = [
        each
        for each in sorted(folder.iterdir())
        if each.suffix in (".safetensors", ".th")
        and (each.stem == signature or each.stem.rpartition("-")[0] == signature)
    ]
    if not found:
        raise InputError(
            f"the bag's network {signature} is not here",
            f"put {signature}.safetensors or {signature}-CHECKSUM.th into {folder}",
        )
    # Where a file was converted, the pickle beside it is no longer needed.
    return min(found, key=lambda each: each.suffix != ".safetensors")


def _parse_safetensors(name: str, data: bytes) -> dict[str, Any]:
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        metadata = _metadata(data)
        klass = metadata.get("klass", "")
        if klass not in _CLASSES:
            raise InputError(
                f"{name} holds {klass or 'no class'}, not a model of demucs",
                f"it must be one of: {', '.join(_CLASSES)}",
            )
        if "structure" in metadata:
            raise _quantized(name)
        return {
            "klass": _class(klass),
            "args": _decoded(json.loads(metadata["args"])),
            "kwargs": _decoded(json.loads(metadata["kwargs"])),
            "state": load(data),
        }
    except (SafetensorError, ValueError, KeyError, struct.error, RecursionError) as error:
        raise InputError(
            f"{name} is no safetensors file of demucs: {error}", "fetch or export it again"
        ) from error


def _metadata(data: bytes) -> dict[str, str]:
    """Return the metadata in the header: eight bytes of length, then JSON."""
    (length,) = struct.unpack_from("<Q", data)
    if length > min(_MAX_HEADER, len(data) - 8):
        raise ValueError("the header is longer than the file")
    header = json.loads(data[8 : 8 + length])
    metadata = header.get("__metadata__", {}) if isinstance(header, dict) else {}
    return {str(key): str(value) for key, value in metadata.items()}


def _parse_pickle(name: str, data: bytes, trust: bool) -> dict[str, Any]:
    import torch
    from demucs.hdemucs import HDemucs

    classes = [_class(each) for each in _CLASSES]
    # What old pickles call it.
    allowed = [*classes, (HDemucs, "demucs.wdemucs.WDemucs"), Fraction]
    try:
        with torch.serialization.safe_globals(allowed):
            package = _load(data, name, weights_only=True)
    except pickle.UnpicklingError as error:
        if not trust and hashlib.sha256(data).hexdigest() not in _known_hashes():
            raise _untrusted(name, str(error)) from error
        package = _load(data, name, weights_only=False)
    if not isinstance(package, dict) or any(key not in package for key in _NEEDED):
        raise InputError(f"{name} holds no model of demucs", f"it needs {', '.join(_NEEDED)}")
    if package["klass"] not in classes:
        raise InputError(
            f"{name} holds {package['klass']!r}", f"it must be one of: {', '.join(_CLASSES)}"
        )
    if package["state"].get("__quantized"):
        raise _quantized(name)
    return {key: package[key] for key in _NEEDED}


def _load(data: bytes, name: str, *, weights_only: bool) -> Any:
    import torch

    try:
        return torch.load(io.BytesIO(data), "cpu", weights_only=weights_only)
    except Exception as error:  # a broken file can make the reader stumble over anything
        if weights_only and isinstance(error, pickle.UnpicklingError):
            raise
        raise InputError(
            f"{name} is broken: {type(error).__name__}", "fetch it again from its source"
        ) from error


def _known_hashes() -> set[str | None]:
    return {each.sha256 for entry in known().values() for each in entry.files if each.sha256}


def _untrusted(name: str, reason: str) -> InputError:
    wanted = re.search(r"GLOBAL (\S+)", reason)
    what = f"wants {wanted[1]}, which could run code" if wanted else "is broken or no model"
    return InputError(
        f"{name} {what}",
        f"if you trust where it is from: tonearm checkpoints import {name} --trust-pickle",
    )


def _quantized(name: str) -> InputError:
    return InputError(
        f"{name} is quantized, which needs a package that is not supported",
        "take the model of that name without _q",
    )


def _class(name: str) -> Any:
    from demucs import demucs, hdemucs, htdemucs

    known = {
        "demucs.htdemucs.HTDemucs": htdemucs.HTDemucs,
        "demucs.hdemucs.HDemucs": hdemucs.HDemucs,
        "demucs.demucs.Demucs": demucs.Demucs,
    }
    return known[name]


def _network(package: Mapping[str, Any], name: str) -> Any:
    from demucs.states import load_model

    try:
        network: Any = load_model({**package, "kwargs": dict(package["kwargs"])})  # type: ignore[no-untyped-call]
    except (RuntimeError, TypeError, ValueError, AttributeError, AssertionError) as error:
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise InputError(
            f"{name} does not fit its class: {reason}", "fetch or export it again"
        ) from error
    return network.eval()


def _check(networks: Sequence[Any], stems: Sequence[str], name: str) -> None:
    kinds = {(tuple(n.sources), int(n.samplerate), int(n.audio_channels)) for n in networks}
    if len(kinds) != 1:
        raise InputError(
            "the networks of the bag differ in stems, sample rate or channels", "correct its .yaml"
        )
    if not all(map(_STEM.fullmatch, stems)) or len({each.lower() for each in stems}) != len(stems):
        raise InputError(f"{name}: {list(stems)} cannot name stems", "use plain, different words")
    if networks[0].audio_channels not in (1, 2):
        raise InputError(
            f"{name} is for {networks[0].audio_channels} channels", "1 or 2 can be used"
        )
    if not all(_is_finite(network) for network in networks):
        raise ToolkitError(f"{name} holds weights that are NaN or infinite", "fetch it again")


def _is_finite(network: Any) -> bool:
    return all(bool(each.isfinite().all()) for each in network.state_dict().values())


def _encoded(value: Any) -> Any:
    """Return arguments as JSON can hold them, fractions as demucs writes them."""
    if isinstance(value, Fraction):
        return {
            "_type": "fraction",
            "numerator": value.numerator,
            "denominator": value.denominator,
        }
    if isinstance(value, Mapping):
        return {key: _encoded(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_encoded(each) for each in value]
    return value


def _decoded(value: Any) -> Any:
    if isinstance(value, dict):
        if value.get("_type") == "fraction":
            return Fraction(value["numerator"], value["denominator"])
        return {key: _decoded(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_decoded(each) for each in value]
    return value
