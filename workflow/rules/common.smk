import shutil
from functools import cache

from snakemake.exceptions import WorkflowError

from n2mu.commands.job import (
    export_config,
    open_job,
    slice_digest,
    slice_json,
    with_files,
)
from n2mu.errors import N2muError
from n2mu.plots.fit_subjects import STAGES, SUBJECTS
from n2mu.products import canonical_json, digest
from n2mu.registries import registered
from n2mu.workflow.fingerprint import fingerprint


@cache
def job():
    """Return the configuration, its slices and the paths of all products."""
    try:
        return open_job(config)
    except N2muError as error:
        raise WorkflowError(with_files(error, workflow.overwrite_configfiles))


# jobs read the configuration that this run was given, overrides included
export_config(config)

if shutil.which("n2mu") is None:
    raise WorkflowError(
        "the command 'n2mu' is not found; activate the environment that holds it, such as "
        "'source .venv/bin/activate'"
    )


# what computes each stage
CODE = {
    "skim": "n2mu.skim.stage",
    "train": "n2mu.training.stage",
    "score": "n2mu.scoring.stage",
    "evaluate": "n2mu.evaluation.stage",
    "templates": "n2mu.templates.stage",
    "workspace": "n2mu.fit.mixing",
    "fit": "n2mu.fit.stage",
}


def code_of(stage):
    """Return the fingerprint of the code of a stage."""
    return fingerprint(CODE[stage])


@cache
def text_of(stage, *arguments):
    """Return what a job of a stage is told, as one text."""
    try:
        return slice_json(getattr(job().slices, stage)(*arguments))
    except N2muError as error:
        raise WorkflowError(str(error))


def cfg(stage, *names):
    """Return a function of the wildcards: what a job of a stage is told, as one text.

    A job reruns when this text changes, and only then.
    """

    def value(wildcards):
        arguments = [int(wildcards[n]) if n == "fold" else wildcards[n] for n in names]
        return text_of(stage, *arguments)

    return value


def digest_of(stage, *names):
    """Return a function of the wildcards: the digest by which a job checks what it is told."""
    text = cfg(stage, *names)
    return lambda wildcards: slice_digest(text(wildcards))


def origin_of(stages, jobs):
    """Return a function of the wildcards: a digest of what made the inputs of a job.

    A failed job leaves no product, and Snakemake asks for one only if something that
    follows has to run. So what follows must itself know of the change.

    Parameters
    ----------
    stages
        Names of stages before this one.
    jobs
        Function of the wildcards: the arguments of all their jobs.
    """

    @cache
    def digest_for(arguments):
        texts = [text_of(stage, *a) for stage in stages for a in arguments]
        return digest("\n".join([*map(code_of, stages), *map(digest, texts)]))

    return lambda wildcards: digest_for(tuple(jobs(wildcards)))


def each_chunk(wildcards):
    """Return the names of all chunks, as arguments of the slices."""
    return [(chunk,) for chunk in job().slices.chunks]


def each_training(wildcards):
    """Return all folds of all models that are trained, as arguments of the slices."""
    folds = range(job().configuration.models.folds)
    return [(m, fold) for m in job().configuration.main.models for fold in folds]


def compared_models():
    """Return the models that are trained to tell events apart, which are compared."""
    return job().configuration.models.judging_events(job().configuration.main.models)


def comparison_fits(wildcards):
    """Return the fits that compare models by the signal strength, as arguments of the slices."""
    return [(fit,) for fit in dict.fromkeys(job().configuration.compared.values())]


def folds_of_model(path):
    """Return a function of the wildcards: a product of every fold of a model."""
    folds = range(job().configuration.models.folds)
    return lambda wildcards: [path(wildcards.model, fold) for fold in folds]


def this_fit(wildcards):
    """Return the fit of a job, as argument of the slices."""
    return [(wildcards.fit,)]


def published_fit(wildcards):
    """Return the fit that is published, as argument of the slices."""
    return [(job().configuration.main.publish,)]


def each_model(wildcards):
    """Return all models that are trained, as arguments of the slices."""
    return [(model,) for model in compared_models()]


def log_of(stage, *names):
    """Return the path of a rule's log."""
    return log_or_benchmark("logs", stage, names, "log")


def benchmark_of(stage, *names):
    """Return the path of a rule's benchmark."""
    return log_or_benchmark("benchmarks", stage, names, "tsv")


def log_or_benchmark(kind, stage, names, suffix):
    """Return a path in one of the two directories that every stage writes to."""
    stem = "_".join([stage, *(f"{{{name}}}" for name in names)])
    return str(job().paths.root / kind / stage / f"{stem}.{suffix}")


def growing(amount):
    """Return a function of the attempt: a job that failed asks for more of a resource."""
    return lambda wildcards, attempt: amount * attempt


def ntuples_of(wildcards):
    """Return what a job that reads the ntuples of a chunk waits for.

    That is what the workflow itself makes, the ntuples of the demo. Others are known from the
    listing: their identity is part of what the job is told, and it checks them. So nobody
    looks at thousands of files to plan, and neither their age nor their place matters.
    """
    if job().configuration.main.demo is None:
        return []
    return [base / f"{wildcards.chunk}.json" for base in job().bases.values()]


def all_skims(wildcards):
    """Return the file that stands for the skims of all chunks."""
    return job().paths.gathered("skims")


def all_scores(wildcards):
    """Return the file that stands for the scores of all chunks."""
    return job().paths.gathered("scores")


def all_models(wildcards):
    """Return the file that stands for every fold of every model."""
    return job().paths.gathered("models")


