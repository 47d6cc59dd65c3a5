"""Polynomials of norm factors: what an expression of factors can be in a likelihood."""

from collections import defaultdict
from collections.abc import Mapping

from n2mu.errors import ExpressionError
from n2mu.expressions import parse
from n2mu.expressions.nodes import Binary, Column, Negative, Node, Number

Monomial = tuple[str, ...]
"""Names of the factors that are multiplied, sorted; a power stands as often as it counts."""

Polynomial = dict[Monomial, float]
"""Coefficients by monomial; none of them is zero."""

ONE: Polynomial = {(): 1.0}
_LARGEST_POWER = 8


def polynomial(text: str) -> Polynomial:
    """Return the polynomial that an expression is, multiplied out.

    Raises
    ------
    ExpressionError
        If it is none: only numbers, names, ``+``, ``-``, ``*``, division by a
        number and whole powers can be in it.

    Examples
    --------
    >>> polynomial("2 * e * (1 - mu)")
    {('e',): 2.0, ('e', 'mu'): -2.0}
    """
    return _expand(parse(text).tree, text)


def times(a: Polynomial, b: Polynomial) -> Polynomial:
    """Return the product of two polynomials."""
    result: defaultdict[Monomial, float] = defaultdict(float)
    for left, x in a.items():
        for right, y in b.items():
            result[tuple(sorted(left + right))] += x * y
    return _without_zeros(result)


def value(of: Polynomial, factors: Mapping[str, float]) -> float:
    """Return the value of a polynomial at values of its factors."""
    total = 0.0
    for monomial, coefficient in of.items():
        for name in monomial:
            coefficient *= factors[name]
        total += coefficient
    return total


def _without_zeros(terms: Mapping[Monomial, float]) -> Polynomial:
    return {m: c for m, c in terms.items() if c != 0}


def _sum(a: Polynomial, b: Polynomial, sign: float) -> Polynomial:
    result = defaultdict(float, a)
    for monomial, coefficient in b.items():
        result[monomial] += sign * coefficient
    return _without_zeros(result)


def _expand(node: Node, text: str) -> Polynomial:
    match node:
        case Number():
            return {(): node.value} if node.value else {}
        case Column():
            return {(node.name,): 1.0}
        case Negative():
            return times({(): -1.0}, _expand(node.operand, text))
        case Binary(operator=("+" | "-") as sign):
            right = _expand(node.right, text)
            return _sum(_expand(node.left, text), right, 1.0 if sign == "+" else -1.0)
        case Binary(operator="*"):
            return times(_expand(node.left, text), _expand(node.right, text))
        case Binary(operator="/"):
            divisor = _expand(node.right, text)
            if set(divisor) == {()}:
                return times(_expand(node.left, text), {(): 1 / divisor[()]})
            raise ExpressionError(
                f"'{text}': only a number other than zero can divide, since a likelihood "
                "multiplies factors and cannot divide by them"
            )
        case Binary(operator="^"):
            return _power(node, text)
    raise ExpressionError(
        f"'{text}' is no polynomial of norm factors; use numbers, their names, +, -, * and "
        "whole powers"
    )


def _power(node: Binary, text: str) -> Polynomial:
    exponent = _expand(node.right, text)
    power = exponent.get((), 0.0)
    if set(exponent) - {()} or not power.is_integer() or not 0 <= power <= _LARGEST_POWER:
        raise ExpressionError(
            f"'{text}': powers are whole numbers from 0 to {_LARGEST_POWER} in a polynomial"
        )
    result = ONE
    for _ in range(int(power)):
        result = times(result, _expand(node.left, text))
    return result
