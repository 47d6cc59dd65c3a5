"""The chain from a number back to files and cuts, in words."""

from collections.abc import Iterator
from datetime import UTC, datetime

from n2mu.errors import counted
from n2mu.workflow.records import Record, Records

_NAMED = 6  # products of one rule that are named


def lineage(records: Records, product: str, all_files: bool) -> Iterator[str]:
    """Yield the lines of the chain of a product.

    Parameters
    ----------
    all_files
        Name every ntuple with its identity, not only their number.

    Raises
    ------
    ProductError
        If no rule made the product.
    """
    chain = records.chain(product)
    for rule in dict.fromkeys(record.rule for record in chain):
        made = [record for record in chain if record.rule == rule]
        last = datetime.fromtimestamp(max(record.ended for record in made), UTC)
        yield f"{rule}: {_names(made)}; ready {last:%Y-%m-%d %H:%M} UTC"
        slices = list(dict.fromkeys(record.slice for record in made if record.slice is not None))
        if slices:
            more = f" and {len(slices) - _NAMED} more" if len(slices) > _NAMED else ""
            yield f"  slices {', '.join(slices[:_NAMED])}{more}"
        yield from _cuts(made[0])
        for record in made:
            for name in records.changed(record):
                yield f"  WARNING: {name} was changed after {record.product} was made"
    yield from _ntuples(chain, all_files)


def _names(made: list[Record]) -> str:
    if len(made) > _NAMED:
        return f"{len(made)} products, {made[0].product} ... {made[-1].product}"
    return ", ".join(record.product for record in made)


def _cuts(record: Record) -> Iterator[str]:
    """Yield the cuts that a stage applies."""
    told = record.settings
    if not isinstance(told, dict):
        return
    for key in ("preselection", "training", "training_selection", "validation_selection"):
        if key in told:
            yield f"  {key}: {told[key]}"
    regions = told.get("regions")
    for name, region in regions.items() if isinstance(regions, dict) else ():
        if isinstance(region, dict) and "selection" in region:
            yield f"  region {name}: {region['selection']}"
            yield f"    observable {region.get('observable')}"
    samples = told.get("samples")
    for name, sample in samples.items() if isinstance(samples, dict) else ():
        if isinstance(sample, dict) and "selection" in sample:
            data_sets = ", ".join(sample.get("data_sets", []))
            yield f"  sample {name}: {sample['selection']}; {data_sets}"


def _ntuples(chain: list[Record], all_files: bool) -> Iterator[str]:
    """Yield the ntuples that the skims in a chain were told to read."""
    files: dict[str, list[tuple[str, str]]] = {}
    for record in chain:
        if record.rule == "skim":
            for data_set in record.settings["data_sets"]:
                read = [(f"{f['base']}:{f['path']}", f["identity"]) for f in data_set["files"]]
                files.setdefault(data_set["name"], []).extend(read)
    if files:
        count = len({name for read in files.values() for name, _ in read})
        yield f"ntuples: {counted(count, 'file')} of {counted(len(files), 'data set')}"
    for name in sorted(files):
        yield f"  {name}: {counted(len(files[name]), 'file')}"
        if all_files:
            yield from (f"    {path} {identity}" for path, identity in sorted(files[name]))
