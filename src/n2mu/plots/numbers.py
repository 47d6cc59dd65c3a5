"""Numbers as text: as many digits as their errors deserve."""

from collections.abc import Iterable
from math import floor, isfinite, log10

MINUS = "\N{MINUS SIGN}"


def decimals(errors: Iterable[float], significant: int = 2) -> int:
    """Return the decimals that show the smallest of some errors with two significant digits.

    Examples
    --------
    >>> decimals([0.513, 12.0]), decimals([340.0])
    (2, 0)
    """
    sizes = [abs(error) for error in errors if isfinite(error) and error != 0]
    if not sizes:
        return significant
    smallest = float(f"{min(sizes):.{significant - 1}e}")
    return max(0, significant - 1 - floor(log10(smallest)))


def signed(value: float, digits: int) -> str:
    """Return a number with its sign, a proper minus, and so many decimals."""
    return f"{value:+.{digits}f}".replace("-", MINUS)


def plain(value: float, digits: int) -> str:
    """Return a number with a proper minus and so many decimals."""
    return f"{value:.{digits}f}".replace("-", MINUS)


def grouped(value: float, digits: int) -> str:
    """Return a number like `plain`, with a comma between thousands."""
    return f"{value:,.{digits}f}".replace("-", MINUS)


def with_error(value: float, error: float | None) -> str:
    """Return a number with its error; one without has four decimals, exact ones one.

    Examples
    --------
    >>> with_error(1234.56, 12.3), with_error(305613.56, 0.0)
    ('1,235 ± 12', '305,613.6 ± 0')
    """
    if error is None:
        return plain(value, 4)
    if error == 0 and value != 0:
        return f"{grouped(value, 1)} ± 0"
    digits = decimals([error])
    return f"{grouped(value, digits)} ± {grouped(error, digits)}"
