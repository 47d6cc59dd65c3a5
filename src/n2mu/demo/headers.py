"""Writing the headers of many trees with the same branches in less time.

uproot lays out a tree's header in a time quadratic in the number of branches.
Every file of the demo holds the same ten trees, so the layout is remembered.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from uproot.writing import _cascadetree

_PLACES = (
    "metadata_start",
    "basket_metadata_start",
    "tleaf_reference_number",
    "tleaf_special_struct",
)
_IDENTITY = ("fName", "fTitle", "kind", "dtype")
_METHOD = "_build_out"
_headers: dict[Any, tuple[list[bytes], int, list[dict[str, Any]]]] = {}


@contextmanager
def remembered_headers() -> Iterator[None]:
    """Reuse the headers of empty trees of the same name and branches inside the block.

    With another version of uproot that has no such method nothing is reused; the
    files are the same either way.
    """
    original = getattr(_cascadetree.Tree, _METHOD, None)
    if original is None:
        yield
        return

    def build(tree: Any) -> list[bytes]:
        if tree._num_entries > 0 or tree._num_baskets > 0:
            return list(original(tree))
        branches = tuple(tuple(str(d.get(name)) for name in _IDENTITY) for d in tree._branch_data)
        key = (tree._name, tree._title, tree._basket_capacity, branches)
        if key not in _headers:
            out = original(tree)
            places = [
                {name: d.get(name) for name in _PLACES if name in d} for d in tree._branch_data
            ]
            _headers[key] = (list(out), tree._metadata_start, places)
        out, start, places = _headers[key]
        tree._metadata_start = start
        for datum, place in zip(tree._branch_data, places, strict=True):
            datum.update(place)
        return list(out)

    setattr(_cascadetree.Tree, _METHOD, build)
    try:
        yield
    finally:
        setattr(_cascadetree.Tree, _METHOD, original)
