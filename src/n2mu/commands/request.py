"""What products made on request say of the command that made them."""

import os
import shlex
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from n2mu.config.base import Model


def command_line() -> str:
    """Return this command, as it is typed to make its products again."""
    config = os.environ.get("N2MU_CONFIG", "")
    setting = [] if not config or config.lstrip().startswith("{") else [f"N2MU_CONFIG={config}"]
    return shlex.join([*setting, "n2mu", *sys.argv[1:]])


def requested(
    kind: str, read: Mapping[str, str], told: "Iterable[Model]" = (), drawn: Iterable[Path] = ()
) -> dict[str, Any]:
    """Return what a product of a kind says of its making; see `n2mu.workflow.request.Request`."""
    from n2mu.workflow.request import Request

    return Request.of(kind, command_line(), read, told, drawn).model_dump()


def contents(paths: Iterable[Path]) -> dict[str, str]:
    """Return the digests of products of fits; one that is missing is left to the stage to name."""
    from n2mu.workflow.request import content_digest

    return {str(path): content_digest(path) for path in paths if path.is_file()}


def record(
    stem: Path,
    kind: str,
    about: Mapping[str, str],
    read: Mapping[str, str],
    told: "Iterable[Model]",
) -> None:
    """Write beside a figure how it was made.

    Parameters
    ----------
    stem
        The figure without its suffixes.
    about
        What it shows.
    """
    from n2mu.products import write_json

    figures = [stem.with_name(stem.name + suffix) for suffix in (".png", ".pdf")]
    provenance = {"request": requested(kind, read, told, figures)}
    write_json(
        stem.with_name(f"{stem.name}.json"), {"kind": kind, **about, "provenance": provenance}
    )
