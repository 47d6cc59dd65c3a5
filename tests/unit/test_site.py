"""The documentation is a site that builds, is complete, and needs no network to be read."""

import pkgutil
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
import reference

import n2mu.config
from n2mu.config.base import Model

ROOT = Path(__file__).parents[2]


class Loaded(HTMLParser):
    """Collects what a page loads when it is read."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "link" and given.get("rel") in ("stylesheet", "icon", "preconnect", "preload"):
            self.addresses.append(given["href"] or "")
        elif tag in ("script", "img", "iframe", "source", "object") and given.get("src"):
            self.addresses.append(given["src"] or "")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(directory)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return directory


def test_nothing_comes_from_the_network(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert pages
    for page in pages:
        loaded = Loaded()
        loaded.feed(page.read_text())
        assert loaded.addresses, page
        for address in loaded.addresses:
            assert not re.match(r"(https?:)?//", address), (page.name, address)
            if not address.startswith("data:") and page.name != "404.html":
                assert (page.parent / address.split("?")[0]).exists(), (page.name, address)


def test_every_key_is_described_with_an_example() -> None:
    for file in reference.FILES:
        for model in reference.described(file):
            keys = reference.own_keys(model)
            described = reference.descriptions(model)
            examples = reference.GIVEN["sections"][model.__name__]["keys"]
            assert sorted(examples) == sorted(keys), model.__name__
            assert set(keys) <= set(described), model.__name__
            assert set(described) <= {*keys, "kind"}, model.__name__


def test_every_model_of_the_configuration_is_on_the_page() -> None:
    modules = {info.name for info in pkgutil.iter_modules(n2mu.config.__path__, "n2mu.config.")}
    described = {module.__name__ for given in reference.FILES.values() for module in given}
    for name in modules - described:
        given = vars(__import__(name, fromlist=["_"])).values()
        models = [m for m in given if isinstance(m, type) and issubclass(m, Model)]
        own = [m for m in models if m.__module__ == name and not m.__name__.startswith("_")]
        made = reference.MADE.get(name, [])
        assert [m for m in own if m.__name__ not in made] == [Model] * (name == Model.__module__)


def test_the_page_of_all_keys_is_that_of_the_code() -> None:
    written = (ROOT / "docs/reference.md").read_text()
    assert written == reference.text(), "write it anew with: python docs/reference.py"
