"""Doing what a page of the documentation says: its files are written, its commands are run."""

import re
import subprocess
from pathlib import Path
from typing import NamedTuple

from tests.workflow.snake import ROOT, environment


class Block(NamedTuple):
    """A block of code, with its language and the path in its first line, if that is a comment."""

    language: str
    path: str | None
    text: str


def blocks(page: str) -> list[Block]:
    """Return the blocks of code of a page in ``docs/``, in their order."""
    found = re.findall(r"^```(\w+)\n(.*?)^```", (ROOT / "docs" / page).read_text(), re.S | re.M)
    result = []
    for language, text in found:
        named = re.match(r"# (\S+\.\w+)\n", text)
        path = named.group(1) if named else None
        result.append(Block(language, path, text.removeprefix(named.group()) if named else text))
    return result


def follow(page: str, directory: Path) -> str:
    """Write the files of a page and run its commands, and return all that they print.

    A block of text behind commands is what they print, line by line the beginning; commands that
    print a problem fail, all others succeed.
    """
    for name in ("Snakefile", "workflow", "envs"):
        if not (directory / name).exists():
            (directory / name).symlink_to(ROOT / name)
    printed = ""
    given = blocks(page)
    for block in given:
        if block.path is not None:
            path = directory / block.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text)
    for place, block in enumerate(given):
        if block.language != "bash":
            continue
        following = given[place + 1] if place + 1 < len(given) else block
        said = following.text if following.language == "text" else ""
        run = subprocess.run(
            ["bash", "-euc", block.text],
            cwd=directory,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert (run.returncode != 0) == ("problem:" in said), block.text + run.stdout
        for line in said.splitlines():
            assert f"\n{line}" in f"\n{run.stdout}", run.stdout
        printed += run.stdout
    return printed
