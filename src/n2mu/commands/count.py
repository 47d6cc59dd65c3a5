"""``n2mu count``."""

import json
import logging
import re
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from n2mu.inputs.location import Location

logger = logging.getLogger(__name__)


def command(
    ntuples: Annotated[
        str,
        typer.Argument(
            metavar="FILE.root:TREE", help="Path, URL or glob of ROOT files, and a tree."
        ),
    ],
    cuts: Annotated[list[str], typer.Argument(metavar="CUT...", help="Cuts, as in TTree::Draw.")],
    weight: Annotated[str, typer.Option(help="Weight of an event.")] = "1",
    as_json: Annotated[bool, typer.Option("--json", help="Print a list of objects.")] = False,
) -> None:
    """Count the entries that pass each cut, with the weighted sum and its error.

    Reads the branches that cuts and weight name, and writes nothing.  A cut that is refused says
    why, the others are counted, and the exit code is then 1.

    Example: n2mu count 'ntuples/*.root:nominal' 'nJets_OR >= 4' 'Sum$(jet_pt > 25e3) > 1'
    --weight weight_mc
    """
    from n2mu.errors import InputError
    from n2mu.inputs.counting import count

    pattern, _, tree = ntuples.rpartition(":")
    if not pattern or not tree or tree.startswith("/") or tree.endswith(".root"):
        raise InputError(
            f"'{ntuples}' names no tree; write FILE.root:TREE, such as {ntuples}:nominal"
        )
    paths = _matching(pattern)
    if not paths:
        raise InputError(f"{pattern}: no such file")
    logger.info("reading tree '%s' of %s", tree, ", ".join(map(str, paths)))
    counts = count(paths, tree, cuts, weight)
    if as_json:
        rows = [
            {"cut": c.cut, "refused": c.refused}
            if c.refused
            else {"cut": c.cut, "entries": c.entries, "sum": c.sum, "error": c.error}
            for c in counts
        ]
        typer.echo(json.dumps(rows, indent=2))
    else:
        for c in counts:
            shown = " ".join(c.cut.split())
            if c.refused:
                lines = [f"{'refused':>12}  {c.refused}", *c.excerpt.splitlines()]
                typer.echo("\n".join([lines[0], *(f"{'':14}{line}" for line in lines[1:])]))
            else:
                typer.echo(f"{c.entries:>12}  {c.sum:>14.6g} +- {c.error:<11.4g} {shown}")
    if any(c.refused for c in counts):
        raise typer.Exit(1)


def _matching(pattern: str) -> "list[Location]":
    """Return the files that match a path or URL, each once."""
    from pathlib import Path

    from n2mu.inputs.location import Remote, matching_files

    if "://" in pattern:
        directory = re.split(r"[*?[]", pattern, maxsplit=1)[0].rpartition("/")[0]
        base = Remote(directory)
        return [base / name for name in matching_files(base, pattern[len(directory) + 1 :])]
    start = Path(pattern).anchor
    below = Path(start)
    found = [below / name for name in matching_files(below, str(Path(pattern).relative_to(start)))]
    # a file that is reached in two ways counts once
    return list({path.resolve(): path for path in found}.values())
