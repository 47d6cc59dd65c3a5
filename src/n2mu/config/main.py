"""``config.yaml``: which analysis, where things are, what is run."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from n2mu.config.base import Model
from n2mu.config.names import Name, Unique
from n2mu.config.texts import Text
from n2mu.errors import nearest


class Labels(Model):
    """What every figure says about itself.

    Attributes
    ----------
    experiment
        Name of the experiment; those of ATLAS and CMS are lettered as these ask for.
    status
        Such as ``Internal``, behind the name.
    format
        ``talk`` makes panels smaller, so that letters are larger on a slide of the same width.
    energy
        Centre-of-mass energy, with unit.
    luminosity
        With unit; ``n2mu validate`` compares it to that of ``inputs.yaml``.
    """

    experiment: Text
    status: Text = ""
    energy: Text
    luminosity: Text
    format: Literal["paper", "talk"] = "paper"


class Main(Model):
    """The whole of ``config.yaml``.

    Attributes
    ----------
    analysis
        Folder below the configuration's own with the analysis.
    ntuples
        Directories that hold the ntuples, by base name.
    demo
        Size of the built-in Monte Carlo of the analysis that stands for the ntuples;
        without it the listing names the files.
    listing
        File that ``n2mu list`` writes and everything else reads.
    results
        Directory of all products.
    models, fits
        What is trained and fitted.
    publish
        The fit whose results are copied to the top of ``results``.
    device
        Where models are trained and applied; ``auto``: on a GPU where there is one.
    labels
        What figures say of experiment, energy and luminosity.
    """

    analysis: str
    ntuples: Annotated[dict[Name, str], Field(min_length=1)]
    demo: Literal["tiny", "small", "benchmark", "thesis"] | None = None
    listing: str | None = None
    results: str = "results"
    models: Annotated[list[str], Field(min_length=1), Unique]
    fits: Annotated[list[str], Field(min_length=1), Unique]
    publish: str
    device: Literal["auto", "cpu", "cuda"] = "auto"
    labels: Labels

    @model_validator(mode="after")
    def _published(self) -> "Main":
        if self.publish not in self.fits:
            hint = nearest(self.publish, self.fits)
            raise ValueError(f"publish: '{self.publish}' is not among the fits{hint}")
        if (self.demo is None) == (self.listing is None):
            raise ValueError("give either 'demo' (a size) or 'listing' (a file)")
        if self.demo is not None and len(self.ntuples) > 1:
            raise ValueError(
                f"ntuples: the demo has one base, got {', '.join(self.ntuples)}; keep one"
            )
        return self
