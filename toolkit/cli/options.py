"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Inputs = Annotated[
    list[Path], typer.Argument(metavar="IN...", help="Files, folders, or - for a stream.")
]
Output = Annotated[
    Path | None, typer.Option("-o", "--output", help="Name of the one result; - for a stream.")
]
Out = Annotated[Path | None, typer.Option(help="Folder for results; the input's tree is kept.")]
Strength = Annotated[float, typer.Option(help="How much of everything, 0 (nothing) to 1.")]
Set = Annotated[
    list[str] | None, typer.Option("--set", help="One parameter: step.parameter=value; repeatable.")
]
Preview = Annotated[
    str | None, typer.Option(metavar="30s[@1m20s]", help="Only an excerpt, as NAME.preview.")
]
Difference = Annotated[
    bool, typer.Option("--difference", help="Also write what was taken away, as NAME.removed.")
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Measure and show what would be done; write nothing.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Results as JSON on standard output.")]
Force = Annotated[
    bool, typer.Option("--force", help="Replace earlier results; never the input itself.")
]
AcceptTruncated = Annotated[
    bool,
    typer.Option("--accept-truncated", help="Use what is there of a file cut short; noted."),
]
Seed = Annotated[int, typer.Option(help="Of dither and of stages that draw numbers.")]
Device = Annotated[str, typer.Option(help="Where networks run: cpu, cuda or mps.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="No findings, only results and errors.")]
