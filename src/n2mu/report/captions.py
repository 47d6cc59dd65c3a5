"""Captions: the texts of ``workflow/report``, which Snakemake's own report shows as well."""

from collections.abc import Mapping
from html import escape
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from docutils.core import publish_parts
from docutils.utils import SystemMessage
from jinja2 import Environment, StrictUndefined, TemplateError

from n2mu.errors import ProductError
from n2mu.plots.latex import to_html

_HALT_AT_WARNINGS = 2


class Captions:
    """Makes captions for figures and tables.

    Parameters
    ----------
    directory
        Of the texts: reStructuredText with the fields that Snakemake fills in.
    main
        Content of ``config.yaml``.
    """

    def __init__(self, directory: Path, main: Mapping[str, Any]) -> None:
        self._directory = directory
        self._main = main
        self._environment = Environment(undefined=StrictUndefined, autoescape=False)

    def of(self, main: Mapping[str, Any]) -> "Captions":
        """Return the captions of what has other labels."""
        return Captions(self._directory, main)

    def __call__(self, name: str, text: str | None = None, **wildcards: str) -> str:
        """Return a caption as HTML: its first paragraph, and what follows on demand.

        Parameters
        ----------
        name
            Of the text, without its suffix.
        text
            In place of the text of this name.
        wildcards
            Of the rule that makes what is shown, and of the name of the file.

        Raises
        ------
        ProductError
            If the text is missing or cannot be read.
        """
        path = self._directory / f"{name}.rst"
        told = SimpleNamespace(
            wildcards=SimpleNamespace(**wildcards),
            config=self._main,
            params=SimpleNamespace(luminosity=self._main["labels"]["luminosity"]),
        )
        try:
            source = path.read_text(encoding="utf-8") if text is None else text
            filled = self._environment.from_string(source).render(snakemake=told)
            options = {
                "halt_level": _HALT_AT_WARNINGS,
                "report_level": 5,
                "input_encoding": "unicode",
            }
            html = str(publish_parts(filled, writer="html5", settings_overrides=options)["body"])
        except (OSError, TemplateError, SystemMessage) as error:
            raise ProductError(f"{path}: no caption can be made of it ({error})") from None
        for label in self._main["labels"].values():
            if "$" in str(label):
                html = html.replace(escape(str(label)), to_html(str(label)))
        first, ends, rest = html.strip().partition("</p>")
        if not rest.strip():
            return html
        return f"{first}{ends}\n<details><summary>How to read it</summary>{rest}</details>"
