"""Between what constants a selection keeps an expression, and how far values are from them."""

from typing import NamedTuple

from n2mu.expressions.expression import parse
from n2mu.expressions.implication import Comparison, condition_of, parts_of
from n2mu.expressions.nodes import write

_FAR = 20  # GeV and MeV differ by 1000, values of one quantity by less


class Limit(NamedTuple):
    """A condition that bounds one expression.

    Attributes
    ----------
    cut, subject
        The condition and the expression, in normal form.
    least, most
        The bound, whether or not it passes itself; None on the other side.
    """

    cut: str
    subject: str
    least: float | None
    most: float | None


def far(least: float | None, most: float | None, low: float, high: float) -> bool:
    """Tell whether values from ``low`` to ``high`` are so far beyond a bound as of another unit."""
    below = least is not None and 0 < high * _FAR < least
    return below or (most is not None and 0 < most * _FAR < low)


def limits(text: str) -> list[Limit]:
    """Return the top-level conditions of a selection that bound an expression by a constant.

    Raises
    ------
    ExpressionError
        If it cannot be parsed.

    Examples
    --------
    >>> limits("25 < pt && m < 200 && good")
    [Limit(cut='25 < pt', subject='pt', least=25.0, most=None), \
Limit(cut='m < 200', subject='m', least=None, most=200.0)]
    """
    found = []
    for part in parts_of(parse(text).tree):
        condition = condition_of(part, True)
        if not isinstance(condition, Comparison) or condition.other is not None:
            continue
        above, below = ">" in condition.accepted, "<" in condition.accepted
        if above != below:
            bound = condition.constant
            sides = (bound, None) if above else (None, bound)
            found.append(Limit(write(part), write(condition.subject), *sides))
    return found
