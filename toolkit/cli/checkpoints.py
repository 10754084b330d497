"""``checkpoints``: list the weights, verify them, fetch or import those that do not ship."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from toolkit.cli import listings
from toolkit.cli.options import AsJson
from toolkit.cli.terminal import progress, result, say, table

Name = Annotated[str | None, typer.Option(help="What to call it here; its own name by default.")]
Force = Annotated[bool, typer.Option("--force", help="Replace an imported model of that name.")]
Trust = Annotated[
    bool,
    typer.Option("--trust-pickle", help="Load a .th file even though it could run code."),
]


class _ShowByDefault(typer.core.TyperGroup):
    """Take ``checkpoints NAME`` for ``checkpoints show NAME``."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args and args[0] not in self.commands:
            args = ["show", *args]
        return super().resolve_command(ctx, args)


app = typer.Typer(
    cls=_ShowByDefault,
    help="List the checkpoints; fetch, import or verify weights and SoundFonts.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.callback(invoke_without_command=True)
def list_all(context: typer.Context, as_json: AsJson = False) -> None:
    """List the checkpoints that ship, were imported, or could be fetched."""
    if context.invoked_subcommand is None:
        listings.checkpoints(as_json=as_json)


@app.command("show")
def show(name: Annotated[str, typer.Argument()], as_json: AsJson = False) -> None:
    """Verify one against its manifest and show what that says."""
    listings.checkpoints(name, as_json=as_json)


@app.command("verify")
def verify(
    name: Annotated[str | None, typer.Argument(help="This one; all by default.")] = None,
    as_json: AsJson = False,
) -> None:
    """Hash every file of weights and compare it with its manifest; exit 1 if one differs."""
    import json

    from toolkit import external
    from toolkit.checkpoints import read_weights, shipped
    from toolkit.errors import ToolkitError

    store, imported = shipped(), external.imported_names()
    if name is not None and name in external.known():
        external.find(name)
    elif name is not None and name not in imported:
        store.manifest(name)
    rows = []
    for each in (*store.names(), *imported) if name is None else (name,):
        try:
            if each in store.names():
                read_weights(store.manifest(each))
            else:
                external.find(each).read()
            rows.append((each, "ok", ""))
        except ToolkitError as error:
            rows.append((each, "bad", error.message))
    if as_json:
        keys = ("checkpoint", "state", "message")
        result(json.dumps([dict(zip(keys, row, strict=True)) for row in rows], indent=2))
    else:
        for line in table(rows) if rows else []:
            result(line)
    bad = [row for row in rows if row[1] == "bad"]
    if bad:
        say(
            f"error: {len(bad)} of {len(rows)} checkpoints are not what their manifests say",
            "hint:  restore the files, or fetch or import them again with --force",
        )
        raise typer.Exit(1)


@app.command("fetch")
def fetch(
    name: Annotated[str, typer.Argument(help="One that `tonearm checkpoints` lists.")],
    force: Force = False,
    offline: Annotated[
        bool, typer.Option("--offline", help="Use no network; say what to do by hand.")
    ] = False,
) -> None:
    """Bring what does not ship, verified: weights, kept as safetensors, or a SoundFont.

    Examples: tonearm checkpoints fetch htdemucs    tonearm checkpoints fetch musescore-general
    """
    from toolkit import external
    from toolkit.adapters import sound_bank
    from toolkit.errors import UsageError
    from toolkit.stage import did_you_mean

    if name in sound_bank.known():
        say(f"{name}: {sound_bank.known()[name].licence}, {sound_bank.known()[name].credit}")
        result(str(sound_bank.fetch(name, force=force)))
        return
    if name not in external.known():
        known = (*external.known(), *sound_bank.known())
        raise UsageError(
            f"no weights {name!r} are known",
            did_you_mean(name, known) or f"known are: {', '.join(known)}",
        )
    entry = external.known()[name]
    external.check_model_name(name, force=force)
    say(f"{name}: weights are {entry.licence}")
    with progress(name, ("fetch",)) as callback:
        paths = external.download(
            entry, progress=lambda done, total: callback("fetch", done, total), offline=offline
        )
    from toolkit.adapters.demucs_import import keep, of_known

    kept = keep(of_known(entry, paths), name, force=force)
    for path in paths:
        path.unlink()
    result(str(kept.folder))


@app.command("import")
def import_(
    path: Annotated[Path, typer.Argument(metavar="FILE|FOLDER", help="Of a demucs model.")],
    name: Name = None,
    trust_pickle: Trust = False,
    force: Force = False,
) -> None:
    """Take a demucs model that is already here: .safetensors, .th, a .yaml bag, or its folder.

    Example: tonearm checkpoints import models/mybag.yaml --name my-model
    """
    from toolkit.adapters.demucs_import import gather, keep

    model = gather(path)
    kept = keep(model, name or model.name, trust=trust_pickle, force=force)
    say(f"{kept.name}: {', '.join(kept.stems)}; weights are {kept.licence}")
    result(str(kept.folder))
