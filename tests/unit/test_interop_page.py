"""docs/interop.md says what the programs do."""

import re
from pathlib import Path

import yaml
from typer.testing import CliRunner

from n2mu.commands.app import app
from n2mu.config.load import load
from n2mu.interop.trex_options import CARRIED

PAGE = (Path(__file__).parents[2] / "docs/interop.md").read_text()


def code(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_the_example_becomes_what_the_page_shows(tmp_path: Path) -> None:
    (config,) = code("trex")
    (inputs,) = code("yaml")
    (said,) = code("text")
    source = tmp_path / "ttH.config"
    source.write_text(config)
    folder = tmp_path / "config/ttH"
    result = CliRunner().invoke(app, ["import-trex", str(source), "-o", str(folder)])
    assert result.exit_code == 0, result.output
    assert yaml.safe_load((folder / "inputs.yaml").read_text()) == yaml.safe_load(inputs)
    for line in said.splitlines():
        assert f"  {line}\n" in result.output
    assert load(folder.with_suffix(".yaml")).regions.preselection == "nTaus>=1"


def test_the_table_names_every_option_that_is_carried_over() -> None:
    rows = re.findall(r"^\| (\w+) \| (`.*?) \| .* \|$", PAGE, re.MULTILINE)
    table: dict[str, set[str]] = {}
    for block, options in rows:
        if block in CARRIED:
            table.setdefault(block, set()).update(re.findall(r"`(\w+)`", options))
    assert table == {block: set(names.split()) for block, names in CARRIED.items()}
