"""The listing: chunks stay, replaced files show, and no event is counted twice."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import uproot
from tests.conftest import TinyAnalysis, events, tiny_trees, write_ntuple

from n2mu.commands.job import slice_json
from n2mu.errors import ConfigurationError, InputError, N2muError, ProductError
from n2mu.inputs.finding import tree_entries
from n2mu.inputs.listing import Listing, read_listing, write_listing

ABOUT_TWO_FILES = 130_000


@pytest.fixture
def listed(tiny: TinyAnalysis) -> TinyAnalysis:
    """The tiny analysis with three ntuples in two chunks."""
    tiny.write_ntuples()
    sizes = [path.stat().st_size for path in tiny.ntuple("").iterdir()]
    assert 2 * max(sizes) < ABOUT_TWO_FILES < 3 * min(sizes)
    tiny.list(ABOUT_TWO_FILES)
    return tiny


def chunks(tiny: TinyAnalysis) -> dict[str, list[str]]:
    listing = read_listing(tiny.directory / "listing.json")
    return {chunk: [file.path for file in files] for chunk, files in listing.chunks.items()}


def told(tiny: TinyAnalysis) -> dict[str, str]:
    """Return what each skim job is told, as the workflow compares it."""
    slices = tiny.job().slices
    return {chunk: slice_json(slices.skim(chunk)) for chunk in slices.chunks}


def test_whole_files_are_packed_by_bytes(listed: TinyAnalysis) -> None:
    assert chunks(listed) == {"c0000": ["sig_1.root", "sig_2.root"], "c0001": ["bkg_1.root"]}
    for file in read_listing(listed.directory / "listing.json").files:
        path = listed.ntuple(file.path)
        assert file.bytes == path.stat().st_size
        assert file.modified == path.stat().st_mtime
        assert file.entries == {"nominal": 60, "JES_up": 65, "JES_down": 53, "sumWeights": 2}
        assert file.data_sets == [file.path[:3]]


def test_a_file_larger_than_a_chunk_has_its_own(tiny: TinyAnalysis) -> None:
    tiny.write_ntuples()
    tiny.list(100)
    assert sorted(chunks(tiny)) == ["c0000", "c0001", "c0002"]


def test_later_files_get_new_chunks_and_nothing_else_moves(listed: TinyAnalysis) -> None:
    before, told_before = chunks(listed), told(listed)
    write_ntuple(listed.ntuple("sig_0.root"), tiny_trees(7))
    write_ntuple(listed.ntuple("bkg_0.root"), tiny_trees(8))
    listed.list(ABOUT_TWO_FILES)
    assert chunks(listed) == {**before, "c0002": ["bkg_0.root", "sig_0.root"]}
    after = told(listed)
    assert {chunk: after[chunk] for chunk in before} == told_before


def test_hidden_files_are_none_of_a_data_set(listed: TinyAnalysis) -> None:
    before = chunks(listed)
    for name in (".sig_3.root", "deep/.git/x.root"):
        write_ntuple(listed.ntuple(name), tiny_trees(9))
    listed.change("inputs", "inputs.bkg.files", "bkg_*.root")
    listed.change("inputs", "inputs.sig.files", "**/[!b]*.root")
    listed.list(ABOUT_TWO_FILES)
    assert chunks(listed) == before


def test_listing_again_changes_nothing(listed: TinyAnalysis) -> None:
    path = listed.directory / "listing.json"
    before = path.read_text()
    listed.list(10**9)
    assert path.read_text() == before


def test_the_order_of_inputs_changes_nothing(listed: TinyAnalysis) -> None:
    before = told(listed)
    inputs = listed.parts["inputs"]["inputs"]
    listed.change("inputs", "inputs", dict(reversed(inputs.items())))
    listed.list(ABOUT_TWO_FILES)
    after = told(listed)
    assert after == before
    assert list(after) == list(before)


def test_a_new_input_in_listed_files_keeps_their_chunks(tiny: TinyAnalysis) -> None:
    write_ntuple(tiny.ntuple("all.root"), {"a": events(1), "b": events(2), **tiny_trees(3)})
    for name, tree in (("sig", "a"), ("bkg", "b")):
        tiny.change("inputs", f"inputs.{name}.files", "all.root")
        tiny.change("inputs", f"inputs.{name}.tree", tree)
    tiny.list()
    (file,) = read_listing(tiny.directory / "listing.json").files
    assert file.data_sets == ["bkg", "sig"]
    settings = tiny.job().slices.skim("c0000")
    assert [(d.name, d.tree) for d in settings.data_sets] == [("bkg", "b"), ("sig", "a")]


def test_a_replaced_file_keeps_its_chunk_and_shows(listed: TinyAnalysis) -> None:
    before, told_before = chunks(listed), told(listed)
    # with the modification time of the old one
    path = listed.ntuple("sig_2.root")
    status = path.stat()
    write_ntuple(path, tiny_trees(2, size=70))
    os.utime(path, (status.st_atime, status.st_mtime))
    listed.list(ABOUT_TWO_FILES)
    assert chunks(listed) == before
    entries = [file.entries for file in read_listing(listed.directory / "listing.json").files]
    assert [e and e["nominal"] for e in entries] == [60, 70, 60]
    after = told(listed)
    assert after["c0000"] != told_before["c0000"]
    assert after["c0001"] == told_before["c0001"]


def test_a_touched_file_changes_nothing_that_jobs_are_told(listed: TinyAnalysis) -> None:
    before = told(listed)
    for path in listed.ntuple("").iterdir():
        os.utime(path, (1, 1))
    listed.list(ABOUT_TWO_FILES)
    assert {f.modified for f in read_listing(listed.directory / "listing.json").files} == {1.0}
    assert told(listed) == before


def test_a_file_that_is_gone_leaves_its_chunk_and_is_mentioned(
    listed: TinyAnalysis, caplog: pytest.LogCaptureFixture
) -> None:
    listed.ntuple("sig_1.root").unlink()
    listed.list(ABOUT_TWO_FILES)
    assert chunks(listed) == {"c0000": ["sig_2.root"], "c0001": ["bkg_1.root"]}
    assert "sig_1.root of base 'disk' was listed, and is gone or matches no input" in caplog.text
    listed.ntuple("bkg_1.root").unlink()
    write_ntuple(listed.ntuple("bkg_2.root"), tiny_trees(5))
    listed.list(ABOUT_TWO_FILES)
    assert chunks(listed) == {"c0000": ["sig_2.root"], "c0002": ["bkg_2.root"]}


def refused(tiny: TinyAnalysis, kind: type[N2muError], message: str) -> None:
    with pytest.raises(kind) as caught:
        tiny.list()
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (tiny.directory / "listing.json").exists()


def test_one_tree_for_two_data_sets_is_refused(tiny: TinyAnalysis) -> None:
    tiny.write_ntuples()
    tiny.change("inputs", "inputs.bkg.files", "*_1.root")
    refused(
        tiny,
        InputError,
        "ntuples/sig_1.root: belongs to sig, bkg with the same tree; its events would count twice",
    )


@pytest.mark.parametrize("copy", [shutil.copy, os.link, lambda old, new: Path(new).symlink_to(old)])
def test_copies_of_and_links_to_a_file_are_refused(
    tiny: TinyAnalysis, copy: Callable[[Path, Path], object]
) -> None:
    tiny.write_ntuples()
    copy(tiny.ntuple("sig_1.root"), tiny.ntuple("sig_3.root"))
    refused(
        tiny,
        InputError,
        "sig_3.root and sig_1.root (base 'disk') are one file under two names; its "
        "events would count twice",
    )


def test_what_cannot_be_listed_is_named(tiny: TinyAnalysis) -> None:
    refused(tiny, InputError, "ntuples: no such directory; check 'ntuples.disk' in the main")
    tiny.write_ntuples()
    tiny.ntuple("sig_3.root").mkdir()
    tiny.list()
    (tiny.directory / "listing.json").unlink()
    tiny.change("inputs", "inputs.bkg.tree", "nomnal")
    refused(tiny, InputError, "bkg_1.root: no tree 'nomnal'; did you mean 'nominal'?")
    tiny.change("inputs", "inputs.bkg.files", "bgk_*.root")
    refused(tiny, InputError, "data set 'bkg': no file matches ntuples/bgk_*.root")


@pytest.mark.parametrize(
    ("key", "value", "was"),
    [
        ("inputs.sig.files", "sig_1.root", "disk/sig_*.root (nominal)"),
        ("inputs.sig.tree", "JES_up", "disk/sig_*.root (nominal)"),
    ],
)
def test_a_listing_of_another_configuration_is_refused(
    listed: TinyAnalysis, key: str, value: str, was: str
) -> None:
    if value == "JES_up":
        listed.change("systematics", "systematics.jes", ...)
        listed.list()
    listed.change("inputs", key, value)
    with pytest.raises(ConfigurationError) as caught:
        listed.job()
    assert f"listing.json: data set 'sig' was listed as {was}, inputs.yaml says" in str(
        caught.value
    )
    assert str(caught.value).endswith("run 'n2mu list'")


def test_an_input_that_is_not_listed_is_refused(listed: TinyAnalysis) -> None:
    listed.change("inputs", "inputs.more", {"files": "bkg_*.root", "cross_section": 1.0})
    listed.change("samples", "samples.background.inputs", ["bkg", "more"])
    with pytest.raises(ConfigurationError, match="data set 'more' is not listed; run 'n2mu list'"):
        listed.job()


def test_a_missing_or_damaged_listing_is_refused(listed: TinyAnalysis) -> None:
    path = listed.directory / "listing.json"
    text = path.read_text()
    path.write_text(text.replace('"chunk": "c0000"', '"chunk": "zero"', 1))
    with pytest.raises(ConfigurationError, match=r"files\.0\.chunk: String should match pattern"):
        listed.job()
    path.write_text(text[: len(text) // 2])
    with pytest.raises(ProductError, match="not a JSON file"):
        listed.job()
    path.unlink()
    with pytest.raises(ProductError, match=r"listing\.json: no such listing; run 'n2mu list'"):
        listed.job()


def test_a_file_in_two_chunks_is_refused(listed: TinyAnalysis) -> None:
    path = listed.directory / "listing.json"
    files = read_listing(path).files
    again = files[0].model_copy(update={"chunk": "c0001"})
    write_listing(path, Listing.model_construct(files=[*files, again]))
    with pytest.raises(
        ConfigurationError,
        match=r"file sig_1\.root of base 'disk' is in chunk c0000 and again in c0001",
    ):
        listed.job()


def test_entries_are_read_from_the_head_of_a_tree_or_by_uproot(
    tiny: TinyAnalysis, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tiny.ntuple("a.root")
    none = {name: values[:0] for name, values in events(1).items()}
    write_ntuple(path, tiny_trees(1) | {"a/b/nominal": events(2, 7), "x" * 300: events(3, 9)})
    with uproot.update(path) as file:
        file.mktree("empty", {name: values.dtype for name, values in none.items() if name == "pt"})
    with uproot.open(path) as file:
        names = file.keys(filter_classname="TTree", cycle=False)
        expected = {name: file[name].num_entries for name in names}
    assert expected["a/b/nominal"] == 7 and expected["empty"] == 0
    assert tree_entries(path) == expected
    monkeypatch.setattr("n2mu.inputs.ntuple.tree", None)
    assert tree_entries(path) == expected
    monkeypatch.undo()
    # a class version whose layout is not known
    monkeypatch.setattr("n2mu.inputs.ntuple._TREE_VERSIONS", ())
    assert tree_entries(path) == expected
