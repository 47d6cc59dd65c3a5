"""What pydantic finds wrong, in words, with the key as it stands in the file."""

import re
from difflib import get_close_matches
from typing import Any, NamedTuple, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from n2mu.config.base import Model
from n2mu.errors import ConfigurationError, counted, excerpt_of, nearest, without_comma

_LONGEST = 80  # characters of a value that an error shows


class Mistake(NamedTuple):
    """A part of the configuration that a model refuses.

    Attributes
    ----------
    location
        Keys that lead to it, from the top of the file.
    key
        The same as it is shown.
    cause
        What shows the place in an expression.
    """

    location: tuple[int | str, ...]
    key: str
    text: str
    cause: Exception | None

    def error(self, where: str, more: str = "") -> ConfigurationError:
        """Return the error that names the file."""
        prefix = f"{where}: {self.key}: " if self.key else f"{where}: "
        # which a validator of pydantic raises from the error about the expression
        return ConfigurationError(f"{prefix}{self.text}{more}", excerpt=excerpt_of(self.cause))


def mistakes(model: type[Model], value: Any, error: ValidationError) -> list[Mistake]:
    """Return every mistake in a part of the configuration."""
    return [
        Mistake(
            problem["loc"],
            _key(value, problem),
            _problem(model, problem),
            problem.get("ctx", {}).get("error"),
        )
        for problem in _without_consequences(_one_reading(value, error.errors()))
    ]


def empty(model: type[Model], where: str) -> ConfigurationError:
    """Return the error about a file without content."""
    return ConfigurationError(f"{where}: is empty; its keys are {', '.join(model.model_fields)}")


def _one_reading(value: Any, problems: list[ErrorDetails]) -> list[ErrorDetails]:
    """Return the problems of one way to read each value that can be of several types.

    It is the one that comes furthest, or the first of them.
    """
    best: dict[tuple[int | str, ...], ErrorDetails] = {}
    for problem in problems:
        reading = _reading(value, problem)
        if reading is not None:
            other = best.setdefault(reading[:-1], problem)
            if len(other["loc"]) < len(problem["loc"]):
                best[reading[:-1]] = problem
    chosen = {_reading(value, problem) for problem in best.values()} | {None}
    return [problem for problem in problems if _reading(value, problem) in chosen]


def _reading(value: Any, problem: ErrorDetails) -> tuple[int | str, ...] | None:
    """Return the keys down to a value of several types, and the one that was tried."""
    location = problem["loc"]
    for depth, part in enumerate(location, start=1):
        known = _holds(value, part)
        if known:
            value = value[part]
        else:
            missing = problem["type"] == "missing" and depth == len(location)
            return None if missing else location[:depth]
    return None


def _holds(value: Any, part: int | str) -> bool:
    if isinstance(value, list):
        return isinstance(part, int) and part < len(value)
    return isinstance(value, dict) and part in value


def _without_consequences(problems: list[ErrorDetails]) -> list[ErrorDetails]:
    """Return the problems without the keys that are missing since they are misspelt."""
    result = []
    for problem in problems:
        *parent, name = problem["loc"] or [""]
        misspelt = [
            other
            for other in problems
            if problem["type"] == "missing"
            and other["type"] == "extra_forbidden"
            and list(other["loc"][:-1]) == parent
            and get_close_matches(str(other["loc"][-1]), [str(name)])
        ]
        result += misspelt[:1] or [problem]
    return [p for place, p in enumerate(result) if p not in result[:place]]


def _key(value: Any, problem: ErrorDetails) -> str:
    """Return the key of a problem as it stands in the file, without the tags of unions."""
    parts = []
    for part in problem["loc"]:
        known = _holds(value, part)
        if known:
            value = value[part]
            parts.append(str(part))
    last = problem["loc"][-1] if problem["loc"] else 0
    if problem["type"] == "missing" and isinstance(last, str):
        parts.append(last)
    return ".".join(parts)


