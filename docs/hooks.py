"""What the site needs beyond the pages in this directory."""

import re
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

_ROOT = Path(__file__).parents[1]
_OUTSIDE = re.compile(r"\[([^\]]*)\]\(\.\./([^)]*)\)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the page that stands at the top of the repository."""
    content = (_ROOT / "ARCHITECTURE.md").read_text().replace("](docs/", "](")
    files.append(File.generated(config, "architecture.md", content=content))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Replace links that lead out of ``docs/``, which the site does not hold, by paths."""
    return _OUTSIDE.sub(_path, markdown)


def _path(link: re.Match[str]) -> str:
    text, path = link.groups()
    if path == "ARCHITECTURE.md":
        return f"[{text}](architecture.md)"
    return f"`{path}`" if text.strip("`") == path else f"{text} (`{path}`)"
