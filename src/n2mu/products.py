"""Writing products so that nothing unfinished can be taken for a product.

Everything is written beside its final place and renamed when complete, so a
killed job leaves the previous product or none.
"""

import errno
import glob
import hashlib
import json
import math
import os
import platform
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from n2mu.errors import ProductError


def canonical_json(value: Any) -> str:
    """Return the one JSON text of a value: sorted keys, no spaces, no NaN.

    Raises
    ------
    ValueError
        If the value holds NaN or infinity, which JSON cannot express.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest(text: str | bytes, length: int = 16) -> str:
    """Return the first ``length`` hexadecimal digits of the SHA-256 of a text."""
    data = text.encode() if isinstance(text, str) else text
    return hashlib.sha256(data).hexdigest()[:length]


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal digits."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


@contextmanager
def _named_if_full(path: Path) -> Iterator[None]:
    """Give an error of a full disk the product that was written; the system names no file."""
    try:
        yield
    except OSError as error:
        # others can come from what is read meanwhile
        if error.errno in (errno.ENOSPC, errno.EDQUOT) and error.filename is None:
            error.filename = str(path)
        raise


@contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path`` that replaces it when the block ends well.

    The suffix is kept, because writers of figures choose the format by it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = _beside(path, path.stem, f".tmp{path.suffix}")
    try:
        with _named_if_full(path):
            yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def atomic_directory(path: Path) -> Iterator[Path]:
    """Yield an empty temporary directory that replaces ``path`` when the block ends well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = _beside(path, path.name, ".tmp")
    replaced = _beside(path, path.name, ".old")
    temporary.mkdir()
    try:
        with _named_if_full(path):
            yield temporary
        # put aside and not removed: a removal that is killed halfway leaves a directory
        # with some of its files, which looks finished
        if path.exists():
            path.rename(replaced)
        temporary.rename(path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        shutil.rmtree(replaced, ignore_errors=True)


def _beside(path: Path, name: str, suffix: str) -> Path:
    """Return a path of this process beside ``path``, and remove what killed processes left there.

    Only those of this machine are known to be dead; the directory may be shared.
    """
    start = f".{name}.{platform.node()}."
    for leftover in path.parent.glob(f"{glob.escape(start)}*{glob.escape(suffix)}"):
        owner = leftover.name[len(start) : len(leftover.name) - len(suffix)]
        if not owner.isdigit() or (int(owner) != os.getpid() and _alive(int(owner))):
            continue
        if leftover.is_dir():
            shutil.rmtree(leftover, ignore_errors=True)
        else:
            leftover.unlink(missing_ok=True)
    return path.with_name(f"{start}{os.getpid()}{suffix}")


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def write_json(path: Path, value: Any) -> None:
    """Write a value as indented JSON, atomically.

    Raises
    ------
    ProductError
        If the value holds NaN or infinity.
    """
    for key, number in _not_finite(value, ()):
        raise ProductError(f"{path}: not written, '{key}' would be {number}")
    with atomic_file(path) as temporary:
        temporary.write_text(json.dumps(value, indent=1, allow_nan=False) + "\n")


def _not_finite(value: Any, location: tuple[str, ...]) -> Iterator[tuple[str, float]]:
    """Yield the numbers that JSON cannot express, with the keys that lead there."""
    if isinstance(value, float) and not math.isfinite(value):
        yield ".".join(location), value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _not_finite(item, (*location, str(key)))
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _not_finite(item, (*location, str(index)))


def read_json(path: Path) -> Any:
    """Read a JSON product.

    Raises
    ------
    ProductError
        If the file is missing, is not JSON, or holds NaN or infinity.
    """

    def refuse(constant: str) -> None:
        raise ProductError(f"{path}: holds {constant}, which is no number")

    try:
        return json.loads(path.read_text(encoding="utf-8"), parse_constant=refuse)
    except FileNotFoundError:
        raise ProductError(
            f"{path}: no such file; run the stage that writes it, or snakemake"
        ) from None
    except OSError as error:
        raise ProductError(f"{path}: cannot be read ({error.strerror})") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ProductError(f"{path}: not a JSON file ({error})") from None
