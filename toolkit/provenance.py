"""The record of a run: everything another person needs to check the result or make it again."""

from __future__ import annotations

import json
import math
import platform
import re
from dataclasses import asdict
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import toolkit
from toolkit.checkpoints import shipped
from toolkit.errors import UsageError
from toolkit.pipeline import KINDS, Decision, Pipeline, Step, StepRecord
from toolkit.registry import stage_class
from toolkit.stage import build

if TYPE_CHECKING:
    from toolkit.dsp.condition import Condition

SCHEMA = "tonearm-record-1"

_WORDS = {kind: word for word, kind in KINDS.items()}


def software() -> dict[str, str]:
    """Return the versions that decide what a run computes."""
    return dict(_versions())


@cache
def _versions() -> tuple[tuple[str, str], ...]:
    # Looked up once a process: it takes longer than copying a short recording.
    packages = ("numpy", "scipy", "torch", "soxr", "av", "soundfile", "demucs")
    return (
        ("tonearm", toolkit.__version__),
        ("python", platform.python_version()),
        ("platform", platform.platform()),
        *((name, version(name)) for name in packages),
    )


def record(
    *,
    pipeline: Pipeline,
    steps: tuple[StepRecord, ...],
    decisions: tuple[Decision, ...],
    condition: Condition | None,
    source: dict[str, Any],
    output: dict[str, Any],
    settings: dict[str, Any],
    warnings: tuple[str, ...],
) -> dict[str, Any]:
    """Return the record of one run as plain data that JSON can hold.

    Parameters
    ----------
    pipeline : Pipeline
        As it was executed, after strengths were set.
    source, output : dict
        Name, sha256 and format of the file read and the file written.
    settings : dict
        What else decides the output: seed, device, strength, excerpt, recipe key.
    """
    return {
        "schema": SCHEMA,
        "software": software(),
        "input": source,
        "output": output,
        "settings": settings,
        "pipeline": {
            "name": pipeline.name,
            "input": _WORDS[pipeline.input],
            "output": _WORDS[pipeline.output],
            "sha256": pipeline.sha256,
        },
        "condition": None if condition is None else finite(asdict(condition)),
        "checkpoints": [_weights(name) for name in pipeline.checkpoints],
        "decisions": [asdict(each) for each in decisions],
        "steps": [finite(asdict(each)) for each in steps],
        "warnings": list(warnings),
    }


def _weights(name: str) -> dict[str, str]:
    manifest = shipped().manifest(name)
    facts = {"name": name, "class": manifest.kind, "sha256": manifest.sha256}
    return facts | {"licence": manifest.licence}


def finite(value: Any) -> Any:
    """Return plain data with infinities and NaN, which JSON lacks, as None."""
    if isinstance(value, dict):
        return {key: finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [finite(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def dump(record: dict[str, Any]) -> str:
    """Return a record as indented JSON with a final newline.

    Bytes of a file name that are no UTF-8 (surrogates in a str) are escaped, so that the text can
    be encoded and `load` gives the same name back.
    """
    text = json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False)
    return re.sub("[\ud800-\udfff]", lambda match: f"\\u{ord(match[0]):04x}", text) + "\n"


def load(path: Path) -> dict[str, Any]:
    """Return the record in a file, beside an audio file, or in a folder of stems.

    Raises
    ------
    UsageError
        If there is none or it is no record of this toolkit.
    """
    beside = path / "record.json" if path.is_dir() else path.with_name(path.name + ".json")
    place = path if path.suffix == ".json" else beside
    try:
        found = json.loads(place.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"no record at {place}", "give a result, or its .json file") from error
    except ValueError as error:
        raise UsageError(f"{place} is not JSON: {error}", "give a result of tonearm") from error
    if not isinstance(found, dict) or found.get("schema") != SCHEMA:
        raise UsageError(f"{place} is not a record of tonearm", "give a result of tonearm")
    return found


def replay(found: dict[str, Any]) -> Pipeline:
    """Return the pipeline that a record says was executed, every parameter as it was."""
    steps = tuple(
        Step(
            each["id"],
            build(stage_class(each["stage"]), each["parameters"], f"step {each['id']!r}"),
            tuple(each["sources"]),
        )
        for each in found["steps"]
    )
    facts = found["pipeline"]
    return Pipeline(
        name=facts["name"],
        summary="As recorded.",
        input=KINDS[facts["input"]],
        output=KINDS[facts["output"]],
        steps=steps,
    )
