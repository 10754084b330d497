"""Choose the precision that networks are trained in."""

from __future__ import annotations

import torch


def autocast(device: torch.device) -> torch.autocast:
    """Return a context in which layers compute in bfloat16, where the device does so in hardware.

    A CPU without the instructions emulates them, at half the speed of 32-bit floats; there nothing
    is changed.

    Examples
    --------
    >>> with autocast(torch.device("cpu")):
    ...     answer = torch.ones(2, 2) @ torch.ones(2, 2)
    >>> answer.float().sum().item()
    8.0
    """
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=_in_hardware(device))


def _in_hardware(device: torch.device) -> bool:
    if device.type != "cpu":
        return True
    return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
