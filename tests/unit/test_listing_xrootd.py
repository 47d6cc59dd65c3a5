"""Ntuples that an XRootD server holds: listed, skimmed and counted as from a disk."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import TinyAnalysis, tiny_trees, write_ntuple

from n2mu.skim.stage import run_skim

PROGRAM = (sys.executable, "-c", "from n2mu.commands.app import main; main()")
SERVER = shutil.which("xrootd")

pytestmark = [
    pytest.mark.skipif(SERVER is None, reason="no xrootd here (Debian: xrootd-server)"),
    pytest.mark.skipif(shutil.which("setpriv") is None, reason="no setpriv (util-linux) here"),
]


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Path, str]]:
    """A directory and the URL of a server that serves it, which ends with this module."""
    pytest.importorskip("fsspec_xrootd", reason="no fsspec-xrootd here")
    with tempfile.TemporaryDirectory() as name:
        directory, state = Path(name), Path(name) / "state"
        # the server is not this user
        directory.chmod(0o755)
        state.mkdir()
        state.chmod(0o777)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        (directory / "xrootd.cfg").write_text(
            f"xrd.port {port}\nxrd.network nodnr\nall.export {directory} r/o\n"
            f"all.adminpath {state}\nall.pidpath {state}\n"
        )
        # it refuses to be root, and must not outlive these tests, however they end
        command = ["setpriv", "--pdeathsig=KILL"]
        if os.getuid() == 0:
            command += ["--reuid=daemon", "--regid=daemon", "--clear-groups"]
        command += ["xrootd", "-c", str(directory / "xrootd.cfg"), "-l", str(state / "log")]
        with subprocess.Popen(command, cwd=state) as server:
            try:
                _wait(server, port, state / "log")
                yield directory, f"root://127.0.0.1:{port}/{directory}"
            finally:
                server.kill()


def _wait(server: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    end = time.monotonic() + 60
    while server.poll() is None and time.monotonic() < end:
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    pytest.fail(f"the server does not start: {log.read_text() if log.exists() else 'no log'}")


def n2mu(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run a command in a process of its own, as users do: its connections end with it."""
    return subprocess.run(
        [*PROGRAM, *arguments],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def refusal(run: "subprocess.CompletedProcess[str]") -> str:
    """Return the one line that says why a command ended."""
    assert run.returncode == 1, run.stderr
    (line,) = [line for line in run.stderr.splitlines() if "root://" in line]
    assert "Traceback" not in run.stderr
    return line


@pytest.fixture
def remote(tiny: TinyAnalysis, served: tuple[Path, str]) -> Iterator[tuple[Path, str]]:
    """The ntuples of the tiny analysis on the server, and their URL; nothing is listed yet."""
    tiny.write_ntuples()
    directory, url = served
    store = directory / "ntuples"
    shutil.copytree(tiny.directory / "ntuples", store)
    tiny.change("config", "ntuples", {"disk": f"{url}/ntuples"})
    yield store, f"{url}/ntuples"
    shutil.rmtree(store)


def test_an_xrootd_server_gives_the_same_listing_skim_and_counts(
    tiny: TinyAnalysis, remote: tuple[Path, str]
) -> None:
    store, url = remote
    listing = tiny.directory / "listing.json"
    run = n2mu("list", "--config", str(tiny.config), "--workers", "2")
    assert run.returncode == 0, run.stderr
    found = json.loads(listing.read_text())
    run = n2mu("skim", "c0000", "--config", str(tiny.config), "--workers", "2")
    assert run.returncode == 0, run.stderr
    there = tiny.job().paths.skim("c0000")
    cuts = ("x > 0.1", "Sum$(jets_pt > 30e3) > 1")
    counts = [
        n2mu("count", f"{base}/sig_*.root:nominal", *cuts, "--weight", "weight_mc", "--json")
        for base in (url, store)
    ]
    assert counts[0].returncode == 0, counts[0].stderr
    assert counts[0].stdout == counts[1].stdout

    listing.unlink()
    tiny.change("config", "ntuples", {"disk": str(store)})
    job = tiny.list()
    listed = json.loads(listing.read_text())
    for file in listed["files"]:
        file["modified"] = file["changed"] = None
    assert found == listed
    here = tiny.directory / "here"
    run_skim(job.slices.skim("c0000"), job.bases, here)
    paths = [path.relative_to(here) for path in here.rglob("*.*")]
    assert len(paths) == len(list(there.rglob("*.*"))) > 3
    for path in paths:
        assert (there / path).read_bytes() == (here / path).read_bytes()


def test_files_that_changed_or_went_are_named(tiny: TinyAnalysis, remote: tuple[Path, str]) -> None:
    store, url = remote
    config = ("--config", str(tiny.config))
    assert n2mu("list", *config).returncode == 0
    write_ntuple(store / "sig_2.root", tiny_trees(9))
    line = refusal(n2mu("skim", "c0000", *config))
    assert f"{url}/sig_2.root: differs from its listing" in line
    (store / "sig_2.root").unlink()
    line = refusal(n2mu("skim", "c0000", *config))
    assert f"{url}/sig_2.root: no such ntuple" in line
    # nothing is listed without it
    (store / "sig_1.root").unlink()
    assert f"no file matches {url}/sig_" in refusal(n2mu("list", *config))
    assert f"{url}/sig_1.root: no such file" in refusal(
        n2mu("count", f"{url}/sig_1.root:nominal", "1")
    )


def test_a_server_that_cannot_be_reached_ends_the_command_and_skips_no_file(
    tiny: TinyAnalysis, remote: tuple[Path, str]
) -> None:
    store, url = remote
    config = ("--config", str(tiny.config))
    patience = {"XRD_CONNECTIONWINDOW": "1", "XRD_CONNECTIONRETRY": "2"}
    tiny.change("inputs", "damaged_files", "skip")
    assert n2mu("list", *config).returncode == 0
    elsewhere = f"root://127.0.0.1:9/{store}"
    tiny.change("config", "ntuples", {"disk": elsewhere})
    line = refusal(n2mu("skim", "c0000", *config, **patience))
    assert f"{elsewhere}/" in line
    assert "cannot be read ([FATAL] Connection error); check the URL, the server" in line
    assert not tiny.job().paths.skim("c0000").exists()
    line = refusal(n2mu("list", *config, **patience))
    assert f"{elsewhere}: cannot be listed ([FATAL] Connection error)" in line
    # nor is a directory passed over that the server does not show
    server = url.removesuffix(str(store))
    tiny.change("config", "ntuples", {"disk": f"{server}/etc"})
    assert "Listing path '/etc' is disallowed" in refusal(n2mu("list", *config))
