"""The README says what is true."""

import re
import shlex

import pytest

from tests.workflow.snake import ROOT, n2mu

README = (ROOT / "README.md").read_text()
COMMANDS = [
    line.split("#")[0].strip()
    for block in re.findall(r"```bash\n(.*?)```", README, re.DOTALL)
    for line in block.splitlines()
]


def test_the_two_commands_come_first() -> None:
    assert COMMANDS[:2] == ["make demo", "make test"]
    makefile = (ROOT / "Makefile").read_text()
    assert all(f"\n{command.split()[1]}:" in makefile for command in COMMANDS[:2])


@pytest.mark.parametrize(
    "command", sorted({c for c in COMMANDS if c.startswith("n2mu") and len(c.split()) > 2})
)
def test_every_option_that_it_uses_exists(command: str) -> None:
    words = shlex.split(command)
    help_text = n2mu(ROOT, words[1], "--help").stdout
    for word in words[2:]:
        if word.startswith("-"):
            assert word in help_text


def test_every_link_leads_somewhere() -> None:
    targets = re.findall(r"\]\(([^)#]+)\)", README)
    assert targets
    for target in targets:
        assert (ROOT / target).exists(), target
