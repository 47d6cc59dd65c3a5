"""What operators and functions of TTreeFormula do to doubles.

Arrays in, arrays out; every function broadcasts.  Where TTreeFormula departs
from IEEE arithmetic or the C library the docstring says so.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from n2mu.errors import ExpressionError

Doubles = NDArray[np.float64]

LARGEST_WHOLE = 2**53
"""Up to here a double tells whole numbers apart."""

_LARGEST_EXPONENT = 700.0
_TWO_TO_63 = 2.0**63
_TWO_TO_64 = 2.0**64


def divide(numerator: Doubles, denominator: Doubles) -> Doubles:
    """Divide; the quotient by zero is 0."""
    return np.where(denominator == 0, 0.0, numerator / denominator)


def whole(values: Doubles) -> NDArray[np.int64]:
    """Truncate to 64-bit integers; NaN and what does not fit become -2^63."""
    fits = (values >= -_TWO_TO_63) & (values < _TWO_TO_63)
    return np.where(fits, values, -_TWO_TO_63).astype(np.int64)


def truncate(values: Doubles) -> Doubles:
    """Apply ``int()``: truncate towards zero."""
    return whole(values).astype(np.float64)


def remainder(dividend: Doubles, divisor: Doubles) -> Doubles:
    """Return C's ``%`` of the truncated operands: the sign is that of the dividend.

    Raises
    ------
    ExpressionError
        If a divisor truncates to zero, which crashes ROOT.
    """
    divisors = whole(divisor)
    if np.any(divisors == 0):
        raise ExpressionError(
            "the divisor is zero; give another one there, as in 'n % (m == 0 ? 1 : m)', since both "
            "sides of '?:' are computed"
        )
    return np.fmod(whole(dividend), divisors).astype(np.float64)


def _bits(values: Doubles) -> NDArray[np.uint64]:
    if not np.all((values >= -_TWO_TO_63) & (values < _TWO_TO_64)):
        raise ExpressionError("a bit operator needs numbers that fit into 64 bits")
    positive = np.where(values < 0, 0.0, values).astype(np.uint64)
    negative = np.where(values < 0, values, 0.0).astype(np.int64).view(np.uint64)
    return np.where(values < 0, negative, positive)


def _shifts(values: Doubles) -> NDArray[np.uint64]:
    if not np.all((values >= 0) & (values < 64)):
        raise ExpressionError("a shift must be by 0 to 63 bits")
    return values.astype(np.uint64)


def _exact(bits: NDArray[np.uint64]) -> Doubles:
    if np.any(bits > LARGEST_WHOLE):
        raise ExpressionError("the result of a bit operator is above 2^53 or negative")
    return bits.astype(np.float64)


def bit_and(left: Doubles, right: Doubles) -> Doubles:
    """Apply ``&`` to the truncated operands as unsigned 64-bit integers."""
    return _exact(_bits(left) & _bits(right))


def bit_or(left: Doubles, right: Doubles) -> Doubles:
    """Apply ``|`` to the truncated operands as unsigned 64-bit integers."""
    return _exact(_bits(left) | _bits(right))


def shift_left(left: Doubles, right: Doubles) -> Doubles:
    """Apply ``<<`` to the truncated operands as unsigned 64-bit integers."""
    return _exact(_bits(left) << _shifts(right))


def shift_right(left: Doubles, right: Doubles) -> Doubles:
    """Apply ``>>`` to the truncated operands as unsigned 64-bit integers."""
    return _exact(_bits(left) >> _shifts(right))


def exponential(values: Doubles) -> Doubles:
    """Apply ``exp``: its argument stops at 700, and below -700 the result is 0."""
    capped = np.where(values > _LARGEST_EXPONENT, _LARGEST_EXPONENT, values)
    return np.where(values < -_LARGEST_EXPONENT, 0.0, np.exp(capped))


def square_root(values: Doubles) -> Doubles:
    """Apply ``sqrt`` to the absolute value."""
    return np.sqrt(np.abs(values))


def logarithm(values: Doubles) -> Doubles:
    """Apply ``log``: 0 unless the argument is positive."""
    return np.where(values > 0, np.log(values), 0.0)


def logarithm10(values: Doubles) -> Doubles:
    """Apply ``log10``: 0 unless the argument is positive."""
    return np.where(values > 0, np.log10(values), 0.0)


def arcsine(values: Doubles) -> Doubles:
    """Apply ``asin``: 0 outside [-1, 1]."""
    return np.where(np.abs(values) > 1, 0.0, np.arcsin(values))


def arccosine(values: Doubles) -> Doubles:
    """Apply ``acos``: 0 outside [-1, 1]."""
    return np.where(np.abs(values) > 1, 0.0, np.arccos(values))


def minimum(left: Doubles, right: Doubles) -> Doubles:
    """Apply ``min``: of a NaN and a number the first operand."""
    return np.where(right < left, right, left)


def maximum(left: Doubles, right: Doubles) -> Doubles:
    """Apply ``max``: of a NaN and a number the first operand."""
    return np.where(left < right, right, left)


def tmath_minimum(left: Doubles, right: Doubles) -> Doubles:
    """Apply ``TMath::Min``: of a NaN and a number the second operand."""
    return np.where(left <= right, left, right)


def tmath_maximum(left: Doubles, right: Doubles) -> Doubles:
    """Apply ``TMath::Max``: of a NaN and a number the second operand."""
    return np.where(left >= right, left, right)


def arccosine_hyperbolic(values: Doubles) -> Doubles:
    """Apply ``acosh``: 0 below 1."""
    return np.where(values < 1, 0.0, np.arccosh(values))


def arctangent_hyperbolic(values: Doubles) -> Doubles:
    """Apply ``atanh``: 0 outside [-1, 1]."""
    return np.where(np.abs(values) > 1, 0.0, np.arctanh(values))


def rounded(values: Doubles) -> Doubles:
    """Apply C's ``round``: halves away from zero."""
    towards_zero = np.trunc(values)
    away = np.abs(values - towards_zero) >= 0.5
    return np.where(away, towards_zero + np.copysign(1.0, values), towards_zero)


