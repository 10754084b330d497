"""Run LADSPA plugins: small audio effects in shared libraries, called through their C interface.

A host of version 1.1 of the interface (R. Furse, "Linux Audio Developer's Simple Plugin API",
2002), in as much as an effect over a whole recording needs. The plugins themselves are other
people's work under their own licenses, often the GPL; they are separate shared objects that the
user installs, nothing of them is part of this package, and to load one is the choice of whoever
runs it.
"""

from __future__ import annotations

import _ctypes
import ctypes
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from toolkit.errors import ToolkitError
from toolkit.values import Samples

SYSTEM_FOLDERS = (Path("/usr/lib/ladspa"), Path("/usr/local/lib/ladspa"))

_M_PERTURB = -6  # of glibc's malloc.h
_BLOCK = 8192
_INPUT, _AUDIO = 1, 8

_Floats = ctypes.POINTER(ctypes.c_float)


class _Hint(ctypes.Structure):
    _fields_ = (("kind", ctypes.c_int), ("low", ctypes.c_float), ("high", ctypes.c_float))


class _Descriptor(ctypes.Structure):
    """Lay out ``LADSPA_Descriptor`` as the interface's header does."""


_Descriptor._fields_ = (
    ("unique_id", ctypes.c_ulong),
    ("label", ctypes.c_char_p),
    ("properties", ctypes.c_int),
    ("name", ctypes.c_char_p),
    ("maker", ctypes.c_char_p),
    ("copyright", ctypes.c_char_p),
    ("num_ports", ctypes.c_ulong),
    ("port_kinds", ctypes.POINTER(ctypes.c_int)),
    ("port_names", ctypes.POINTER(ctypes.c_char_p)),
    ("port_hints", ctypes.POINTER(_Hint)),
    ("implementation", ctypes.c_void_p),
    (
        "instantiate",
        ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.POINTER(_Descriptor), ctypes.c_ulong),
    ),
    ("connect_port", ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_ulong, _Floats)),
    ("activate", ctypes.CFUNCTYPE(None, ctypes.c_void_p)),
    ("run", ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_ulong)),
    ("run_adding", ctypes.c_void_p),
    ("set_run_adding_gain", ctypes.c_void_p),
    ("deactivate", ctypes.CFUNCTYPE(None, ctypes.c_void_p)),
    ("cleanup", ctypes.CFUNCTYPE(None, ctypes.c_void_p)),
)


@dataclass(frozen=True)
class Port:
    """Describe one port: its name, whether it takes (or gives), audio or a control value."""

    name: str
    takes: bool
    audio: bool


@dataclass(frozen=True)
class Plugin:
    """Hold a plugin by its file and label.

    Parameters
    ----------
    path : Path
        The shared library.
    label : str
        Names the plugin within it.
    ports : tuple[Port, ...]
        In the plugin's own order.
    """

    path: Path
    label: str
    ports: tuple[Port, ...]

    def run(
        self,
        samples: Samples,
        sample_rate: int,
        controls: Mapping[str, float],
        *,
        seed: int = 0,
    ) -> Samples:
        """Return the plugin's output for a whole signal.

        The library is loaded anew for each call, the C library's random numbers are seeded, and its
        memory is handed out as zeros, so that a plugin with static state, or one that reads what it
        never wrote (VyNil does), gives the same output for the same arguments.

        Parameters
        ----------
        samples : np.ndarray, shape (audio inputs, samples)
        sample_rate : int
            In Hz.
        controls : Mapping[str, float]
            A value for every control input, by the port's name.
        seed : int
            For plugins that call ``rand``.

        Returns
        -------
        np.ndarray, shape (audio outputs, samples), float32

        Raises
        ------
        ToolkitError
            If channels or controls are not the plugin's, or it cannot be started.
        """
        inputs = [number for number, port in enumerate(self.ports) if port.audio and port.takes]
        outputs = [
            number for number, port in enumerate(self.ports) if port.audio and not port.takes
        ]
        wanted = [port.name for port in self.ports if port.takes and not port.audio]
        if samples.shape[0] != len(inputs) or sorted(controls) != sorted(wanted):
            raise ToolkitError(
                f"{self.label} takes {len(inputs)} channels and {', '.join(wanted)}",
                f"given: {samples.shape[0]} channels and {', '.join(controls)}",
            )
        values = np.array([controls.get(port.name, 0) for port in self.ports], np.float32)
        out = np.zeros((len(outputs), samples.shape[1]), np.float32)
        ctypes.CDLL(None).srand(ctypes.c_uint(seed))
        with (
            _zeroed_memory(),
            _fresh(self.path) as library,
            _instance(library, self, sample_rate) as (kind, handle),
        ):
            for number, port in enumerate(self.ports):
                if not port.audio:
                    kind.connect_port(handle, number, _address(values[number:]))
            for start in range(0, samples.shape[1], _BLOCK):
                block = np.ascontiguousarray(samples[:, start : start + _BLOCK], np.float32)
                made = np.zeros((len(outputs), block.shape[1]), np.float32)
                for rows, numbers in ((block, inputs), (made, outputs)):
                    for row, number in zip(rows, numbers, strict=True):
                        kind.connect_port(handle, number, _address(row))
                kind.run(handle, block.shape[1])
                out[:, start : start + _BLOCK] = made
        return out


