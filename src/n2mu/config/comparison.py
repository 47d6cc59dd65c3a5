"""The fits that take the comparison of models as far as the signal strength."""

from collections.abc import Sequence

from n2mu.config.fits import Fit, Fits
from n2mu.config.models import Models
from n2mu.errors import ConfigurationError


def add_comparison(fits: Fits, models: Models, chosen: Sequence[str], where: str) -> Fits:
    """Return the fits, and for each model the one of ``compare_models`` with its own score.

    Parameters
    ----------
    chosen
        Names of the models that are trained.
    where
        What errors call the file of the fits.

    Raises
    ------
    ConfigurationError
        If the fit to compare with is not of Asimov data, or a fit that is added
        would have the name of another.
    """
    if fits.compare_models not in fits.fits:
        return fits  # none, or one that is unknown, which is refused with all other names
    reference = fits.fits[fits.compare_models]
    if reference.data != "asimov":
        raise ConfigurationError(
            f"{where}: compare_models: fit '{fits.compare_models}' has data: {reference.data}, but "
            "expected uncertainties are those of Asimov data; name a fit of data: asimov"
        )
    added = {}
    for model in _judged(models, chosen):
        wanted = _with_score_of(reference, model, models)
        if any(_core(fit) == wanted for fit in fits.fits.values()):
            continue
        name = f"{fits.compare_models}_{model}"
        if name in fits.fits:
            raise ConfigurationError(
                f"{where}: compare_models: the fit of model '{model}' would be called '{name}', "
                "which is another fit; rename that one"
            )
        added[name] = wanted
    return fits.model_copy(update={"fits": fits.fits | added})


def comparison_fits(
    fits: Fits, models: Models, chosen: Sequence[str], done: Sequence[str]
) -> dict[str, str]:
    """Return the fit of each model that is compared as far as the signal strength.

    Parameters
    ----------
    fits
        With those of :func:`add_comparison`.
    chosen
        Names of the models that are trained.
    done
        Names of the fits that are done anyway; where one of them is what is
        looked for, no other is made.
    """
    if fits.compare_models not in fits.fits:
        return {}
    reference = fits.fits[fits.compare_models]
    order = [*done, *fits.fits]
    found = {}
    for model in _judged(models, chosen):
        wanted = _with_score_of(reference, model, models)
        for name in order:
            if name in fits.fits and _core(fits.fits[name]) == wanted:
                found[model] = name
                break
    return found


def _judged(models: Models, chosen: Sequence[str]) -> list[str]:
    return models.judging_events([model for model in chosen if model in models.models])


def _with_score_of(reference: Fit, model: str, models: Models) -> Fit:
    return _core(reference.model_copy(update={"observable": f"{model}_{models.signal_class}"}))


def _core(fit: Fit) -> Fit:
    """Return a fit without what does not enter the signal strength."""
    return fit.model_copy(update={"validation_regions": [], "title": None, "check": False})
