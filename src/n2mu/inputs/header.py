"""The branches of a tree by name and place, told from its header without interpreting them.

A tree's header holds an object per branch, each behind the number of its bytes.  Classes and
objects that stand in it before are named by their place, so that an object in the middle can
be interpreted once that is followed.  References: the classes TBufferFile, TObjArray, TNamed
of ROOT.
"""

import struct
from typing import NamedTuple

_COUNTED = 0x4000_0000  # the bit that tells a number of bytes from a version or a tag
_CLASS = 0x8000_0000  # the bit of a tag that is a class's
_NEW_CLASS = 0xFFFF_FFFF  # the tag before the name of a class
_OFFSET = 2  # added to every place, since 0 and 1 have a meaning of their own
_REFERENCED, _PROCESS = 0x10, 2  # the bit of an object whose process follows, in so many bytes
_DEPTHS = {"TBranch": 1, "TBranchElement": 2, "TBranchObject": 2}  # classes before TNamed
WORD, _SIZE_AND_VERSION = struct.Struct(">I"), struct.Struct(">IH")
_OBJECT, _LENGTHS = struct.Struct(">HII"), struct.Struct(">ii")


class UnexpectedError(Exception):
    """A header is not as all that are known; it does not mean that it is damaged."""


class Element(NamedTuple):
    """The bytes that hold a branch, and its name."""

    start: int
    stop: int
    name: str


class Header:
    """Says where things stand in a header.

    Parameters
    ----------
    content
        The header, uncompressed and without its key.
    key
        Number of bytes of the key, from whose start references count.
    """

    def __init__(self, content: bytes, key: int) -> None:
        self.content = content
        self._key = key
        self._classes: dict[int, str] = {}

    def elements(self, start: int) -> list[Element]:
        """Return the branches of the array that starts at some byte.

        Raises
        ------
        UnexpectedError
            If no array of branches of known classes stands there.
        """
        number, place, stop = self.array(start)
        found = []
        for _ in range(number):
            element = self._element(place)
            found.append(element)
            place = element.stop
        if place != stop:
            raise UnexpectedError(f"the branches end at byte {place}, their array at {stop}")
        return found

    def place(self, reference: int) -> int:
        """Return the byte that a reference names.

        Raises
        ------
        UnexpectedError
            If the header has no such byte.
        """
        place = reference - _OFFSET - self._key
        if not 0 <= place <= len(self.content) - WORD.size:
            raise UnexpectedError(f"a reference to byte {place}")
        return place

    def new_class(self, place: int) -> str | None:
        """Return the name of the class that is introduced at some byte, if one is."""
        if WORD.unpack_from(self.content, place) != (_NEW_CLASS,):
            return None
        place += WORD.size
        return self.content[place : self.content.index(b"\0", place)].decode()

    def array(self, start: int) -> tuple[int, int, int]:
        """Return how many elements an array has, where they begin, and where they end."""
        stop, _, place = self.counted(start)
        _, place = self.text(self._after_object(place))
        number, lowest = _LENGTHS.unpack_from(self.content, place)
        if lowest or number < 0:
            raise UnexpectedError(f"an array of {number} objects from {lowest} on")
        return number, place + _LENGTHS.size, stop

    def instance(self, start: int) -> tuple[str, int, int]:
        """Return the class of an object that is named, where it begins, and where it ends."""
        stop, place = self.stop(start), start + WORD.size
        (tag,) = WORD.unpack_from(self.content, place)
        name = self._classes.get(tag)
        if name is None:
            if not tag & _CLASS:
                raise UnexpectedError(f"a reference to an object at byte {place}")
            name = self.new_class(place if tag == _NEW_CLASS else self.place(tag & ~_CLASS))
            if name is None:
                raise UnexpectedError(f"a reference to no class at byte {place}")
            if tag != _NEW_CLASS:
                self._classes[tag] = name
        place += WORD.size
        return name, place if tag != _NEW_CLASS else place + len(name) + 1, stop

    def stop(self, start: int) -> int:
        """Return where something ends that begins with the number of its bytes."""
        (size,) = WORD.unpack_from(self.content, start)
        stop = int(start + WORD.size + (size & ~_COUNTED))
        if not size & _COUNTED or stop > len(self.content):
            raise UnexpectedError(f"no number of bytes at byte {start}")
        return stop

    def counted(self, start: int) -> tuple[int, int, int]:
        """Return where an object ends, the version of its class, and where its members begin."""
        _, version = _SIZE_AND_VERSION.unpack_from(self.content, start)
        return self.stop(start), version, start + _SIZE_AND_VERSION.size

    def named(self, start: int) -> tuple[str, str, int]:
        """Return name and title of a TNamed, and where it ends."""
        stop, _, place = self.counted(start)
        name, place = self.text(self._after_object(place))
        title, place = self.text(place)
        if place != stop:
            raise UnexpectedError(f"name and title end at byte {place}, expected {stop}")
        return name, title, stop

    def text(self, start: int) -> tuple[str, int]:
        """Return a text, and where it ends."""
        size, place = self.content[start], start + 1
        if size == 255:
            (size,) = WORD.unpack_from(self.content, place)
            place += WORD.size
        stop = place + size
        return self.content[place:stop].decode(errors="surrogateescape"), stop

    def _element(self, start: int) -> Element:
        kind, place, stop = self.instance(start)
        if kind not in _DEPTHS:
            raise UnexpectedError(f"a branch of class {kind}")
        # an object begins with that of its base class
        for i in range(_DEPTHS[kind]):
            end, _, place = self.counted(place)
            if end > stop or (i == 0 and end != stop):
                raise UnexpectedError(f"an object ends at byte {end}, expected {stop}")
        name, _, _ = self.named(place)
        return Element(start, stop, name)

    def _after_object(self, start: int) -> int:
        """Return where the members of a TObject end."""
        version, _, bits = _OBJECT.unpack_from(self.content, start)
        if version != 1:
            raise UnexpectedError(f"an object of version {version} at byte {start}")
        return start + _OBJECT.size + (_PROCESS if bits & _REFERENCED else 0)
