"""Where the products of an analysis lie."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Paths:
    """Paths of all products of one analysis.

    Parameters
    ----------
    results
        Directory of all analyses.
    analysis
        Name of the analysis.
    """

    results: Path
    analysis: str

    @property
    def root(self) -> Path:
        """Directory of the analysis."""
        return self.results / self.analysis

    @property
    def friends(self) -> Path:
        """Directory of all friend trees."""
        return self.root / "friends"

    def skim(self, chunk: str) -> Path:
        """Directory of one chunk's skim."""
        return self.root / "skim" / chunk

    def scores(self, chunk: str, fit: str | None = None) -> Path:
        """Directory of one chunk's scores, for all fits or for one of a study."""
        return (self.root if fit is None else self.fit(fit, "")) / "scores" / chunk

    def gathered(self, kind: str) -> Path:
        """Digests of all skims, models or scores."""
        return self.root / "gathered" / f"{kind}.json"

    def model(self, model: str, fold: int | str) -> Path:
        """Trained model of one fold."""
        return self.root / "models" / model / f"fold{fold}" / "model.pt"

    def history(self, model: str, fold: int | str) -> Path:
        """Training history of one fold."""
        return self.model(model, fold).with_name("history.json")

    def grid(self, grid: str, product: str) -> Path:
        """Product of one grid search."""
        return self.root / "grids" / grid / product

    def study(self, study: str, product: str) -> Path:
        """Product of one study."""
        return self.root / "studies" / study / product

    def fit(self, fit: str, product: str) -> Path:
        """Product of one fit."""
        return self.root / "fits" / fit / product

    def evaluation(self, model: str) -> Path:
        """Product of the evaluation of one model."""
        return self.root / "evaluation" / f"{model}.json"

    @property
    def model_plots(self) -> Path:
        """Directory of the figures of all models."""
        return self.root / "evaluation" / "plots"

    def tables(self, product: str) -> Path:
        """Table that belongs to no fit."""
        return self.root / "tables" / product

    def features(self, region: str) -> Path:
        """Figures of features in one region."""
        return self.root / "features" / region

    def published(self, product: str) -> Path:
        """Copy of a product of the published fit."""
        return self.results / product
