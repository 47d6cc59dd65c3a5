"""The chain from a product back to cuts and files, by what Snakemake recorded."""

import base64
import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from n2mu.errors import ProductError
from n2mu.workflow.lineage import lineage
from n2mu.workflow.records import Records

SKIM = {
    "preselection": "pt > 20",
    "data_sets": [
        {"name": "ttW", "files": [{"base": "disk", "path": "a.root", "identity": "sample:1"}]}
    ],
}


def record(directory: Path, product: str, rule: str, inputs: list[str], **more: Any) -> Path:
    settings = more.pop("settings", None)
    content = {
        "rule": rule,
        "input": inputs,
        "params": ["'0f0f'", *([repr(json.dumps(settings))] if settings else [])],
        "endtime": 1.8e9,
        "input_checksums": {},
    }
    name = base64.urlsafe_b64encode(product.encode()).decode()
    # Snakemake divides long names
    parts = [f"@{name[:20]}", name[20:]] if len(name) > 60 else [name]
    path = directory.joinpath(".snakemake/metadata", *parts)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content | more))
    return path


@pytest.fixture
def made(tmp_path: Path) -> Path:
    workspace = tmp_path / "results/workspace.json"
    workspace.parent.mkdir()
    workspace.write_text("{}")
    record(tmp_path, "results/skim/c0000", "skim", [], settings=SKIM)
    long = "results/with/a/long/path/that/snakemake/divides/templates.root"
    record(tmp_path, long, "fill_templates", ["results/skim/c0000"])
    record(tmp_path, "results/workspace.json", "build_workspace", [long])
    checksum = f"sha256:{sha256(b'{}').hexdigest()}"
    record(
        tmp_path,
        "results/mu_fit.json",
        "fit",
        ["results/workspace.json"],
        input_checksums={"results/workspace.json": checksum},
    )
    return tmp_path


def test_the_chain_leads_to_cuts_and_files(made: Path) -> None:
    lines = list(lineage(Records(made), "results/mu_fit.json", True))
    rules = [line.split(":")[0] for line in lines if not line.startswith(" ")]
    assert rules == ["fit", "build_workspace", "fill_templates", "skim", "ntuples"]
    assert "  preselection: pt > 20" in lines
    assert "    disk:a.root sample:1" in lines
    assert not [line for line in lines if "WARNING" in line]


def test_an_input_that_is_another_one_now_is_named(made: Path) -> None:
    (made / "results/workspace.json").write_text("{ }")
    lines = list(lineage(Records(made), "results/mu_fit.json", False))
    (warning,) = [line for line in lines if "WARNING" in line]
    assert "results/workspace.json was changed after results/mu_fit.json was made" in warning


def test_what_no_rule_made_has_no_chain(made: Path) -> None:
    with pytest.raises(ProductError, match=r"did you mean 'results/mu_fit.json'"):
        list(lineage(Records(made), "results/mu_fti.json", False))


def test_where_nothing_ran_there_are_no_records(tmp_path: Path) -> None:
    with pytest.raises(ProductError, match="run this where the workflow ran"):
        Records(tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"rule": "fit"}'])
def test_a_damaged_record_is_an_error_that_names_it(made: Path, text: str) -> None:
    path = record(made, "results/mu_fit.json", "fit", [])
    path.write_text(text)
    with pytest.raises(ProductError, match="not a record of Snakemake"):
        list(lineage(Records(made), "results/mu_fit.json", False))
