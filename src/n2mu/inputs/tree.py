"""A tree of which only those branches are interpreted that are asked for.

uproot interprets all branches of a tree that it opens, half a millisecond for each; most are
never read.  Here it reads the tree without them, and of the branches those that are wanted.
Whatever is not as expected is left to uproot's own way, which also says what is wrong.
"""

from bisect import bisect_right
from collections.abc import Collection
from contextlib import suppress
from functools import cached_property
from typing import Any

import uproot

from n2mu.inputs.header import Element, Header, UnexpectedError
from n2mu.inputs.layout import Layout
from n2mu.inputs.plain import plain_layout
from n2mu.inputs.reading import reading


class Tree:
    """A tree of an open file.

    Parameters
    ----------
    file
        As uproot has it open.
    name
        Of the tree, with the directories it lies in.
    path
        Of the file, for errors.

    Attributes
    ----------
    name
        Of the tree, without directories.
    num_entries
        How many entries it has.

    Raises
    ------
    DamagedError
        Here and later, if the tree cannot be read.
    """

    def __init__(self, file: Any, name: str, path: object) -> None:
        self._file = file
        self._place = name
        self.path = path
        self._partial: _Partial | None = None
        self._plain: dict[str, Layout | None] = {}
        with reading(path):
            try:
                self._partial = _Partial(file, name)
                self._tree = self._partial.tree
            # whatever a parser stumbles over; uproot then reads all or says why not
            except Exception:
                self._open_whole()
            self.name = str(self._tree.name)
            self.num_entries = int(self._tree.num_entries)

    @cached_property
    def names(self) -> frozenset[str]:
        """The names of all branches; those inside of others are left out."""
        with reading(self.path):
            if self._partial is not None:
                try:
                    return frozenset(self._partial.elements)
                except Exception:  # as above
                    self._open_whole()
            return frozenset(self._tree.keys(recursive=False))

    def __getitem__(self, name: str) -> Any:
        """Return a branch, as uproot has it."""
        with reading(self.path):
            return self.with_branches([name])[name]

    def plain(self, name: str) -> Layout | None:
        """Return the layout of a branch that need not be interpreted, or none of another."""
        if name not in self._plain:
            layout = None
            with suppress(Exception):
                if self._partial is not None:
                    layout = self._partial.plain(name)
            self._plain[name] = layout
        return self._plain[name]

    def with_branches(self, names: Collection[str]) -> Any:
        """Return the tree as uproot has it, with some branches and perhaps others."""
        with reading(self.path):
            if self._partial is not None:
                try:
                    self._partial.interpret(names)
                except Exception:  # as above
                    self._open_whole()
            return self._tree

    def _open_whole(self) -> None:
        self._partial = None
        self._tree = self._file[self._place]


class _Partial:
    """A tree of uproot with some of its branches.

    Attributes
    ----------
    tree
        As uproot has it.
    """

    def __init__(self, file: Any, name: str) -> None:
        self._file = file.file
        self._key = file.key(name)
        self._chunk, self._cursor = self._key.get_uncompressed_chunk_cursor()
        self._header = Header(bytes(self._chunk.raw_data), -self._cursor.origin)
        self._references = _References(self)
        self._branches: dict[Element, Any] = {}
        self._reading: list[Element] = []
        passing = _Passing(self._file)
        cls = self._file.class_named(self._key.fClassName)
        self.tree = cls.read(
            self._chunk, self._cursor.copy(), self._context(), passing, self._file, self._key
        )
        if len(passing.starts) != len(_Passing.ARRAYS):
            raise UnexpectedError("a tree without arrays of branches and leaves")
        self._start = passing.starts[0]

    @cached_property
    def elements(self) -> dict[str, Element]:
        """All branches by name, in their order; of several with one name it is the first."""
        found: dict[str, Element] = {}
        for element in self._ordered:
            found.setdefault(element.name, element)
        return found

    def plain(self, name: str) -> Layout | None:
        """Return the layout of a branch that need not be interpreted, or none of another."""
        return plain_layout(self._header, self.elements[name])

    def interpret(self, names: Collection[str]) -> None:
        """Let the tree have some branches."""
        wanted = {self.elements[name] for name in names} - self._branches.keys()
        if not wanted:
            return
        for element in wanted:
            self._interpret(element)
        branches = [self._branches[element] for element in sorted(self._branches)]
        self.tree.members["fBranches"][:] = branches
        # it looks branches up by name
        self.tree.postprocess(self._chunk, self._cursor, self._context(), self._file)

    def find(self, reference: int) -> Any:
        """Return the class or object that a reference names, or None where uproot knows none."""
        place = self._header.place(reference)
        name = self._header.new_class(place)
        if name is not None:
            return self._file.class_named(name)
        now = self._reading[-1]
        number = bisect_right(self._ordered, place, key=lambda element: element.start) - 1
        element = self._ordered[max(number, 0)]
        if place >= now.start:
            return None
        if not element.start <= place < element.stop:
            raise UnexpectedError(f"a reference to byte {place}, where no branch stands")
        self._interpret(element)
        return self._references.get(reference)

    @cached_property
    def _ordered(self) -> list[Element]:
        return self._header.elements(self._start)

    def _interpret(self, element: Element) -> None:
        if element in self._branches:
            return
        cursor = uproot.source.cursor.Cursor(element.start, self._cursor.origin, self._references)
        self._reading.append(element)
        branch = uproot.deserialization.read_object_any(
            self._chunk, cursor, self._context(), self._file, self._file, self.tree
        )
        self._reading.pop()
        if cursor.index != element.stop or branch.name != element.name:
            raise UnexpectedError(f"a branch '{branch.name}', expected '{element.name}'")
        self._branches[element] = branch

    def _context(self) -> dict[str, Any]:
        return {"breadcrumbs": (), "TKey": self._key}


class _References(dict[int, Any]):
    """Classes and objects that a header names by their place, found when they are asked for."""

    def __init__(self, partial: _Partial) -> None:
        super().__init__()
        self._partial = partial

    def __contains__(self, reference: object) -> bool:
        if not super().__contains__(reference):
            assert isinstance(reference, int)
            found = self._partial.find(reference)
            if found is None:
                return False
            self[reference] = found
        return True

    def __len__(self) -> int:
        # what stands without the number of its bytes is counted, which needs all before it
        raise UnexpectedError("an object without the number of its bytes")


class _Passing:
    """A file whose trees are read without branches and leaves, which are passed over."""

    ARRAYS = ("fBranches", "fLeaves")

    def __init__(self, file: Any) -> None:
        self._file = file
        self.starts: list[int] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def class_named(self, name: str, version: Any = None) -> Any:
        if name == "TObjArray" and len(self.starts) < len(self.ARRAYS):
            return _Passed(self.starts)
        return self._file.class_named(name, version)


class _Passed:
    """In the place of an array: notes where it starts, and goes on where it ends."""

    def __init__(self, starts: list[int]) -> None:
        self._starts = starts

    def read(self, chunk: Any, cursor: Any, context: Any, *others: Any) -> list[Any]:
        self._starts.append(cursor.index)
        if not cursor.skip_over(chunk, context):
            raise UnexpectedError("an array without the number of its bytes")
        return []
