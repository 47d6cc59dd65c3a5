"""The page on expressions: what it shows is understood, what it calls refused is."""

import re
from pathlib import Path

import awkward as ak
import pytest
import yaml

from n2mu.errors import ExpressionError
from n2mu.expressions import Aliases, parse
from n2mu.expressions.nodes import ALIASES, ARITIES, CONSTANTS, POWERS

PAGE = (Path(__file__).parents[2] / "docs" / "expressions.md").read_text()


def _blocks(kind: str) -> list[str]:
    blocks = re.findall(rf"^ *```{kind}\n(.*?)^ *```$", PAGE, re.DOTALL | re.MULTILINE)
    return [line.strip() for block in blocks for line in block.strip().split("\n")]


@pytest.mark.parametrize("text", _blocks("cut"))
def test_what_the_page_shows_is_understood(text: str) -> None:
    assert parse(text).names


@pytest.mark.parametrize("text", _blocks("refused"))
def test_what_the_page_calls_refused_is_refused(text: str) -> None:
    with pytest.raises(ExpressionError):
        parse(text)


def test_the_page_names_every_function_and_no_other() -> None:
    section = PAGE.split("## Functions")[1].split("\n## ")[0]
    listed: set[str] = set()
    for row in re.findall(r"^\| (`.*?) \| ", section.replace("\\|", ""), re.MULTILINE):
        prefix = "TMath::" if row.startswith("`TMath::`") else ""
        for words in re.findall("`([^`]*)`", row.removeprefix("`TMath::`")):
            names = [words.split("(")[0]] if "(" in words else words.split()
            listed |= {prefix + name for name in names}
    assert listed == {*ARITIES, *ALIASES, *POWERS, *CONSTANTS}


def test_the_page_says_how_to_ask_for_one_value_per_event() -> None:
    columns = {
        "jet_pt": ak.Array([[30e3, 20e3], [], [50e3]]),
        "jet_tag": ak.Array([[0, 1], [], [1]]),
    }
    section = PAGE.split("## One value per event")[1].split("\n## ")[0]
    written = re.findall(r"^\| [^`]* \| `(.*)` \|$", section, re.MULTILINE)
    chosen = [parse(text).select(columns, 3).tolist() for text in written]
    assert chosen == [
        [True, False, True],
        [False, True, True],
        [True, False, True],
        [False, False, True],
    ]


def test_the_aliases_of_the_page_are_written_out() -> None:
    (block,) = re.findall("```yaml\n(aliases:.*?)```", PAGE, re.DOTALL)
    aliases = Aliases(yaml.safe_load(block)["aliases"])
    assert parse(aliases.expand("XXX_SR_CUT && x")).canonical() == (
        "nJets_OR >= 4 && passTrigger && nTaus_OR == 1 && x"
    )