def sign(values: Doubles) -> Doubles:
    """Apply ``sign``: -1 below 0, else 1."""
    return np.where(values < 0, -1.0, 1.0)


def tmath_sign(values: Doubles, signs: Doubles) -> Doubles:
    """Apply ``TMath::Sign``: the first with the sign bit of the second; NaN stays."""
    return np.copysign(values, signs)


def odd(values: Doubles) -> Doubles:
    """Apply ``TMath::Odd`` to the truncated value."""
    return (whole(values) & 1).astype(np.float64)


def even(values: Doubles) -> Doubles:
    """Apply ``TMath::Even`` to the truncated value."""
    return 1.0 - odd(values)


def within(low: Doubles, high: Doubles, values: Doubles) -> Doubles:
    """Apply ``TMath::Range``: the nearest value in the range; NaN stays."""
    return np.where(values < low, low, np.where(values > high, high, values))


OPERATORS: dict[str, Callable[[Doubles, Doubles], Doubles]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": divide,
    "%": remainder,
    "^": np.power,
    "&": bit_and,
    "|": bit_or,
    "<<": shift_left,
    ">>": shift_right,
}

CHECKED = frozenset({"%", "&", "|", "<<", ">>"})
"""Operators that refuse some operands."""

COMPARISONS: dict[str, Callable[[Doubles, Doubles], NDArray[np.bool_]]] = {
    "==": np.equal,
    "!=": np.not_equal,
    "<": np.less,
    ">": np.greater,
    "<=": np.less_equal,
    ">=": np.greater_equal,
}

FUNCTIONS: dict[str, Callable[..., Doubles | NDArray[np.bool_]]] = {
    "abs": np.abs,
    "int": truncate,
    "sqrt": square_root,
    "exp": exponential,
    "log": logarithm,
    "log10": logarithm10,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "asin": arcsine,
    "acos": arccosine,
    "atan": np.arctan,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "tanh": np.tanh,
    "asinh": np.arcsinh,
    "acosh": arccosine_hyperbolic,
    "atanh": arctangent_hyperbolic,
    "atan2": np.arctan2,
    "hypot": np.hypot,
    "fmod": np.fmod,
    "floor": np.floor,
    "ceil": np.ceil,
    "round": rounded,
    "rint": np.rint,
    "trunc": np.trunc,
    "cbrt": np.cbrt,
    "exp2": np.exp2,
    "log2": np.log2,
    "sq": np.square,
    "sign": sign,
    "isnan": np.isnan,
    "isinf": np.isinf,
    "finite": np.isfinite,
    "min": minimum,
    "max": maximum,
    "TMath::Sqrt": np.sqrt,
    "TMath::Exp": np.exp,
    "TMath::Log": np.log,
    "TMath::Log10": np.log10,
    "TMath::ASin": np.arcsin,
    "TMath::ACos": np.arccos,
    "TMath::ACosH": np.arccosh,
    "TMath::ATanH": np.arctanh,
    "TMath::Min": tmath_minimum,
    "TMath::Max": tmath_maximum,
    "TMath::Sign": tmath_sign,
    "TMath::SignBit": np.signbit,
    "TMath::Even": even,
    "TMath::Odd": odd,
    "TMath::Range": within,
}
