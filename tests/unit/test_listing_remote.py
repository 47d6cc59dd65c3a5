"""Ntuples behind URLs: the same listing and the same skim as from a disk."""

import sys
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import fsspec
import pytest
from tests.conftest import TinyAnalysis, tiny_trees, write_ntuple

from n2mu.errors import InputError
from n2mu.inputs.finding import tree_entries
from n2mu.inputs.identity import content_sample
from n2mu.inputs.listing import read_listing
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


class Ranges(SimpleHTTPRequestHandler):
    """Serves files below a directory, and parts of them, as web servers of storage do."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer with the bytes that are asked for."""
        path = Path(self.translate_path(self.path))
        wanted = self.headers.get("Range")
        if wanted is None or not path.is_file():
            super().do_GET()
            return
        first, last = wanted.removeprefix("bytes=").split("-")
        size = path.stat().st_size
        stop = min(int(last) + 1, size) if last else size
        content = path.read_bytes()[int(first) : stop]
        self.send_response(206)
        self.send_header("Content-Range", f"bytes {first}-{stop - 1}/{size}")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def end_headers(self) -> None:
        """Say that parts of files can be asked for."""
        self.send_header("Accept-Ranges", "bytes")
        super().end_headers()

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def server(tiny: TinyAnalysis) -> Iterator[str]:
    handler = partial(Ranges, directory=str(tiny.directory))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as http:
        Thread(target=http.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{http.server_port}"
        http.shutdown()


def test_ntuples_on_a_web_server_give_the_same_skim(tiny: TinyAnalysis, server: str) -> None:
    tiny.write_ntuples()
    local = tiny.list()
    run_skim(local.slices.skim("c0000"), local.bases, tiny.directory / "local")
    (tiny.directory / "listing.json").unlink()
    tiny.change("config", "ntuples", {"disk": f"{server}/ntuples"})
    job = tiny.list()
    run_skim(job.slices.skim("c0000"), job.bases, tiny.directory / "remote", workers=2)
    for path in (tiny.directory / "local").rglob("*.*"):
        relative = path.relative_to(tiny.directory / "local")
        assert (tiny.directory / "remote" / relative).read_bytes() == path.read_bytes()
    write_ntuple(tiny.ntuple("sig_2.root"), tiny_trees(9))
    with pytest.raises(InputError, match=r"ntuples/sig_2\.root: differs from its listing"):
        run_skim(job.slices.skim("c0000"), job.bases, tiny.directory / "remote")
    tiny.ntuple("sig_2.root").unlink()
    with pytest.raises(InputError, match=r"ntuples/sig_2\.root: no such ntuple"):
        run_skim(job.slices.skim("c0000"), job.bases, tiny.directory / "remote")


def test_a_server_that_sends_whole_files_only_gives_no_wrong_events(tiny: TinyAnalysis) -> None:
    tiny.write_ntuples()
    handler = partial(SimpleHTTPRequestHandler, directory=str(tiny.directory))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as http:
        Thread(target=http.serve_forever, daemon=True).start()
        tiny.change("config", "ntuples", {"disk": f"http://127.0.0.1:{http.server_port}/ntuples"})
        with pytest.raises(InputError, match=r"http://127.0.0.1:\d+/ntuples/\w+\.root"):
            tiny.list()
        http.shutdown()


def test_a_server_that_cannot_be_reached_is_named(tiny: TinyAnalysis, server: str) -> None:
    tiny.change("config", "ntuples", {"disk": f"{server}/nothing"})
    with pytest.raises(InputError, match=r"127.0.0.1:\d+/nothing"):
        tiny.list()
    tiny.change("config", "ntuples", {"disk": "http://127.0.0.1:9/ntuples"})
    with pytest.raises(InputError, match=r"http://127.0.0.1:9/ntuples"):
        tiny.list()


def test_what_is_missing_to_read_a_url_is_said(tiny: TinyAnalysis) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "fsspec_xrootd", None)
        patch.delitem(vars(sys.modules["fsspec.registry"])["_registry"], "root", raising=False)
        tiny.change("config", "ntuples", {"disk": "root://eos.example.org//ntuples"})
        with pytest.raises(InputError) as caught:
            tiny.list()
    assert "cannot read root:// here, install fsspec-xrootd and xrootd" in str(caught.value)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "aiohttp", None)
        patch.delitem(sys.modules, "fsspec.implementations.http", raising=False)
        # what fsspec has imported already
        known = vars(sys.modules["fsspec.registry"])["_registry"]
        patch.delitem(known, "https", raising=False)
        tiny.change("config", "ntuples", {"disk": "https://example.org/ntuples"})
        with pytest.raises(InputError, match="cannot read https:// here, install aiohttp"):
            tiny.list()
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

    monkeypatch.setattr("n2mu.inputs.finding.content_sample", sampled)
    monkeypatch.setattr("n2mu.inputs.finding.tree_entries", opened)
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
