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
_DEPTHS = {"TBranch": 2, "TBranchElement": 3, "TBranchObject": 3}  # classes below, and TNamed
_WORD, _OBJECT, _LENGTHS = struct.Struct(">I"), struct.Struct(">HII"), struct.Struct(">ii")
_SIZE_AND_VERSION = 6


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
        self._content = content
        self._key = key
        self._classes: dict[int, str] = {}

    def elements(self, start: int) -> list[Element]:
        """Return the branches of the array that starts at some byte.

        Raises
        ------
        UnexpectedError
            If no array of branches of known classes stands there.
        """
        stop, place = self._counted(start)
        _, place = self._text(self._after_object(place))
        number, lowest = _LENGTHS.unpack_from(self._content, place)
        place += _LENGTHS.size
        if lowest or number < 0:
            raise UnexpectedError(f"an array of {number} branches from {lowest} on")
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
        if not 0 <= place <= len(self._content) - _WORD.size:
            raise UnexpectedError(f"a reference to byte {place}")
        return place

    def new_class(self, place: int) -> str | None:
        """Return the name of the class that is introduced at some byte, if one is."""
        if _WORD.unpack_from(self._content, place) != (_NEW_CLASS,):
            return None
        place += _WORD.size
        return self._content[place : self._content.index(b"\0", place)].decode()

    def _element(self, start: int) -> Element:
        stop = self._stop(start)
        place = start + _WORD.size
        (tag,) = _WORD.unpack_from(self._content, place)
        name = self._class_of(place, tag)
        place += _WORD.size
        if tag == _NEW_CLASS:
            place += len(name) + 1
        # an object begins with that of its base class
        for i in range(_DEPTHS[name]):
            end, place = self._counted(place)
            if end > stop or (i == 0 and end != stop):
                raise UnexpectedError(f"an object ends at byte {end}, expected {stop}")
        title, place = self._text(self._after_object(place))
        _, place = self._text(place)
        if place != end:
            raise UnexpectedError(f"name and title end at byte {place}, expected {end}")
        return Element(start, stop, title)

    def _class_of(self, place: int, tag: int) -> str:
        """Return the class of a branch by its tag, which names one or the place of one."""
        known = self._classes.get(tag)
        if known is not None:
            return known
        if not tag & _CLASS:
            raise UnexpectedError(f"a reference to a branch at byte {place}")
        name = self.new_class(place if tag == _NEW_CLASS else self.place(tag & ~_CLASS))
        if name not in _DEPTHS:
            raise UnexpectedError(f"a branch of class {name}")
        if tag != _NEW_CLASS:
            self._classes[tag] = name
        return name

    def _stop(self, start: int) -> int:
        """Return where something ends that begins with the number of its bytes."""
        (size,) = _WORD.unpack_from(self._content, start)
        stop = int(start + _WORD.size + (size & ~_COUNTED))
        if not size & _COUNTED or stop > len(self._content):
            raise UnexpectedError(f"no number of bytes at byte {start}")
        return stop

    def _counted(self, start: int) -> tuple[int, int]:
        """Return where an object ends, and where its members begin."""
        return self._stop(start), start + _SIZE_AND_VERSION

    def _after_object(self, start: int) -> int:
        """Return where the members of a TObject end."""
        version, _, bits = _OBJECT.unpack_from(self._content, start)
        if version != 1:
            raise UnexpectedError(f"an object of version {version} at byte {start}")
        return start + _OBJECT.size + (_PROCESS if bits & _REFERENCED else 0)

    def _text(self, start: int) -> tuple[str, int]:
        """Return a text, and where it ends."""
        size, place = self._content[start], start + 1
        if size == 255:
            (size,) = _WORD.unpack_from(self._content, place)
            place += _WORD.size
        stop = place + size
        return self._content[place:stop].decode(errors="surrogateescape"), stop
