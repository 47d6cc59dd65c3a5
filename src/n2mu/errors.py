"""Errors that a user can act on.

Every error of n2mu is one line that says what was expected, what came, where,
and the nearest thing that exists.  The command line prints the line and exits
with 1; a traceback means a defect of n2mu.
"""

from collections.abc import Iterable
from difflib import get_close_matches


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