def _problem(model: type[Model], problem: ErrorDetails) -> str:
    """Return what is wrong, and what would be right."""
    context = problem.get("ctx", {})
    match problem["type"]:
        case "extra_forbidden":
            known = _fields_at(model, problem["loc"][:-1])
            return f"unknown key{nearest(str(problem['loc'][-1]), known)}"
        case "missing" if isinstance(problem["loc"][-1], int):
            least = counted(problem["loc"][-1] + 1, "value")
            return f"expected at least {least}, got {problem['input']}"
        case "missing":
            return "required key is missing"
        case "union_tag_not_found":
            tag = context["discriminator"].strip("'")
            for key in get_close_matches(tag, map(str, problem["input"]), n=1):
                return f"unknown key '{key}'; did you mean '{tag}'?"
            return f"required key {context['discriminator']} is missing"
        case "union_tag_invalid":
            known = [tag.strip("' ") for tag in context["expected_tags"].split(",")]
            return f"unknown {context['discriminator']} '{context['tag']}'" + nearest(
                context["tag"], known
            )
        case "value_error":
            return str(context["error"])
    got = repr(problem["input"])
    shown = got if len(got) <= _LONGEST else f"{got[: _LONGEST - 3]}..."
    return f"{_expected(problem)}, got {shown}{_hint(problem)}"


def _hint(problem: ErrorDetails) -> str:
    """Return what to write in place of a value of which one can tell what it means."""
    text = problem["input"]
    if not isinstance(text, str):
        return ""
    if problem["type"] == "literal_error":
        known = re.findall(r"'([^']*)'", problem.get("ctx", {})["expected"])
        return nearest(text.lower(), known) if text.lower() in known else ""
    if not problem["type"].startswith(("float", "int")):
        return ""
    if re.fullmatch(r"[-+]?\d{1,3}( \d{3})+", text):
        return f"; write {text.replace(' ', '')}"
    match = re.fullmatch(r"([-+]?\d*)([.,]?)(\d*)\s*(\D*)", text)
    if match is None or not re.search(r"\d", text):
        return ""
    whole, comma, decimals, unit = match.groups()
    if problem["type"].startswith("int"):
        return f"; write {whole}{decimals}" if comma and len(decimals) == 3 and not unit else ""
    if unit == "%":
        return f"; write {float(f'{whole}.{decimals}') / 100:g}"
    if unit:
        return "; write the number alone, in the unit that docs/reference.md gives"
    return f"; write {without_comma(whole, decimals)}" if comma == "," else ""


def _expected(problem: ErrorDetails) -> str:
    """Return what pydantic says it wants, in the words of people who write YAML."""
    message, context = problem["msg"], problem.get("ctx", {})
    if problem["type"] == "too_long":
        return f"expected at most {counted(context['max_length'], 'value')}"
    if problem["type"] == "too_short":
        return f"expected at least {counted(context['min_length'], 'value')}"
    if not message.startswith("Input should be "):
        return message
    text = message.removeprefix("Input should be ").partition(", unable to parse")[0]
    for old, new in {
        "a valid number": "a number",
        "a valid integer": "a whole number",
        "a valid string": "a text",
        "a valid boolean": "true or false",
        "a valid list": "a list, such as [a, b]",
        "a valid tuple": "a list, such as [a, b]",
        "greater than": "a number greater than",
        "less than": "a number less than",
    }.items():
        text = text.replace(old, new)
    text = re.sub(r"a valid dictionary( or instance of \w+)?", "keys with values", text)
    return f"expected {text}"


def _fields_at(model: type[Model], location: tuple[int | str, ...]) -> list[str]:
    """Return the keys that the models allow where an unknown key was found."""

    def models(annotation: Any) -> list[type[Model]]:
        if isinstance(annotation, type) and issubclass(annotation, Model):
            return [annotation]
        return [found for part in get_args(annotation) for found in models(part)]

    candidates: list[type[Model]] = [model]
    for part in location:
        deeper: list[type[Model]] = []
        for candidate in candidates:
            if part in candidate.model_fields:
                deeper += models(candidate.model_fields[str(part)].annotation)
        candidates = deeper or [c for c in candidates if part in _tags(c)] or candidates
    return sorted({name for candidate in candidates for name in candidate.model_fields})


def _tags(model: type[Model]) -> tuple[Any, ...]:
    field = model.model_fields.get("kind")
    return get_args(field.annotation) if field is not None else ()
