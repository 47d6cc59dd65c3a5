"""The ``n2mu`` program: its subcommands, its log, its way of failing."""

import logging
import sys
import traceback
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from n2mu import __version__
from n2mu.commands import (
    compare,
    count,
    demo,
    evaluate,
    export,
    fit,
    gather,
    gof,
    grid,
    import_trex,
    limit,
    listing,
    plan,
    plot,
    provenance,
    ranking,
    report,
    scan,
    score,
    significance,
    skim,
    study,
    templates,
    toys,
    train,
    validate,
    workspace,
)
from n2mu.commands.options import refuse_configuration
from n2mu.errors import N2muError, excerpt_of, refused_by_system


class _Command(TyperCommand):
    """A subcommand that says how to give a configuration, where one stands without its option."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        left = super().parse_args(ctx, args)
        refuse_configuration(left)
        if left:
            ctx.fail(f"Got unexpected extra argument(s) ({' '.join(left)})")
        return left


app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="From ROOT ntuples to the fitted signal strength mu.",
)
for name, module in {
    "demo": demo,
    "list": listing,
    "count": count,
    "validate": validate,
    "skim": skim,
    "train": train,
    "grid": grid,
    "study": study,
    "score": score,
    "evaluate": evaluate,
    "templates": templates,
    "workspace": workspace,
    "fit": fit,
    "ranking": ranking,
    "scan": scan,
    "limit": limit,
    "significance": significance,
    "gof": gof,
    "toys": toys,
    "compare": compare,
    "plot": plot,
    "plan": plan,
    "provenance": provenance,
    "report": report,
    "import-trex": import_trex,
}.items():
    # what is left over comes to parse_args
    app.command(name, cls=_Command, context_settings={"allow_extra_args": True})(module.command)
# what only the workflow calls
app.command("gather", hidden=True)(gather.command)
app.add_typer(export.app, name="export")


def _version(asked: bool) -> None:
    if asked:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _options(
    log: Annotated[
        Path | None, typer.Option(help="Write messages to this file instead of the terminal.")
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Configure what all subcommands share."""
    handlers: list[logging.Handler] = []
    if log is not None:
        log.parent.mkdir(parents=True, exist_ok=True)
        handlers.append(logging.FileHandler(log, mode="w"))
    else:
        handlers.append(logging.StreamHandler())
    # other packages only when something is wrong
    logging.getLogger("n2mu").setLevel(logging.INFO)
    logging.basicConfig(
        level=logging.WARNING,
        format="%(asctime)s %(message)s",
        datefmt="%H:%M:%S",
        handlers=handlers,
    )


def main() -> None:
    """Run the command line; an error that a user can act on is one line and exit code 1.

    Below the line stands the expression with a caret, if the error is about one.
    """
    logger = logging.getLogger("n2mu")
    try:
        app()
    except Exception as error:
        shown = shown_of(error)
        if _logs_to_file():
            # a defect of n2mu: the traceback belongs into the log as well
            logger.error(shown or traceback.format_exc())
        if shown is None:
            raise
        print(shown, file=sys.stderr)
        sys.exit(1)


def shown_of(error: BaseException) -> str | None:
    """Return what is shown of an error that a user can act on; None for a defect."""
    text = refused_by_system(error) if isinstance(error, OSError) else None
    if isinstance(error, N2muError):
        text = str(error)
    if text is None:
        return None
    line = " ".join(f"n2mu: error: {text}".split())
    return line + "".join(f"\n  {excerpt}" for excerpt in excerpt_of(error).splitlines())


def _logs_to_file() -> bool:
    return any(isinstance(h, logging.FileHandler) for h in logging.getLogger().handlers)
