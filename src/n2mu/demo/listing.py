"""The listing of the demo: computed from the plan, without a look at the disk."""

from functools import cache
from pathlib import Path
from typing import Any

from n2mu.config.main import Main
from n2mu.demo.generators import generator
from n2mu.demo.planned import identity, pack
from n2mu.inputs.listing import ListedFile, Listing, read_listing


@cache
def planned_chunks(analysis: str, size: str) -> dict[str, dict[str, Any]]:
    """Return the planned files of a size by chunk, each by its identity.

    The identity is what is drawn and the code that draws it.

    Raises
    ------
    ConfigurationError
        If there is no such analysis or size.
    """
    chosen = generator(analysis, size)
    return {
        chunk: {f"plan:{identity(file, chosen.fingerprint)}": file for file in files}
        for chunk, files in pack(chosen.plan(size), chosen.chunks[size]).items()
    }


def planned_listing(analysis: str, size: str, base: str) -> Listing:
    """Return the listing of the demo's ntuples.

    Parameters
    ----------
    base
        Name of the directory that will hold them.

    Raises
    ------
    ConfigurationError
        If there is no such analysis or size.
    """
    return Listing(
        files=[
            ListedFile(
                base=base,
                path=file.path,
                bytes=file.bytes,
                modified=None,
                content=content,
                entries=None,
                chunk=chunk,
                data_sets=[file.data_set],
            )
            for chunk, files in planned_chunks(analysis, size).items()
            for content, file in files.items()
        ]
    )


def configured_listing(main: Main) -> Listing:
    """Return the listing that a configuration names: planned for the demo, else read.

    Raises
    ------
    ConfigurationError
        If the demo has no such analysis or size.
    ProductError
        If the listing does not exist.
    """
    if main.demo is not None:
        return planned_listing(main.analysis, main.demo, next(iter(main.ntuples)))
    assert main.listing is not None
    return read_listing(Path(main.listing))
