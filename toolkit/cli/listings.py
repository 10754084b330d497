"""``stages``, ``pipelines``, ``styles`` and ``checkpoints``: what there is."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated, Any

import typer

from toolkit.cli.options import AsJson
from toolkit.cli.terminal import result, table

Name = Annotated[str | None, typer.Argument(help="Show this one whole.")]


def stages(name: Name = None, as_json: AsJson = False) -> None:
    """List the stages, or one with its parameters."""
    from toolkit.registry import stage_class, stage_keys
    from toolkit.stage import parameters, signature, summary

    if name is not None:
        cls = stage_class(name)
        takes = signature(cls)
        facts: dict[str, Any] = {
            "stage": name,
            "summary": summary(cls),
            "inputs": [each.__name__ for each in takes.inputs],
            "output": takes.output.__name__,
            "parameters": [
                {**asdict(each), "kind": each.kind.__name__} for each in parameters(cls)
            ],
        }
        _show(facts, as_json, lambda: _stage_lines(cls, name))
        return
    rows = [(key, summary(stage_class(key))) for key in stage_keys()]
    _show([{"stage": key, "summary": text} for key, text in rows], as_json, lambda: table(rows))


def pipelines(name: Name = None, as_json: AsJson = False) -> None:
    """List the pipelines, or one with its steps."""
    from toolkit.pipeline import load
    from toolkit.registry import pipeline_paths

    if name is not None:
        pipeline = load(name)
        steps = pipeline.recipe
        rows = [
            (
                f"  {step.id}",
                step.key if step.key != step.id else "",
                ", ".join(f"{key}={value}" for key, value in step.parameters.items()),
            )
            for step in pipeline.steps
        ]
        facts = {"pipeline": pipeline.name, "summary": pipeline.summary, "steps": steps}
        _show(facts, as_json, lambda: [f"{pipeline.name}: {pipeline.summary}", *table(rows)])
        return
    loaded = [load(each) for each in pipeline_paths()]
    _show(
        [{"pipeline": each.name, "summary": each.summary} for each in loaded],
        as_json,
        lambda: table((each.name, each.summary) for each in loaded),
    )


def styles(name: Name = None, as_json: AsJson = False) -> None:
    """List the styles, or one with its players."""
    from toolkit.style.style import load_style, style_names

    if name is not None:
        style = load_style(name)
        rows = [
            (f"  {seat.name}", seat.role, seat.player, f"program {seat.program}")
            for seat in style.seats
        ]
        bands = [f"  {key}: {', '.join(members)}" for key, members in style.ensembles.items()]
        facts = {
            "style": style.name,
            "summary": style.summary,
            "feel": style.feel,
            "tempo": list(style.tempo),
            "ensembles": {key: list(members) for key, members in style.ensembles.items()},
            "seats": [{**vars(seat), "options": dict(seat.options)} for seat in style.seats],
        }
        head = f"{style.name}: {style.summary}"
        _show(facts, as_json, lambda: [head, *table(rows), "ensembles:", *bands])
        return
    loaded = [load_style(each) for each in style_names()]
    _show(
        [
            {"style": each.name, "summary": each.summary, "ensembles": list(each.ensembles)}
            for each in loaded
        ],
        as_json,
        lambda: table((each.name, each.summary, ", ".join(each.ensembles)) for each in loaded),
    )


def checkpoints(name: Name = None, as_json: AsJson = False) -> None:
    """List the checkpoints, or verify one against its manifest."""
    from toolkit import external
    from toolkit.checkpoints import read_weights, shipped

    store = shipped()
    if name is not None:
        if name in (*external.known(), *external.imported_names()):
            found = external.find(name)
            found.read()
            facts = {**asdict(found), "folder": str(found.folder)}
        else:
            manifest = store.manifest(name)
            read_weights(manifest)
            facts = {**asdict(manifest), "folder": str(manifest.folder)}
        _show(facts, as_json, lambda: [f"{key}: {value}" for key, value in facts.items()])
        return
    rows = [
        *(
            (each.name, each.task, each.kind, "bundled")
            for each in map(store.manifest, store.names())
        ),
        *((each, "separate", "discriminative", "imported") for each in external.imported_names()),
        *(
            (each, "separate", "discriminative", f"not here: tonearm checkpoints fetch {each}")
            for each in external.known()
            if each not in external.imported_names()
        ),
    ]
    _show(
        [
            {
                "checkpoint": row[0],
                "task": row[1],
                "class": row[2],
                "state": row[3].partition(":")[0],
            }
            for row in rows
        ],
        as_json,
        lambda: table(rows),
    )


def _stage_lines(cls: type, name: str) -> list[str]:
    from toolkit.stage import parameters, signature

    takes = signature(cls)
    inputs = ", ".join(each.__name__ for each in takes.inputs)
    rows = [
        (f"  {each.name}", f"{each.default}", each.unit, each.range, each.help)
        for each in parameters(cls)
    ]
    text = (cls.__doc__ or "").strip().splitlines()
    return [
        f"{name}: {inputs} -> {takes.output.__name__}",
        *text,
        "",
        *(table(rows) if rows else []),
    ]


def _show(facts: Any, as_json: bool, lines: Any) -> None:
    if as_json:
        result(json.dumps(facts, indent=2))
    else:
        for line in lines():
            result(line)
