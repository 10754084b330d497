"""Keep the generated parts of README true: ``python -m toolkit.report.readme`` writes them anew.

A generated part stands between ``<!-- name -->`` and ``<!-- /name -->``; a test compares.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from toolkit.pipeline import load
from toolkit.registry import pipeline_paths, stage_class, stage_keys
from toolkit.stage import summary
from toolkit.style.style import load_style, style_names

_RESTORE = "from toolkit.cli import restore_main; restore_main()"


def stages() -> str:
    """Return a table of all stages."""
    rows = [f"| `{key}` | {summary(stage_class(key))} |" for key in stage_keys()]
    return "\n".join(["| stage | does |", "| --- | --- |", *rows])


def pipelines() -> str:
    """Return a table of all pipelines with their steps."""
    rows = []
    for name in pipeline_paths():
        pipeline = load(name)
        steps = ", ".join(step.id for step in pipeline.steps)
        rows.append(f"| `{name}` | {pipeline.summary} | {steps} |")
    return "\n".join(["| pipeline | does | steps |", "| --- | --- | --- |", *rows])


def styles() -> str:
    """Return a table of all styles with their ensembles."""
    loaded = [load_style(name) for name in style_names()]
    rows = [f"| `{each.name}` | {each.summary} | {', '.join(each.ensembles)} |" for each in loaded]
    return "\n".join(["| style | is | ensembles |", "| --- | --- | --- |", *rows])


def options() -> str:
    """Return what ``restore --help`` prints."""
    done = subprocess.run(
        [sys.executable, "-c", _RESTORE, "--help"],
        capture_output=True,
        text=True,
        check=True,
        env={"COLUMNS": "90", "TERMINAL_WIDTH": "90", "NO_COLOR": "1"},
    )
    return f"```text\n{done.stdout.strip()}\n```"


def session() -> str:
    """Return what ``restore`` says about the sample of 1917."""
    sample = "samples/sousa-1917.flac"
    done = subprocess.run(
        [sys.executable, "-c", _RESTORE, sample, "--dry-run"],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    lines = [line.rstrip() for line in done.stdout.splitlines()]
    return "\n".join([f"```text\n$ restore {sample} --dry-run", *lines, "```"])


PARTS = {
    "session": session,
    "stages": stages,
    "pipelines": pipelines,
    "options": options,
    "styles": styles,
}


def renew(text: str) -> str:
    """Return README's text with every generated part written anew."""
    for name, part in PARTS.items():
        begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
        before, found, rest = text.partition(begin)
        _, closed, after = rest.partition(end)
        if not found or not closed:
            raise ValueError(f"README has no part {begin.strip()} … {end}")
        text = f"{before}{begin}{part()}\n{end}{after}"
    return text


if __name__ == "__main__":
    README = Path(__file__).parents[2] / "README.md"
    README.write_text(renew(README.read_text(encoding="utf-8")), encoding="utf-8")
