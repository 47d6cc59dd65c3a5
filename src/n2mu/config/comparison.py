"""Fits that are repeated with the score of each of several models, to compare these by mu."""

from collections.abc import Mapping, Sequence

from n2mu.config.fits import Fit, Fits
from n2mu.config.models import Models
from n2mu.config.problems import independent
from n2mu.config.regions import Regions
from n2mu.config.studies import Study
from n2mu.errors import ConfigurationError, nearest


def add_comparisons(
    fits: Fits,
    regions: Regions,
    models: Models,
    chosen: Sequence[str],
    studies: Mapping[str, Study],
    folder: str,
) -> Fits:
    """Return the fits, and those that compare the trained models and the variants of studies.

    Parameters
    ----------
    chosen
        Names of the models that are trained.
    folder
        What errors call the folder of the analysis.

    Raises
    ------
    ConfigurationError
        As :func:`add_comparison`, or if a study names a fit that does not exist, or no region
        of a fit takes its observable, so that all models would have the same.
    """
    where = f"{folder}/fits.yaml: compare_models"
    _require_use(fits, fits.compare_models, regions, where)
    made = add_comparison(fits, fits.compare_models, models, chosen, where)
    for name, study in studies.items():
        where = f"{folder}/studies/{name}.yaml: fit"
        with independent():
            if study.fit is not None and study.fit not in fits.fits:
                hint = nearest(study.fit, fits.fits)
                raise ConfigurationError(f"{where}: unknown fit '{study.fit}'{hint}")
            _require_use(fits, study.fit, regions, where)
            made = add_comparison(made, study.fit, models, study.models(name), where)
    return made


def _require_use(fits: Fits, compared: str | None, regions: Regions, where: str) -> None:
    if compared not in fits.fits:
        return
    inside = [name for name in fits.fits[compared].regions if name in regions.regions]
    if inside and all(regions.regions[name].observable is not None for name in inside):
        raise ConfigurationError(
            f"{where}: fit '{compared}' would be the same with the score of every model, since all "
            f"its regions ({', '.join(inside)}) have an observable of their own; take 'observable' "
            "from the one in regions.yaml that is to have the score"
        )


def add_comparison(
    fits: Fits, compared: str | None, models: Models, chosen: Sequence[str], where: str
) -> Fits:
    """Return the fits, and one of them repeated with the score of each of some models.

    Parameters
    ----------
    compared
        Name of the fit that is repeated.
    chosen
        Names of the models.
    where
        What errors call the file and the key that name the fit.

    Raises
    ------
    ConfigurationError
        If the fit to compare with is not of Asimov data or is projected to another
        luminosity, its observable is no score, or a fit that is added would have the name
        of another.
    """
    if compared not in fits.fits:
        return fits  # none, or one that is unknown, which is refused with all other names
    reference = fits.fits[compared]
    if reference.data != "asimov":
        raise ConfigurationError(
            f"{where}: fit '{compared}' has data: {reference.data}, but "
            "expected uncertainties are those of Asimov data; name a fit of data: asimov"
        )
    if reference.luminosity is not None:
        raise ConfigurationError(
            f"{where}: fit '{compared}' is projected to {reference.luminosity:g} pb^-1, but models "
            "are compared at the luminosity of the inputs; name a fit without 'luminosity'"
        )
    known = models.judging_events(models.models)
    scores = {f"{model}_{label}" for model in known for label in models.classes_of(model)}
    if reference.observable.strip() not in scores:
        raise ConfigurationError(
            f"{where}: fit '{compared}' has observable '{reference.observable}', which is no score "
            "that the score of another model could replace; name a fit whose observable is one"
        )
    added = {}
    for model in _judged(models, chosen):
        wanted = _with_score_of(reference, model, models)
        if any(_core(fit) == wanted for fit in fits.fits.values()):
            continue
        name = f"{compared}_{model}"
        if name in fits.fits:
            raise ConfigurationError(
                f"{where}: the fit of model '{model}' would be called '{name}', "
                "which is another fit; rename that one"
            )
        added[name] = wanted
    return fits.model_copy(update={"fits": fits.fits | added})


def comparison_fits(
    fits: Fits, compared: str | None, models: Models, chosen: Sequence[str], done: Sequence[str]
) -> dict[str, str]:
    """Return the fit of each model that is compared as far as the signal strength.

    Parameters
    ----------
    fits
        With those of :func:`add_comparison`.
    compared
        Name of the fit that is repeated.
    chosen
        Names of the models.
    done
        Names of the fits that are done anyway; where one of them is what is
        looked for, no other is made.
    """
    if compared not in fits.fits:
        return {}
    reference = fits.fits[compared]
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
