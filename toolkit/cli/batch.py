"""``batch``: a whole collection, unattended."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from toolkit.cli.options import (
    AcceptTruncated,
    AsJson,
    Device,
    Difference,
    Quiet,
    Seed,
    Set,
    Strength,
)


def batch(
    collection: Annotated[
        str, typer.Argument(metavar="COLLECTION", help="Folder or URL with recordings.")
    ],
    out: Annotated[
        str, typer.Option(help="Folder or URL for results; the collection's tree is kept.")
    ],
    pipeline: Annotated[
        str, typer.Option(help="What is done with each; see: tonearm pipelines.")
    ] = "restore",
    strength: Strength = 1.0,
    settings: Set = None,
    difference: Difference = False,
    accept_truncated: AcceptTruncated = False,
    allow_generative: Annotated[
        bool, typer.Option("--allow-generative", help="Allow models that invent sound.")
    ] = False,
    name: Annotated[
        str, typer.Option(help="Template of result names, with {stem}, {revision}, {suffix} …")
    ] = "",
    only: Annotated[
        list[str] | None, typer.Option(metavar="PATTERN", help="Only these paths; repeatable.")
    ] = None,
    skip: Annotated[
        list[str] | None, typer.Option(metavar="PATTERN", help="Not these paths; repeatable.")
    ] = None,
    listed: Annotated[
        Path | None, typer.Option("--list", metavar="FILE", help="Only the paths in a file.")
    ] = None,
    jobs: Annotated[
        int, typer.Option("-j", "--jobs", min=0, help="Worker processes; 0: one for each core.")
    ] = 0,
    engine: Annotated[str, typer.Option(help="local, or ray for a cluster.")] = "local",
    ray_address: Annotated[
        str, typer.Option(help="A running Ray cluster; without it one is started here.")
    ] = "",
    shard: Annotated[
        str, typer.Option(metavar="I/N", help="Only the I-th of N parts, for arrays of jobs.")
    ] = "1/1",
    state: Annotated[
        str, typer.Option(metavar="FOLDER", help="Where the manifest is; default: in the output.")
    ] = "",
    device: Device = "cpu",
    seed: Seed = 0,
    timeout: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="For one recording; default: by size.")
    ] = None,
    retries: Annotated[
        int, typer.Option(min=0, help="After a failure that may pass, such as a disk's.")
    ] = 2,
    max_memory: Annotated[
        str, typer.Option(metavar="4G", help="What one worker may take; default: no limit.")
    ] = "",
    on_full: Annotated[str, typer.Option(help="When the disk is full: pause or stop.")] = "pause",
    fail_fast: Annotated[
        bool, typer.Option("--fail-fast", help="Stop after the first failure.")
    ] = False,
    rehash: Annotated[
        bool, typer.Option("--rehash", help="Compare content, not time and size.")
    ] = False,
    retry_quarantined: Annotated[
        bool, typer.Option("--retry-quarantined", help="Try what was set aside once more.")
    ] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Go on with what is added, until stopped.")
    ] = False,
    settle: Annotated[
        float, typer.Option(help="Seconds a file must rest before --watch takes it.")
    ] = 10.0,
    measures: Annotated[
        bool, typer.Option("--measures/--no-measures", help="Measure before and after.")
    ] = True,
    pages: Annotated[
        bool, typer.Option("--pages/--no-pages", help="Write pictures and HTML pages.")
    ] = True,
    bag: Annotated[bool, typer.Option("--bag", help="Also make a BagIt package, OUT.bag.")] = False,
    institution: Annotated[
        str, typer.Option(help="Who is responsible; for PREMIS and the bag.")
    ] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be done, and how long it may take.")
    ] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Restore a collection without supervision: resumes, isolates, verifies, documents.

    The same command again goes on where the last one ended. Ctrl-C once finishes what is running
    (8 s at most), twice stops at once. Ends with 0, or 3 if some recordings failed.

    Examples: tonearm batch shellacs/ --out restored/ --pipeline shellac-78 --difference
    tonearm batch s3://tapes --out s3://restored --state work/ --shard 3/16
    """
    from toolkit.cli.batch_job import Request, perform

    code = perform(
        Request(
            collection=collection,
            out=out,
            pipeline=pipeline,
            strength=strength,
            settings=tuple(settings or ()),
            difference=difference,
            accept_truncated=accept_truncated,
            allow_generative=allow_generative,
            name=name,
            only=tuple(only or ()),
            skip=tuple(skip or ()),
            listed=listed,
            jobs=jobs,
            engine=engine,
            ray_address=ray_address,
            shard=shard,
            state=state,
            device=device,
            seed=seed,
            timeout=timeout,
            retries=retries,
            max_memory=max_memory,
            on_full=on_full,
            fail_fast=fail_fast,
            rehash=rehash,
            retry_quarantined=retry_quarantined,
            watch=watch,
            settle=settle,
            measures=measures,
            pages=pages,
            bag=bag,
            institution=institution,
            dry_run=dry_run,
            as_json=as_json,
            quiet=quiet,
        )
    )
    if code:
        raise typer.Exit(code)
