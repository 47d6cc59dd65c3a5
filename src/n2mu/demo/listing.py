"""The listing of the demo: computed from the plan, without a look at the disk."""

from functools import cache
from pathlib import Path

from n2mu.config.main import Main
from n2mu.demo.plan import PlannedFile, Size, identity, pack, plan
from n2mu.inputs.listing import ListedFile, Listing, read_listing
from n2mu.workflow.fingerprint import fingerprint

CHUNKS: dict[Size, int] = {"tiny": 2, "small": 2, "thesis": 120}


@cache
def planned_chunks(size: Size) -> dict[str, list[PlannedFile]]:
    """Return the planned files of a size by chunk."""
    return pack(plan(size), CHUNKS[size])


def planned_identity(file: PlannedFile) -> str:
    """Return the identity of a planned file: what is drawn, and the code that draws it."""
    return f"plan:{identity(file, fingerprint('n2mu.demo.output'))}"


def planned_listing(size: Size, base: str) -> Listing:
    """Return the listing of the demo's ntuples.

    Parameters
    ----------
    base
        Name of the directory that will hold them.
    """
    return Listing(
        files=[
            ListedFile(
                base=base,
                path=file.path,
                bytes=file.bytes,
                modified=None,
                content=planned_identity(file),
                entries=None,
                chunk=chunk,
                data_sets=[file.data_set],
            )
            for chunk, files in planned_chunks(size).items()
            for file in files
        ]
    )


def configured_listing(main: Main) -> Listing:
    """Return the listing that a configuration names: planned for the demo, else read.

    Raises
    ------
    ProductError
        If the listing does not exist.
    """
    if main.demo is not None:
        return planned_listing(main.demo, next(iter(main.ntuples)))
    assert main.listing is not None
    return read_listing(Path(main.listing))