@contextmanager
def _zeroed_memory() -> Iterator[None]:
    """Let the C library hand out memory full of zeros, where it is glibc, which can do that."""
    library = ctypes.CDLL(None)
    if not hasattr(library, "mallopt"):
        yield
        return
    # What is allocated is filled with the complement of the value's last byte.
    library.mallopt(_M_PERTURB, 0xFF)
    try:
        yield
    finally:
        library.mallopt(_M_PERTURB, 0)


def find(file_name: str, label: str, package: str, folders: Sequence[Path] = ()) -> Plugin:
    """Return a plugin from ``LADSPA_PATH``, the given folders or the system's.

    Parameters
    ----------
    file_name : str
        Such as ``vynil_1905.so``.
    label : str
        The plugin's label in that file.
    package : str
        The Debian package that has it, for the error.
    folders : sequence of Path
        Where else to look.

    Raises
    ------
    ToolkitError
        If it is not installed, with the command that installs it.
    """
    own = [Path(each) for each in os.environ.get("LADSPA_PATH", "").split(os.pathsep) if each]
    for folder in (*own, *folders, *SYSTEM_FOLDERS):
        if (folder / file_name).is_file():
            return _describe(folder / file_name, label)
    raise ToolkitError(
        f"the LADSPA plugin {file_name} is not installed",
        f"install it with: apt-get install {package}, or set LADSPA_PATH to its folder",
    )


def _describe(path: Path, label: str) -> Plugin:
    with _fresh(path) as library:
        kind = _plugin_kind(library, label, path)
        ports = tuple(
            Port(
                name=kind.port_names[number].decode(),
                takes=bool(kind.port_kinds[number] & _INPUT),
                audio=bool(kind.port_kinds[number] & _AUDIO),
            )
            for number in range(kind.num_ports)
        )
    return Plugin(path, label, ports)


def _plugin_kind(library: ctypes.CDLL, label: str, path: Path) -> _Descriptor:
    library.ladspa_descriptor.restype = ctypes.POINTER(_Descriptor)
    library.ladspa_descriptor.argtypes = (ctypes.c_ulong,)
    number = 0
    while pointer := library.ladspa_descriptor(number):
        found: _Descriptor = pointer.contents
        if found.label == label.encode():
            return found
        number += 1
    raise ToolkitError(f"{path} has no LADSPA plugin {label!r}", "is it another version?")


@contextmanager
def _fresh(path: Path) -> Iterator[ctypes.CDLL]:
    """Load a copy of a library, so that its static variables are as its author set them."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / path.name
        shutil.copyfile(path, copy)
        try:
            library = ctypes.CDLL(str(copy))
        except OSError as error:
            raise ToolkitError(
                f"cannot load {path}: {error}", "is it a LADSPA plugin for this machine?"
            ) from error
        try:
            yield library
        finally:
            _ctypes.dlclose(library._handle)


@contextmanager
def _instance(
    library: ctypes.CDLL, plugin: Plugin, sample_rate: int
) -> Iterator[tuple[_Descriptor, int]]:
    kind = _plugin_kind(library, plugin.label, plugin.path)
    handle = kind.instantiate(ctypes.byref(kind), sample_rate)
    if not handle:
        raise ToolkitError(f"{plugin.label} does not start at {sample_rate} Hz")
    try:
        if kind.activate:
            kind.activate(handle)
        yield kind, handle
        if kind.deactivate:
            kind.deactivate(handle)
    finally:
        kind.cleanup(handle)


def _address(values: Samples) -> ctypes._Pointer[ctypes.c_float]:
    return values.ctypes.data_as(_Floats)
