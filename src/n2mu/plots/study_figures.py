"""The figures of studies by name, and the plotting of a study.

Those written here have their caption in ``workflow/report``, others in their docstring.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from n2mu.plots.settings import PlotSettings
from n2mu.plots.study import curves_figure, study_figure
from n2mu.plots.study_table import study_latex, study_markdown
from n2mu.plots.style import check_settings, save_figure
from n2mu.products import atomic_file, read_json

STUDY_FIGURES: dict[str, Callable[[Mapping[str, Any], PlotSettings], Figure]] = {
    "study": lambda of, told: study_figure(of, told),
    "curves": lambda of, told: curves_figure(of, told),
}
"""Functions of ``study.json``: ``<name>`` beside it."""


def run_plot_study(settings: PlotSettings, product: Path) -> None:
    """Draw a study as PDF and PNG, and write its table in Markdown and LaTeX.

    Parameters
    ----------
    settings
        Labels and titles.
    product
        ``study.json``, beside which all is written.

    Raises
    ------
    ConfigurationError
        If a title cannot be typeset.
    """
    check_settings(settings)
    content = read_json(product)
    for name, draw in STUDY_FIGURES.items():
        save_figure(draw(content, settings), product.with_name(name))
    tables = {".md": study_markdown(content), ".tex": study_latex(content, settings)}
    for suffix, text in tables.items():
        with atomic_file(product.with_suffix(suffix)) as temporary:
            temporary.write_text(text, encoding="utf-8")
