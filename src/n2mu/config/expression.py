"""Expressions in the configuration, parsed when it is read."""

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator

from n2mu.errors import ExpressionError
from n2mu.expressions import parse


def _text(value: Any) -> Any:
    # YAML reads "k_factor: 1.2" as a number; it is an expression all the same
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if is_number else value


def _checked(text: str) -> str:
    try:
        parse(text)
    except ExpressionError as error:
        raise ValueError(str(error)) from None
    return text


Expression = Annotated[str, BeforeValidator(_text), AfterValidator(_checked)]
"""A TTreeFormula expression."""
