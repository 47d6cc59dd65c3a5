"""Products: nothing unfinished can be taken for one, and what is no number is refused."""

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from n2mu.errors import ProductError, refused_by_system
from n2mu.products import (
    atomic_directory,
    atomic_file,
    canonical_json,
    digest,
    file_digest,
    read_json,
    write_json,
)

Atomic = Callable[[Path], AbstractContextManager[Path]]


def visible(directory: Path) -> list[str]:
    return sorted(p.name for p in directory.iterdir() if not p.name.startswith("."))


def content(path: Path) -> dict[str, str]:
    if path.is_file():
        return {"": path.read_text()}
    return {p.name: p.read_text() for p in path.iterdir()}


def fill(path: Path, text: str, atomic: Atomic) -> None:
    with atomic(path) as temporary:
        if temporary.is_dir():
            (temporary / "a").write_text(text)
            (temporary / "b").write_text(text)
        else:
            temporary.write_text(text)


@pytest.mark.parametrize("atomic", [atomic_file, atomic_directory])
def test_a_product_appears_whole_and_replaces_the_old_one(tmp_path: Path, atomic: Atomic) -> None:
    path = tmp_path / "deep" / "product.json"
    fill(path, "old", atomic)
    (path.parent / "neighbour").write_text("stays")
    fill(path, "new", atomic)
    assert set(content(path).values()) == {"new"}
    assert sorted(p.name for p in path.parent.iterdir()) == ["neighbour", "product.json"]


@pytest.mark.parametrize("atomic", [atomic_file, atomic_directory])
@pytest.mark.parametrize("before", ["", "old"])
def test_a_writer_that_fails_leaves_what_was_there(
    tmp_path: Path, atomic: Atomic, before: str
) -> None:
    path = tmp_path / "product.json"
    if before:
        fill(path, before, atomic)
    with pytest.raises(RuntimeError, match="midway"), atomic(path) as temporary:
        (temporary / "a" if temporary.is_dir() else temporary).write_text("half")
        raise RuntimeError("midway")
    assert [p.name for p in tmp_path.iterdir()] == (["product.json"] if before else [])
    if before:
        assert set(content(path).values()) == {"old"}


KILLED = """
import os, sys
from pathlib import Path
from n2mu.products import {atomic}
with {atomic}(Path(sys.argv[1])) as temporary:
    if temporary.is_dir():
        (temporary / "metadata.json").write_text("finished")
    else:
        temporary.write_text("finished")
    print("writing", flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("atomic", [atomic_file, atomic_directory])
@pytest.mark.parametrize("before", ["", "old"])
def test_a_killed_writer_leaves_what_was_there(tmp_path: Path, atomic: Atomic, before: str) -> None:
    path = tmp_path / "product.json"
    if before:
        fill(path, before, atomic)
    script = KILLED.format(atomic=atomic.__name__)
    with subprocess.Popen(
        [sys.executable, "-c", script, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"writing\n"
        os.kill(writer.pid, signal.SIGKILL)
        writer.wait()
    assert visible(tmp_path) == (["product.json"] if before else [])
    if before:
        assert set(content(path).values()) == {"old"}
    fill(path, "new", atomic)
    assert set(content(path).values()) == {"new"}
    # what the killed writer left is gone as well
    assert [p.name for p in tmp_path.iterdir()] == ["product.json"]


def test_a_directory_is_never_removed_piece_by_piece(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "skim"
    fill(path, "old", atomic_directory)
    removed: list[str] = []

    def killed(target: Path, ignore_errors: bool) -> None:
        removed.append(Path(target).name)

    monkeypatch.setattr("n2mu.products.shutil.rmtree", killed)
    fill(path, "new", atomic_directory)
    assert content(path) == {"a": "new", "b": "new"}
    assert removed
    assert "skim" not in removed


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a disk that is full exists on Linux")
@pytest.mark.parametrize("atomic", [atomic_file, atomic_directory])
def test_a_full_disk_is_named_by_the_product(tmp_path: Path, atomic: Atomic) -> None:
    with pytest.raises(OSError, match="No space left") as raised, atomic(tmp_path / "skim"):
        Path("/dev/full").write_text("all events")
    said = refused_by_system(raised.value)
    assert said is not None
    assert said.startswith(f"{tmp_path}/skim: no space left on device; make room on that disk")


def test_a_disk_that_fails_is_not_named_by_the_product(tmp_path: Path) -> None:
    # it can be the one that is read
    with pytest.raises(OSError, match="ntuple") as raised, atomic_file(tmp_path / "skim"):
        raise OSError(errno.EIO, "ntuple")
    assert raised.value.filename is None


def test_a_temporary_file_keeps_its_suffix(tmp_path: Path) -> None:
    with atomic_file(tmp_path / "plot.png") as temporary:
        assert temporary.suffix == ".png"
        assert temporary.parent == tmp_path
        temporary.write_text("")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"mu": {"up": float("nan")}}, "'mu.up' would be nan"),
        ({"bins": [1.0, float("inf")]}, "'bins.1' would be inf"),
        ([(0.0, -float("inf"))], "'0.1' would be -inf"),
    ],
)
def test_what_is_no_number_is_not_written(tmp_path: Path, value: object, message: str) -> None:
    path = tmp_path / "fit.json"
    with pytest.raises(ProductError) as caught:
        write_json(path, value)
    assert str(caught.value) == f"{path}: not written, {message}"
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json(value)


def test_json_is_read_as_it_was_written(tmp_path: Path) -> None:
    value = {"b": [1, 2.5, None, True], "a": {"ü": "text"}, "large": 1e300, "tenth": 0.1}
    write_json(tmp_path / "a.json", value)
    assert read_json(tmp_path / "a.json") == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b'{"mu": NaN}', "holds NaN, which is no number"),
        (b'{"mu": 1', "not a JSON file"),
        (b"\xff\xfe", "not a JSON file"),
        (b"", "not a JSON file"),
    ],
)
def test_damaged_json_is_named(tmp_path: Path, text: bytes, message: str) -> None:
    path = tmp_path / "mu_fit.json"
    path.write_bytes(text)
    with pytest.raises(ProductError, match=f"^{path}: {message}"):
        read_json(path)


def test_missing_json_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProductError, match=r"mu_fit\.json: no such file; run the stage"):
        read_json(tmp_path / "mu_fit.json")
    with pytest.raises(ProductError, match=f"^{tmp_path}: cannot be read"):
        read_json(tmp_path)


def test_canonical_json_does_not_depend_on_order() -> None:
    assert canonical_json({"b": 1, "a": [1.5, None]}) == '{"a":[1.5,null],"b":1}'
    assert canonical_json({"a": [1.5, None], "b": 1}) == canonical_json({"b": 1, "a": [1.5, None]})


def test_digests_tell_contents_apart(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    # the value that FIPS 180-2 gives for "abc"
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert file_digest(tmp_path / "a") == expected
    assert digest("abc") == digest(b"abc") == expected[:16]
