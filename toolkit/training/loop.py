"""The one training loop: resumable at any moment, the same on a CPU core and on a GPU."""

from __future__ import annotations

import csv
import importlib
import math
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from time import monotonic
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from toolkit.cache import keeping
from toolkit.training.recipe import Recipe
from toolkit.training.simulation import Dice
from toolkit.training.sources import Ledger

STATE = "state.pt"
LOG = "log.csv"

_WARM_UP = 0.02
_SAVE_EVERY_SECONDS = 120.0


class Task(Protocol):
    """Say what a network is to learn, and from what."""

    def prepare(self, ledger: Ledger) -> Iterator[Path]:
        """Make ready what it is to hear, yielding each file written; nothing is done twice."""

    def open_corpus(self, ledger: Ledger) -> Any:
        """Return what is ready, with its ``hours``; given back to `batch`."""

    def batch(self, corpus: Any, dice: Dice, batch: int, num_samples: int) -> tuple[Tensor, ...]:
        """Return one batch of pairs on the dice's device."""

    def loss(self, model: nn.Module, batch: Any) -> Tensor:
        """Return a number to make smaller."""

    def validate(self, model: nn.Module, device: torch.device) -> dict[str, Any]:
        """Return figures of fixed items that the network is never trained on."""


def train(
    recipe: Recipe,
    task: Task,
    corpus: Any,
    *,
    device: str = "cpu",
    minutes: float = math.inf,
    progress: Callable[[int, int, dict[str, Any]], None] | None = None,
) -> nn.Module:
    """Train until the recipe's last step, or for some minutes, and return the averaged model.

    What was reached is in the folder's ``training/state.pt``; a call goes on from there. Every step
    draws from a generator seeded by the recipe and its own number, so a run that was stopped and
    resumed hears what an unbroken one hears.

    Parameters
    ----------
    recipe, task, corpus
        What to train, on what.
    device : str
        ``cpu`` or ``cuda``.
    minutes : float
        When to stop and keep the state for the next call.
    progress : callable, optional
        ``progress(step, steps, figures)``.
    """
    where = torch.device(device)
    torch.manual_seed(recipe.seed)
    architecture = importlib.import_module(f"toolkit.models.{recipe.arch}")
    model: nn.Module = architecture.Model(architecture.Config(**recipe.config))
    model = model.to(where).train()
    average = deepcopy(model).eval().requires_grad_(False)
    optimizer = torch.optim.AdamW(model.parameters(), recipe.learning_rate, weight_decay=1e-2)
    folder = recipe.folder / "training"
    folder.mkdir(parents=True, exist_ok=True)
    first, spent = _resume(folder / STATE, model, average, optimizer, where)
    began, saved, running = monotonic(), monotonic(), 0.0
    for step in range(first, recipe.steps):
        for group in optimizer.param_groups:
            group["lr"] = recipe.learning_rate * schedule(step / recipe.steps)
        dice = Dice(torch.Generator(where).manual_seed(recipe.seed * 10**9 + step))
        with torch.no_grad():
            batch = task.batch(corpus, dice, recipe.batch, recipe.num_samples)
        loss = task.loss(model, batch)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        _follow(average, model, min(recipe.ema, (1 + step) / (10 + step)))
        running += 0.02 * (float(loss.detach()) - running) if step > first else float(loss.detach())
        done = step + 1
        spent_now = spent + monotonic() - began
        over = spent_now - spent > 60 * minutes
        if done % recipe.validate_every == 0 or done == recipe.steps:
            with torch.no_grad():
                figures = task.validate(average, where)
            hours = done * recipe.batch * recipe.seconds / 3600
            row = {"step": done, "minutes": spent_now / 60, "hours": hours, "loss": running}
            _append(folder / LOG, row | figures)
            if progress is not None:
                progress(done, recipe.steps, row | figures)
        elif progress is not None and done % 50 == 0:
            progress(done, recipe.steps, {"loss": running, "minutes": spent_now / 60})
        if over or done == recipe.steps or monotonic() - saved > _SAVE_EVERY_SECONDS:
            _save(folder / STATE, model, average, optimizer, done, spent_now)
            saved = monotonic()
        if over:
            break
    return average


def schedule(progress: float) -> float:
    """Return the share of the peak learning rate, by the share 0..1 of the steps that are done.

    Examples
    --------
    >>> schedule(0.01), schedule(0.02), round(schedule(1.0), 6)
    (0.5, 1.0, 0.0)
    """
    if progress < _WARM_UP:
        return progress / _WARM_UP
    return 0.5 * (1 + math.cos(math.pi * (progress - _WARM_UP) / (1 - _WARM_UP)))


def _follow(average: nn.Module, model: nn.Module, keep: float) -> None:
    with torch.no_grad():
        for mean, new in zip(average.parameters(), model.parameters(), strict=True):
            mean.lerp_(new, 1 - keep)
        for kept, newest in zip(average.buffers(), model.buffers(), strict=True):
            kept.copy_(newest)


def _resume(
    path: Path,
    model: nn.Module,
    average: nn.Module,
    optimizer: torch.optim.Optimizer,
    device: torch.device,
) -> tuple[int, float]:
    """Return the step to go on with and the seconds already spent."""
    if not path.is_file():
        return 0, 0.0
    state = torch.load(path, map_location=device, weights_only=True)
    model.load_state_dict(state["model"])
    average.load_state_dict(state["average"])
    optimizer.load_state_dict(state["optimizer"])
    return int(state["step"]), float(state["seconds"])


def _save(
    path: Path,
    model: nn.Module,
    average: nn.Module,
    optimizer: torch.optim.Optimizer,
    step: int,
    seconds: float,
) -> None:
    state = {
        "model": model.state_dict(),
        "average": average.state_dict(),
        "optimizer": optimizer.state_dict(),
        "step": step,
        "seconds": seconds,
    }
    with keeping(path) as partial:
        torch.save(state, partial)


def _append(path: Path, row: dict[str, Any]) -> None:
    new = not path.is_file()
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(row))
        if new:
            writer.writeheader()
        writer.writerow(
            {
                key: f"{value:.5g}" if isinstance(value, float) else value
                for key, value in row.items()
            }
        )
