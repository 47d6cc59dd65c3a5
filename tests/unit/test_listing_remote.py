"""Ntuples behind URLs: the same listing and the same skim as from a disk."""

from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest
from tests.conftest import TinyAnalysis, tiny_trees, write_ntuple

from n2mu.errors import InputError
from n2mu.inputs.identity import content_sample
from n2mu.inputs.listing import read_listing, tree_entries
from n2mu.inputs.location import Remote, location
from n2mu.skim.stage import run_skim


@pytest.fixture
def remote() -> Iterator[fsspec.AbstractFileSystem]:
    system = fsspec.filesystem("memory")
    yield system
    system.store.clear()


def test_ntuples_behind_a_url_give_the_same_skim(
    tiny: TinyAnalysis, remote: fsspec.AbstractFileSystem
) -> None:
    tiny.write_ntuples()
    local = tiny.list()
    run_skim(local.slices.skim("c0000"), local.bases, tiny.directory / "local")
    listed = read_listing(tiny.directory / "listing.json")
    for path in tiny.ntuple("").iterdir():
        remote.pipe(f"/store/{path.name}", path.read_bytes())
    (tiny.directory / "listing.json").unlink()
    tiny.change("config", "ntuples", {"disk": "memory://store"})
    job = tiny.list()
    found = read_listing(tiny.directory / "listing.json")
    times = {"modified": None, "changed": None}
    assert found.files == [file.model_copy(update=times) for file in listed.files]
    run_skim(job.slices.skim("c0000"), job.bases, tiny.directory / "remote")
    for path in (tiny.directory / "local").rglob("*.*"):
        relative = path.relative_to(tiny.directory / "local")
        assert (tiny.directory / "remote" / relative).read_bytes() == path.read_bytes()


def test_what_is_missing_to_read_a_url_is_said(tiny: TinyAnalysis) -> None:
    tiny.change("config", "ntuples", {"disk": "root://eos.example.org//ntuples"})
    with pytest.raises(InputError) as caught:
        tiny.list()
    assert "cannot read root:// here, install fsspec-xrootd and xrootd" in str(caught.value)
    tiny.change("config", "ntuples", {"disk": "nothing://x"})
    with pytest.raises(InputError, match="cannot read nothing:// here"):
        tiny.list()


def test_urls_keep_their_slashes() -> None:
    base = location("root://eos.example.org//eos/ntuples/")
    assert isinstance(base, Remote)
    assert str(base / "a/b.root") == "root://eos.example.org//eos/ntuples/a/b.root"
    assert location("ntuples") == Path("ntuples")


def test_files_that_did_not_change_are_not_opened_again(
    tiny: TinyAnalysis, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny.write_ntuples()
    tiny.list()
    before = (tiny.directory / "listing.json").read_text()
    looked_at: list[str] = []

    def sampled(path: Path) -> str:
        looked_at.append(path.name)
        return content_sample(path)

    def opened(path: Path) -> dict[str, int]:
        looked_at.append(path.name)
        return tree_entries(path)

    monkeypatch.setattr("n2mu.inputs.listing.content_sample", sampled)
    monkeypatch.setattr("n2mu.inputs.listing.tree_entries", opened)
    tiny.list()
    assert looked_at == []
    assert (tiny.directory / "listing.json").read_text() == before
    write_ntuple(tiny.ntuple("sig_2.root"), tiny_trees(9))
    write_ntuple(tiny.ntuple("sig_3.root"), tiny_trees(8))
    tiny.list()
    assert set(looked_at) == {"sig_2.root", "sig_3.root"}


def test_many_files_are_opened_by_several_processes(tiny: TinyAnalysis) -> None:
    for i in range(16):
        write_ntuple(tiny.ntuple(f"sig_{i}.root"), tiny_trees(i))
    write_ntuple(tiny.ntuple("bkg_1.root"), tiny_trees(99))
    tiny.list()
    alone = read_listing(tiny.directory / "listing.json")
    (tiny.directory / "listing.json").unlink()
    tiny.list(workers=2)
    assert read_listing(tiny.directory / "listing.json") == alone
