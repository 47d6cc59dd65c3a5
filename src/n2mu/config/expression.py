"""Expressions in the configuration, parsed when it is read."""

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, ValidationInfo

from n2mu.errors import ExpressionError
from n2mu.expressions import parse


def _text(value: Any) -> Any:
    # YAML reads "k_factor: 1.2" as a number; it is an expression all the same
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if is_number else value


def _checked(text: str, info: ValidationInfo) -> str:
    aliases = (info.context or {}).get(ALIASES)
    try:
        expanded = aliases.expand(text) if aliases is not None else text
        parse(expanded)
    except ExpressionError as error:
        raise ValueError(str(error)) from error
    return expanded


ALIASES = "aliases"
"""Key of the `Aliases` in the context of a validation."""

ExpressionText = Annotated[str, BeforeValidator(_text)]
"""An expression that is neither parsed nor expanded."""

Expression = Annotated[ExpressionText, AfterValidator(_checked)]
"""A TTreeFormula expression; aliases are written out where the validation knows them."""
