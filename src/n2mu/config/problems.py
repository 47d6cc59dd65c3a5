"""One mistake, or all of them: checks stop at the first unless somebody collects."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from n2mu.errors import ConfigurationError

_found: ContextVar[list[ConfigurationError] | None] = ContextVar("found", default=None)


@contextmanager
def collected() -> Iterator[list[ConfigurationError]]:
    """Collect the mistakes of all `independent` checks in this block, in place of the first."""
    found: list[ConfigurationError] = []
    token = _found.set(found)
    try:
        yield found
    finally:
        _found.reset(token)


@contextmanager
def independent() -> Iterator[None]:
    """Mark a check whose failure leaves those after it as meaningful as they were."""
    try:
        yield
    except ConfigurationError as error:
        report(error)


def report(error: ConfigurationError) -> None:
    """Raise a mistake, or add it to those that are collected."""
    found = _found.get()
    if found is None:
        raise error
    found.append(error)
