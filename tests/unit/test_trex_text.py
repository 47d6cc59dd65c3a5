"""The text of TRExFitter configurations."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from n2mu.errors import ConfigurationError
from n2mu.interop.trex_text import (
    Block,
    items,
    quoted,
    read_blocks,
    split,
    unquoted,
    write_blocks,
)


def read(path: Path, text: str) -> list[Block]:
    config = path / "a.config"
    config.write_text(text)
    return read_blocks(config)


def values(block: Block) -> dict[str, str]:
    return {name: option.text for name, option in block.options.items()}


def test_comments_end_a_line_but_not_inside_quotes(tmp_path: Path) -> None:
    (job,) = read(
        tmp_path,
        'Job: "a" % name\n% line\n  # other\n  Selection: "event%2==0" % odd\n  Lumi: 3%4\n',
    )
    assert job.name == "a"
    assert values(job) == {"Selection": '"event%2==0"', "Lumi": "3"}
    assert job.options["Lumi"].line == 5


def test_placeholders_are_those_of_the_replacement_file(tmp_path: Path) -> None:
    (tmp_path / "r.txt").write_text("% comment\nXXX_x: 0.1\nXXX_x_long: 0.2\n")
    (job,) = read(tmp_path, 'Job: "a"\n  ReplacementFile: r.txt\n  A: XXX_x\n  B: "XXX_x_long*2"\n')
    assert values(job) == {"ReplacementFile": "r.txt", "A": "0.1", "B": '"0.2*2"'}


def test_a_block_may_define_several_things(tmp_path: Path) -> None:
    _, first, second = read(
        tmp_path,
        'Job: "a"\nSystematic: "x";"y"\n  Type: HISTO\n  Up: "f(1;2)";"g"\n  Samples: a,b\n',
    )
    assert (first.name, second.name) == ("x", "y")
    assert values(first) == {"Type": "HISTO", "Up": '"f(1;2)"', "Samples": "a,b"}
    assert values(second) == {"Type": "HISTO", "Up": '"g"', "Samples": "a,b"}


def test_a_norm_factor_is_an_option_of_a_sample_and_a_block(tmp_path: Path) -> None:
    blocks = read(
        tmp_path,
        "Job: a\n\nSample: s\n  NormFactor: mu,1,0,10\n\nNormFactor: k\n  Samples: s\n\n"
        "Sample: t\nNormFactor: mu,1,0,10\nTitle: T\n",
    )
    assert [(b.kind, b.name) for b in blocks] == [
        ("Job", "a"),
        ("Sample", "s"),
        ("NormFactor", "k"),
        ("Sample", "t"),
    ]
    assert values(blocks[3]) == {"NormFactor": "mu,1,0,10", "Title": "T"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('Job: "a"\n  Lumi 3\n', "line 2: expected 'Option: value', got 'Lumi 3'"),
        ("Lumi: 3\n", "line 1: option 'Lumi' stands before the first block"),
        ('Job: "a"\n  Lumi: 1\n  Lumi: 2\n', "line 3: option 'Lumi' stands .* in line 2 already"),
        ('Job: "a"\n  Lumi: XXX_l\n', "line 2: 'XXX_l' is in no ReplacementFile"),
        ('Job: "a"\n  ReplacementFile: no.txt\n', "no.txt: no such file"),
        ('Job: "a"\nSample: x;y\n  Title: 1;2;3\n', "line 3: 'Title' has 3 values, .* defines 2"),
        ('Sample: "a"\n', "no Job block; is it a TRExFitter configuration?"),
    ],
)
def test_what_is_no_configuration_is_refused_with_the_line(
    text: str, message: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        read(tmp_path, text)


def test_lists_are_split_outside_of_quotes_and_brackets() -> None:
    assert items('"a,b",c , "d"') == ["a,b", "c", "d"]
    assert split("max(a,b),(c,d)") == ["max(a,b)", "(c,d)"]
    assert unquoted('"a"') == "a"
    assert unquoted('"a"||"b"') == '"a"||"b"'


PLAIN = st.text(
    st.characters(codec="ascii", exclude_characters='"\n\r;%#', categories=["L", "N", "P"])
)


@given(st.lists(PLAIN.filter(bool), min_size=1))
def test_what_is_written_is_read_back(texts: list[str]) -> None:
    assert items(quoted(texts)) == texts
    text = write_blocks([("Job", "a", {"A": quoted(texts)})], "comment")
    assert f"  A: {quoted(texts)}" in text
