"""What a fit has figures of: itself, both sides of the fit, its regions, its systematics."""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

Stage = Literal["prefit", "postfit"]
STAGES: Final[tuple[Stage, ...]] = ("prefit", "postfit")


class Subject(NamedTuple):
    """A kind of figures: what there is one of for each of something.

    Attributes
    ----------
    dictionary
        Of the figures by name, in `n2mu.plots.fit_figures`.
    path
        Of a figure below ``plots/``, without its suffix.
    label
        What Snakemake's report calls it.
    """

    dictionary: str
    path: str
    label: str

    @property
    def optional(self) -> bool:
        """Whether there can be none for some of them; such figures have a directory."""
        return "/" in self.path

    @property
    def pattern(self) -> str:
        """Of the path below the directory of the figure."""
        return self.path.removeprefix("{name}/")


SUBJECTS: Mapping[str, Subject] = {
    "fit": Subject("FIT_FIGURES", "{name}", "{name}"),
    "stage": Subject("STAGE_FIGURES", "{name}_{which}", "{name}, {which}"),
    "region": Subject("REGION_FIGURES", "{name}/{region}", "{name} in {region}"),
    "region_stage": Subject(
        "REGION_STAGE_FIGURES", "{name}/{region}_{which}", "{name}, {region}, {which}"
    ),
    "systematic": Subject(
        "SYSTEMATIC_FIGURES",
        "{name}/{region}/{sample}/{systematic}",
        "{name}, {systematic} on {sample} in {region}",
    ),
}
"""The dictionaries of `n2mu.plots.fit_figures`."""
