"""The text of a TRExFitter configuration: blocks of options, in and out."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from n2mu.errors import ConfigurationError, nearest

BLOCKS = (
    "Job",
    "Fit",
    "Limit",
    "Significance",
    "Options",
    "Region",
    "Sample",
    "NormFactor",
    "ShapeFactor",
    "Systematic",
    "MultiFit",
    "Unfolding",
    "TruthSample",
    "UnfoldingSample",
    "UnfoldingSystematic",
)
_ALSO_OPTIONS = ("NormFactor", "ShapeFactor")  # of a Sample
_PLACEHOLDER = re.compile(r"XXX_\w+")


@dataclass(frozen=True)
class Option:
    """The text of an option's value, and the line where it stands."""

    text: str
    line: int


@dataclass
class Block:
    """One block: a sample, a region, a systematic.

    Attributes
    ----------
    kind, name
        ``Sample``, ``ttH``.
    line
        Where it begins.
    options
        By name, in the order of the file.
    """

    kind: str
    name: str
    line: int = 0
    options: dict[str, Option] = field(default_factory=dict)


def read_blocks(path: Path) -> list[Block]:
    """Return the blocks of a configuration.

    Comments are left out, the placeholders of the ``ReplacementFile`` are filled in, and a block
    that defines several things at once (``Systematic: a;b``) becomes several.

    Raises
    ------
    ConfigurationError
        If the file is none, naming the line.
    """
    lines = _lines(path)
    _replace(lines, path)
    blocks: list[Block] = []
    after_gap = True
    for number, line in lines.items():
        if not line.strip():
            after_gap = True
            continue
        key, colon, value = line.strip().partition(":")
        key = key.strip()
        if not colon or not key.isidentifier():
            raise ConfigurationError(
                f"{path}: line {number}: expected 'Option: value', got '{line.strip()}'"
            )
        current = blocks[-1] if blocks else None
        inside = current is not None and current.kind == "Sample" and key in _ALSO_OPTIONS
        if key in BLOCKS and not (inside and (line[0].isspace() or not after_gap)):
            blocks.append(Block(key, value.strip(), number))
        elif current is None:
            raise ConfigurationError(
                f"{path}: line {number}: option '{key}' stands before the first block"
                f"{nearest(key, BLOCKS)}"
            )
        elif key in current.options:
            raise ConfigurationError(
                f"{path}: line {number}: option '{key}' stands in {current.kind} {current.name} "
                f"in line {current.options[key].line} already; keep one"
            )
        else:
            current.options[key] = Option(value.strip(), number)
        after_gap = False
    if not any(block.kind == "Job" for block in blocks):
        raise ConfigurationError(f"{path}: no Job block; is it a TRExFitter configuration?")
    return [single for block in blocks for single in _singles(block, path)]


def _lines(path: Path) -> dict[int, str]:
    """Return the lines without comments, by their number."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigurationError(f"{path}: no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: cannot be read ({error})") from None
    return {n: _without_comment(line) for n, line in enumerate(text.splitlines(), start=1)}


def _without_comment(line: str) -> str:
    if line.lstrip().startswith("#"):
        return ""
    quoted = False
    for place, character in enumerate(line):
        if character == '"':
            quoted = not quoted
        elif character == "%" and not quoted:
            return line[:place].rstrip()
    return line.rstrip()


def _replace(lines: dict[int, str], path: Path) -> None:
    """Fill in the placeholders ``XXX_...`` of the file that the Job block names."""
    values: dict[str, str] = {}
    for line in lines.values():
        key, _, value = line.strip().partition(":")
        if key.strip() == "ReplacementFile":
            values = _replacements(path, unquoted(value.strip()))
    for number, line in lines.items():
        for name in _PLACEHOLDER.findall(line):
            if name not in values:
                raise ConfigurationError(
                    f"{path}: line {number}: '{name}' is in no ReplacementFile"
                    f"{nearest(name, values)}"
                )
        lines[number] = _PLACEHOLDER.sub(lambda found: values[found.group()], line)


def _replacements(config: Path, name: str) -> dict[str, str]:
    path = next(
        (p for p in (config.parent / name, Path(name)) if p.is_file()), config.parent / name
    )
    result = {}
    for number, line in _lines(path).items():
        if line.strip():
            key, colon, value = line.strip().partition(":")
            if not colon or not _PLACEHOLDER.fullmatch(key.strip()):
                raise ConfigurationError(
                    f"{path}: line {number}: expected 'XXX_name: value', got '{line.strip()}'"
                )
            result[key.strip()] = value.strip()
    return result


def _singles(block: Block, path: Path) -> list[Block]:
    """Return the blocks that one with ``;`` stands for."""
    names = [unquoted(name) for name in split(block.name, ";")] or [""]
    if len(names) == 1:
        block.name = names[0]
        return [block]
    result = [Block(block.kind, name, block.line) for name in names]
    for key, option in block.options.items():
        texts = split(option.text, ";")
        if len(texts) not in (1, len(names)):
            raise ConfigurationError(
                f"{path}: line {option.line}: '{key}' has {len(texts)} values, but the block "
                f"defines {len(names)}; give one or {len(names)}"
            )
        for single, text in zip(result, texts * (len(names) // len(texts)), strict=True):
            single.options[key] = Option(text, option.line)
    return result


def split(text: str, separator: str = ",") -> list[str]:
    """Split at separators outside of quotes and brackets; empty parts are left out."""
    parts, start, quoted, depth = [], 0, False, 0
    for place, character in enumerate(text):
        if character == '"':
            quoted = not quoted
        elif not quoted and character in "([{":
            depth += 1
        elif not quoted and character in ")]}":
            depth -= 1
        elif character == separator and not quoted and depth <= 0:
            parts.append(text[start:place])
            start = place + 1
    parts.append(text[start:])
    return [part.strip() for part in parts if part.strip()]


def unquoted(text: str) -> str:
    """Return a text without the quotes around it."""
    inner = text[1:-1]
    return inner if text[:1] == text[-1:] == '"' and len(text) > 1 and '"' not in inner else text


def items(text: str) -> list[str]:
    """Return the members of a list such as ``"a","b",3``."""
    return [unquoted(part) for part in split(text)]


def quoted(values: Iterable[object]) -> str:
    """Return a list of texts and numbers as TRExFitter reads it."""
    return ",".join(f'"{value}"' if isinstance(value, str) else f"{value!r}" for value in values)


def write_blocks(blocks: Iterable[tuple[str, str, Mapping[str, str]]], comment: str) -> str:
    """Return the text of a configuration.

    Parameters
    ----------
    blocks
        Kind, name and the options, whose values are written as they are.
    comment
        What stands above.
    """
    lines = [f"% {line}".rstrip() for line in comment.splitlines()]
    for kind, name, options in blocks:
        lines += ["", f'{kind}: "{name}"']
        lines += [f"  {key}: {value}" for key, value in options.items()]
    return "\n".join(lines) + "\n"
