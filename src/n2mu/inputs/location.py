"""Where ntuples are: on a mounted disk, or behind a URL that fsspec can read."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

from n2mu.errors import InputError, nearest

_INSTALL = {"root": "fsspec-xrootd and xrootd", "http": "aiohttp", "https": "aiohttp"}
# XRootD by itself asks a server that does not answer for 8 minutes, and waits half an hour for an
# answer; a user's own values stand
_PATIENCE = {
    "XRD_CONNECTIONWINDOW": "20",  # s, from one attempt to connect to the next
    "XRD_CONNECTIONRETRY": "4",
    "XRD_REQUESTTIMEOUT": "300",  # s
}


class Remote:
    """A directory or file behind a URL, with as much of a path's manners as readers need.

    Parameters
    ----------
    url
        Such as ``root://eos.example.org//eos/ntuples`` or ``https://...``.
    """

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")

    def __truediv__(self, name: str) -> "Remote":
        return Remote(f"{self.url}/{name}")

    def __str__(self) -> str:
        return self.url

    @cached_property
    def _system(self) -> Any:
        import fsspec

        protocol = self.url.partition("://")[0]
        if protocol == "root":
            for name, value in _PATIENCE.items():
                os.environ.setdefault(name, value)
        try:
            return fsspec.filesystem(protocol, **self._server(protocol))
        except (ImportError, ValueError) as error:
            what = _INSTALL.get(protocol, f"what fsspec needs for {protocol}://")
            raise InputError(
                f"{self.url}: cannot read {protocol}:// here, install {what} ({error})"
            ) from None

    def _server(self, protocol: str) -> dict[str, str]:
        return {"hostid": self.url.split("/")[2]} if protocol == "root" else {}

    @property
    def _path(self) -> str:
        stripped: str = self._system._strip_protocol(self.url)
        return stripped

    @contextmanager
    def _asked(self, what: str) -> Iterator[None]:
        """Name the file when its server fails; that is no damage of a file, which may be skipped.

        Raises
        ------
        InputError
            If the server cannot be reached, or refuses.
        """
        try:
            yield
        except OSError as error:
            text = " ".join(str(error).split())
            # XRootD's own words follow those of the layers above it
            place = max(text.find("[FATAL]"), text.find("[ERROR]"), 0)
            raise InputError(
                f"{self.url}: cannot be {what} ({text[place:] or type(error).__name__}); check "
                "the URL, the server and your permission there, and run again"
            ) from None

    def exists(self) -> bool:
        """Tell whether there is such a file or directory."""
        with self._asked("read"):
            return bool(self._system.exists(self._path))

    def info(self) -> dict[str, Any]:
        """Return what the server says of the file, ``size`` at least."""
        with self._asked("read"):
            found: dict[str, Any] = self._system.info(self._path)
        return found

    def read(self, start: int, stop: int) -> bytes:
        """Return bytes of the file."""
        with self._asked("read"):
            content: bytes = self._system.cat_file(self._path, start=start, end=stop)
        return content

    def glob(self, pattern: str) -> list[str]:
        """Return the files below this directory that match, relative to it, sorted."""
        base = self._path.rstrip("/") + "/"
        with self._asked("listed"):
            # a directory that cannot be listed would be passed over, and its files be missing
            found = self._system.glob(base + pattern, on_error="raise")
        return sorted(name.removeprefix(base) for name in found)


Location = Path | Remote


def location(text: str) -> Location:
    """Return where a configured path or URL leads."""
    return Remote(text) if "://" in text else Path(text)


def file_bytes(path: Location) -> int:
    """Return the size of a file."""
    return path.stat().st_size if isinstance(path, Path) else int(path.info()["size"])


def matching_files(directory: Location, pattern: str) -> list[str]:
    """Return the files below a directory that match a pattern, relative to it, sorted.

    As in a shell, hidden ones match no ``*``: they are what programs leave of files that they
    write or copy, and their events would count twice.
    """
    if isinstance(directory, Remote):
        found = directory.glob(pattern)
    else:
        paths = (path for path in directory.glob(pattern) if not path.is_dir())
        found = sorted(path.relative_to(directory).as_posix() for path in paths)
    if any(part.startswith(".") for part in Path(pattern).parts):
        return found
    return [name for name in found if not any(p.startswith(".") for p in Path(name).parts)]


def nearest_path(base: Path, pattern: str) -> str:
    """Return the hint that ends an error about a pattern that matches no file.

    It names what is there where the path ends to exist.
    """
    place = base
    if not base.is_dir():
        return f"; there is no directory {base}, check 'ntuples' in the main configuration"
    for part in Path(pattern).parts:
        if any(place.glob(part)):
            place = place / part
            continue
        if not place.is_dir():
            return ""
        return nearest(part, [entry.name for entry in place.iterdir()])
    return ""
