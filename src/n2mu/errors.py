"""Errors that a user can act on.

Every error of n2mu is one line that says what was expected, what came, where,
and the nearest thing that exists.  The command line prints the line and exits
with 1; a traceback means a defect of n2mu.
"""

import errno
import os
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path


class N2muError(Exception):
    """Base class of every error that n2mu raises on purpose.

    Attributes
    ----------
    excerpt
        What is shown below the line: an expression and a caret under the place.
    """

    def __init__(self, message: str = "", *, excerpt: str = "") -> None:
        super().__init__(message)
        self.excerpt = excerpt


def excerpt_of(error: BaseException | None) -> str:
    """Return the excerpt of an error, or of the one that it was made of."""
    while error is not None:
        if isinstance(error, N2muError) and error.excerpt:
            return error.excerpt
        error = error.__cause__ or error.__context__
    return ""


class ConfigurationError(N2muError):
    """A configuration file holds something that cannot be used."""


class ExpressionError(N2muError):
    """A cut, weight or feature expression cannot be parsed or evaluated."""


class InputError(N2muError):
    """An ntuple is missing, damaged or not what the listing says."""


class ProductError(N2muError):
    """A product of an earlier stage is missing, damaged or of another configuration."""


class AlignmentError(ProductError):
    """Rows or entries that must belong to the same event do not."""


class TrainingError(N2muError):
    """A model cannot be trained on what it was given."""


class TemplateError(N2muError):
    """A template or a region cannot enter a fit."""


class WorkspaceError(N2muError):
    """A HistFactory workspace is not valid or holds something unknown."""


class FitError(N2muError):
    """A fit did not converge, or failed a gate."""


_ADVICE = {
    errno.ENOSPC: "make room on that disk",
    errno.EDQUOT: "make room within your quota of that disk",
    errno.EACCES: "ask for the right, or choose another place ('results')",
    errno.EROFS: "choose a place where you may write ('results')",
    errno.EMFILE: "allow more files, as with 'ulimit -n 4096'",
    errno.ENOMEM: "give the job more memory (mem_mb), or run fewer jobs at once",
    errno.EIO: "the disk or its server fails; look at it",
    errno.ESTALE: "the server of the disk has lost the file; look at it",
}


def refused_by_system(error: OSError) -> str | None:
    """Return in one line what the operating system refused and what to do; None for defects."""
    advice = _ADVICE.get(error.errno or 0)
    if advice is None:
        return None
    where = f"{error.filename}: " if error.filename is not None else ""
    what = os.strerror(error.errno or 0).lower()
    return f"{where}{what}; {advice}, then run the same command again: what was finished stays"


def counted(number: int, noun: str) -> str:
    """Return a number with what is counted, such as ``1 entry`` and ``2 entries``."""
    plural = f"{noun.removesuffix('y')}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number} {noun if number == 1 else plural}"


def without_comma(whole: str, decimals: str) -> str:
    """Return what to write for a number with a comma, which separates decimals or thousands."""
    point = f"{whole}.{decimals} with a point"
    thousands = len(decimals) == 3 and whole.strip("+-0")
    return f"{point}, or {whole}{decimals} if the comma separates thousands" if thousands else point


def elsewhere(path: Path) -> str:
    """Return the hint about a relative path whose directory is not here, but may be further up."""
    here = Path.cwd()
    if path.is_absolute() or path.parent.is_dir():
        return ""
    above = [directory for directory in here.parents if (directory / path).exists()]
    where = f"{above[0]}, which has it" if above else "the directory with the Snakefile"
    return f", as {here} has no directory '{path.parent}'; run this in {where}"


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the hint that ends an error about an unknown name.

    Parameters
    ----------
    name
        What the user wrote.
    known
        The names that exist.

    Returns
    -------
    str
        ``"; did you mean 'x'?"``, or the list of known names if none is near.
    """
    candidates = list(known)
    close = get_close_matches(name, candidates, n=1, cutoff=0.6)
    if close:
        return f"; did you mean '{close[0]}'?"
    if not candidates:
        return "; none exists"
    shown = ", ".join(sorted(candidates)[:12])
    more = f", ... ({len(candidates)} in all)" if len(candidates) > 12 else ""
    return f"; known are {shown}{more}"