def every_fold(path):
    """Return a function of the wildcards: a product of every fold of every model."""
    return lambda wildcards: [path(*names) for names in each_training(wildcards)]


def plots_of_all_fits(wildcards):
    """Return a figure of every fit; the others come with it."""
    return [
        job().paths.fit(fit, "plots/ranking.png")
        for fit in job().configuration.main.fits
    ]


def luminosity_of_fit(wildcards):
    """Return what captions say of the luminosity of a fit, which can be a projection."""
    return job().slices.plots(wildcards.fit).labels.luminosity


def published(product):
    """Return the path of a product of the published fit."""
    return job().paths.published(product)


def to_publish(product):
    """Return the product of the published fit that is copied to the top of the results."""
    return job().paths.fit(job().configuration.main.publish, product)


def ensembles():
    """Return the models that are made of trainings of several seeds."""
    models = job().configuration.models
    return [name for name in models.models if models.members_of(name)]


def single_models():
    """Return the models that are trained themselves."""
    return [
        name for name in job().configuration.models.models if name not in ensembles()
    ]


def one_of(names):
    """Return the pattern of a wildcard that is one of some names; none match nothing."""
    return "|".join(names) or r"[^\s\S]"


def members(product):
    """Return a function of the wildcards: products of the trainings of an ensemble."""

    def paths(wildcards):
        path = getattr(job().paths, product)
        names = job().configuration.models.members_of(wildcards.model)
        return [path(name, wildcards.fold) for name in names]

    return paths


def histories_of_grid(wildcards):
    """Return the training history of every fold of every point of a grid."""
    models = job().configuration.models
    if wildcards.grid not in models.grids:
        known = ", ".join(models.grids) or "none"
        raise WorkflowError(
            f"no grid '{wildcards.grid}' in models.yaml; there are {known}"
        )
    points = models.points_of(wildcards.grid)
    return [job().paths.history(p, k) for p in points for k in range(models.folds)]


def study_of(wildcards):
    """Return the study of a job."""
    studies = job().configuration.studies
    if wildcards.study not in studies:
        known = ", ".join(studies) or "none"
        raise WorkflowError(
            f"no file '{wildcards.study}.yaml' in studies/; there are {known}"
        )
    return studies[wildcards.study]


def trainings_of_study(wildcards):
    """Return all folds of all models of a study, as arguments of the slices."""
    study = study_of(wildcards)
    folds = study.folds(job().configuration.models.folds)
    return [(model, fold) for model in study.models(wildcards.study) for fold in folds]


def of_study(product):
    """Return a function of the wildcards: a product of every fold of every model of a study."""
    return lambda wildcards: [
        getattr(job().paths, product)(*names) for names in trainings_of_study(wildcards)
    ]


def fits_of_study(wildcards):
    """Return the fits of the models of a study, as arguments of the slices."""
    if study_of(wildcards).fit is None:
        return []
    fits = job().configuration.study_fits(wildcards.study).values()
    return [(fit,) for fit in fits]


def study_figures():
    """Return the figures of a study, with their captions in Snakemake's report."""
    declared = []
    figures = registered("n2mu.plots.study_figures", "STUDY_FIGURES")
    for name, entry in figures.items():
        declared.append(job().paths.study("{study}", f"{name}.pdf"))
        figure = report(
            job().paths.study("{study}", f"{name}.png"),
            caption=f"../report/{name if entry is None else 'study_figure'}.rst",
            category="Studies",
            labels={"figure": f"{{study}}, {name.replace('_', ' ')}"},
        )
        declared.append(figure)
    return declared


def models_of_fit(wildcards):
    """Return all folds of the models that are scored for a fit, as arguments of the slices."""
    folds = range(job().configuration.models.folds)
    return [
        (m, fold) for m in job().configuration.scored(wildcards.fit) for fold in folds
    ]


def scores_of_fit(wildcards):
    """Return the file that stands for the scores that a fit reads."""
    if wildcards.fit in job().configuration.scored_apart:
        return job().paths.fit(wildcards.fit, "scores.json")
    return all_scores(wildcards)


def fit_figures():
    """Return the figures of a fit, with their captions in Snakemake's report."""
    declared = []
    for subject in SUBJECTS.values():
        figures = registered("n2mu.plots.fit_figures", subject.dictionary)
        for name, entry in figures.items():
            about = {
                "caption": f"../report/{name if entry is None else 'figure'}.rst",
                "category": "Fit {fit}",
            }
            label = subject.label.replace("{name}", name.replace("_", " "))
            if subject.optional:
                folder = directory(job().paths.fit("{fit}", f"plots/{name}"))
                patterns = [f"{subject.pattern}.png"]
                labels = {"figure": label}
                figure = report(folder, patterns=patterns, labels=labels, **about)
                declared.append(figure)
                continue
            for which in stages_of(subject):
                stem = subject.path.format(name=name, which=which)
                figure = job().paths.fit("{fit}", f"plots/{stem}.png")
                labels = {"figure": label.replace("{which}", which)}
                declared.append(report(figure, labels=labels, **about))
    return declared


def fit_figures_to_print():
    """Return the same figures for print, as far as they do not come in directories."""
    return [
        job().paths.fit(
            "{fit}", f"plots/{subject.path.format(name=name, which=which)}.pdf"
        )
        for subject in SUBJECTS.values()
        if not subject.optional
        for name in registered("n2mu.plots.fit_figures", subject.dictionary)
        for which in stages_of(subject)
    ]


def stages_of(subject):
    """Return the stages of the fit of which a subject has a figure each."""
    return STAGES if "{which}" in subject.path else [""]
