"""The ranking of the nuisance parameters by their impact on the signal strength."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from n2mu.plots.fit_lines import fit_lines
from n2mu.plots.names import ALPHA, FREE, GAMMA, group, title
from n2mu.plots.numbers import plain
from n2mu.plots.settings import PlotSettings
from n2mu.plots.style import (
    FAILED,
    LINE,
    axes_in_inches,
    house_style,
    leading,
    new_figure,
    widest,
    write_labels,
)

Parameter = Mapping[str, Any]

UP, DOWN = "#1f4e9c", "#8ccbec"
POINTS: dict[str, dict[str, Any]] = {
    ALPHA: {"color": "black", "markerfacecolor": "black"},
    GAMMA: {"color": "black", "markerfacecolor": "white"},
    FREE: {"color": "#d62728", "markerfacecolor": "#d62728"},
}
EXPLANATIONS = {
    ALPHA: "Pull and constraint",
    GAMMA: r"$\gamma$ (MC statistics): pull and constraint",
    FREE: "Free factor: value and error",
}
PULL, VALUE = r"$(\hat{\theta}-\theta_0)/\Delta\theta$", r"Fitted value $\hat{\theta}$"
PULL_RANGE = 2.0
ROW, WIDTH, BOTTOM, LABEL_WIDTH = 0.27, 5.6, 0.65, 3.2
NAME_SIZE, BEYOND_SIZE = 11.0, 9.5


class _Point(NamedTuple):
    kind: str
    value: float | None
    error: float | None

    @property
    def beyond(self) -> bool:
        return self.value is not None and abs(self.value) > PULL_RANGE

    @property
    def text(self) -> str:
        numbers = (plain(number, 1) for number in (self.value, self.error) if number is not None)
        return " ± ".join(numbers)


def ranking_figure(
    mu_fit: Mapping[str, Any], ranking: Mapping[str, Any], settings: PlotSettings, first: int = 20
) -> Figure:
    r"""Draw impacts on mu and pulls of the leading nuisance parameters.

    The lower axis shows pulls and constraints, :math:`(\hat\theta-\theta_0)/\Delta\theta`, and
    the values of free norm factors; the upper one shows the signed shifts of mu.

    Parameters
    ----------
    mu_fit, ranking
        Contents of ``mu_fit.json`` and ``ranking.json``.
    first
        Number of parameters to show, ten at most in talks, the largest post-fit impact on
        top. A parameter whose ranking failed is shown in any case, and marked.

    Returns
    -------
    matplotlib.figure.Figure
    """
    shown = _selected(ranking["parameters"], leading(first, settings.labels))
    count = len(ranking["parameters"])
    note = [f"{len(shown)} of {count} parameters"] if len(shown) < count else []
    return _figure(mu_fit, shown, note, settings)


def ranking_pages(
    mu_fit: Mapping[str, Any], ranking: Mapping[str, Any], settings: PlotSettings, size: int
) -> list[Figure]:
    """Draw the ranking of all parameters on pages, each with its own scale of the impacts.

    Parameters
    ----------
    mu_fit, ranking
        Contents of ``mu_fit.json`` and ``ranking.json``.
    size
        Parameters per page; those whose ranking failed come last.

    Returns
    -------
    list of matplotlib.figure.Figure
    """
    ordered = _selected(ranking["parameters"], len(ranking["parameters"]))
    pages = []
    for start in range(0, len(ordered), size):
        shown = ordered[start : start + size]
        note = f"Parameters {start + 1} to {start + len(shown)} of {len(ordered)}"
        pages.append(_figure(mu_fit, shown, [note], settings))
    return pages


def _figure(
    mu_fit: Mapping[str, Any],
    shown: Sequence[Parameter],
    note: Sequence[str],
    settings: PlotSettings,
) -> Figure:
    fitted = {str(parameter["name"]): parameter for parameter in mu_fit["parameters"]}
    points = [_point(parameter, fitted) for parameter in shown]
    kinds = [kind for kind in POINTS if any(group(parameter) == kind for parameter in shown)]
    lines = [*fit_lines(mu_fit, settings), *note]
    names = [_name(parameter, settings) for parameter in shown]
    with house_style():
        left = max(LABEL_WIDTH - WIDTH / 4, widest(names, NAME_SIZE) + 0.3)
        height = ROW * max(len(shown), 1)
        header = LINE * max(len(lines) + 2, len(kinds) + 3) + 0.7
        beyond = [point.text for point in points if point.beyond]
        right = max(0.35, widest(beyond, BEYOND_SIZE) + 0.25)
        figure = new_figure(left + WIDTH + right, BOTTOM + height + header)
        impacts = axes_in_inches(figure, left, BOTTOM, WIDTH, height)
        pulls = axes_in_inches(figure, left, BOTTOM, WIDTH, height)
        pulls.patch.set_visible(False)
        _draw_impacts(impacts, shown)
        for row, point in enumerate(points):
            _draw_pull(pulls, row, point)
        _finish(impacts, pulls, names, shown)
        pulls.set_xlabel(VALUE if kinds == [FREE] else PULL)
        _legend(figure, kinds)
        write_labels(figure, 0.15, BOTTOM + height + header - 0.1, settings.labels, lines)
    return figure


def _failed(parameter: Parameter) -> bool:
    return bool(parameter["status"] != "ok")


def _size(parameter: Parameter) -> float:
    sides = (parameter["impact_postfit"] or {}).values()
    return max((abs(side) for side in sides if side is not None), default=0.0)


def _selected(parameters: Sequence[Parameter], first: int) -> list[Parameter]:
    by_impact = sorted(parameters, key=_size, reverse=True)
    return by_impact[:first] + [late for late in by_impact[first:] if _failed(late)]


def _name(parameter: Parameter, settings: PlotSettings) -> str:
    name = title(parameter, settings)
    return f"{name} (failed)" if _failed(parameter) else name


def _draw_impacts(axes: Axes, shown: Sequence[Parameter]) -> None:
    reach = 0.0
    for row, parameter in enumerate(shown):
        for stage in ("postfit", "prefit"):
            impact = parameter[f"impact_{stage}"] or {}
            sides = [
                (impact[side], colour)
                for side, colour in (("up", UP), ("down", DOWN))
                if impact.get(side) is not None
            ]
            # where both sides shift mu the same way the smaller one stays visible in front
            for shift, colour in sorted(sides, key=lambda side: -abs(side[0])):
                reach = max(reach, abs(shift))
                if stage == "postfit":
                    axes.barh(row, shift, 0.66, color=colour, linewidth=0)
                else:
                    axes.barh(row, shift, 0.82, fill=False, edgecolor=colour, linewidth=1.2)
    axes.set_xlim(-1.12 * (reach or 1.0), 1.12 * (reach or 1.0))


def _point(parameter: Parameter, fitted: Mapping[str, Parameter]) -> _Point:
    kind = group(parameter)
    if kind != FREE:
        return _Point(kind, parameter["pull"], parameter["constraint"])
    own = fitted.get(str(parameter["name"]), {})
    return _Point(kind, own.get("value"), own.get("uncertainty"))


def _draw_pull(axes: Axes, row: int, point: _Point) -> None:
    style = POINTS[point.kind]
    if point.value is None:
        return
    if not point.beyond:
        axes.errorbar(
            point.value, row, xerr=point.error, fmt="o", capsize=0, elinewidth=1.5, **style
        )
        return
    side = 1 if point.value > 0 else -1
    axes.plot(
        side * PULL_RANGE,
        row,
        marker=">" if side > 0 else "<",
        markersize=7,
        clip_on=False,
        zorder=5,
        **style,
    )
    axes.annotate(
        point.text,
        xy=(1, row),
        xycoords=("axes fraction", "data"),
        xytext=(8, 0),
        textcoords="offset points",
        color=style["color"],
        fontsize=BEYOND_SIZE,
        va="center",
    )


def _finish(impacts: Axes, pulls: Axes, names: Sequence[str], shown: Sequence[Parameter]) -> None:
    for axes in (impacts, pulls):
        axes.set_ylim(max(len(shown), 1) - 0.5, -0.5)
        axes.tick_params(axis="y", which="both", left=False, right=False)
        axes.set_yticks([])
        axes.minorticks_off()
    impacts.tick_params(axis="x", top=True, bottom=False, labeltop=True, labelbottom=False)
    impacts.xaxis.set_label_position("top")
    impacts.locator_params(axis="x", nbins=7)
    # a common power of ten would stand among the labels of the other axis
    impacts.ticklabel_format(axis="x", style="plain", useOffset=False)
    impacts.set_xlabel(r"$\Delta\mu$")
    pulls.tick_params(axis="x", top=False)
    pulls.set_xlim(-PULL_RANGE, PULL_RANGE)
    for position in (-1, 0, 1):
        pulls.axvline(position, color="black", linestyle="--", linewidth=0.8, zorder=1)
    pulls.set_yticks(range(len(shown)), names, fontsize=NAME_SIZE)
    for parameter, label in zip(shown, pulls.get_yticklabels(), strict=True):
        if _failed(parameter):
            label.set_color(FAILED)


def _legend(figure: Figure, kinds: Sequence[str]) -> None:
    width, height = figure.get_size_inches()
    plus, minus = r"$\theta=\hat{\theta}+\Delta", r"$\theta=\hat{\theta}-\Delta"
    columns = (
        (
            r"Pre-fit impact on $\mu$",
            [
                Patch(fill=False, edgecolor=UP, linewidth=1.2, label=plus + r"\theta$"),
                Patch(fill=False, edgecolor=DOWN, linewidth=1.2, label=minus + r"\theta$"),
            ],
        ),
        (
            r"Post-fit impact on $\mu$",
            [
                Patch(color=UP, linewidth=0, label=plus + r"\hat{\theta}$"),
                Patch(color=DOWN, linewidth=0, label=minus + r"\hat{\theta}$"),
            ],
        ),
    )
    left = width - 4.1
    for column, (heading, handles) in enumerate(columns):
        figure.legend(
            handles=handles,
            title=heading,
            loc="upper left",
            alignment="left",
            bbox_to_anchor=((left + 2.0 * column) / width, 1 - 0.12 / height),
        )
    points = [
        Line2D([], [], marker="o", label=EXPLANATIONS[kind], **POINTS[kind]) for kind in kinds
    ]
    figure.legend(
        handles=points,
        loc="upper left",
        bbox_to_anchor=(left / width, 1 - (0.12 + 3 * LINE) / height),
    )
