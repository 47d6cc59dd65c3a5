rule plot_fit:
    """Draw the figures and tables of one fit."""
    input:
        mu_fit=job().paths.fit("{fit}", "mu_fit.json"),
        postfit=job().paths.fit("{fit}", "postfit.json"),
        ranking=job().paths.fit("{fit}", "ranking.json"),
        report=job().paths.fit("{fit}", "templates_report.json"),
        templates=job().paths.fit("{fit}", "templates.root"),
        workspace=job().paths.fit("{fit}", "workspace.json"),
    output:
        *fit_figures(),
        report(
            job().paths.fit("{fit}", "plots/summary.html"),
            caption="../report/summary.rst",
            category="Fit {fit}",
            labels={"figure": "summary"},
        ),
        report(
            job().paths.fit("{fit}", "plots/yields.html"),
            caption="../report/yields.rst",
            category="Fit {fit}",
            labels={"figure": "yields"},
        ),
        report(
            job().paths.fit("{fit}", "plots/changes.html"),
            caption="../report/changes.rst",
            category="Fit {fit}",
            labels={"figure": "changes to templates"},
        ),
        report(
            job().paths.fit("{fit}", "plots/treatment.html"),
            caption="../report/treatment.rst",
            category="Fit {fit}",
            labels={"figure": "what was done to each template"},
        ),
        report(
            job().paths.fit("{fit}", "plots/rates.html"),
            caption="../report/rates.rst",
            category="Fit {fit}",
            labels={"figure": "changes of the rates"},
        ),
        *fit_figures_to_print(),
        job().paths.fit("{fit}", "plots/rates.tex"),
        job().paths.fit("{fit}", "plots/yields.json"),
        job().paths.fit("{fit}", "plots/yields.txt"),
        job().paths.fit("{fit}", "plots/yields.tex"),
    log:
        log_of("plot_fit", "fit"),
    benchmark:
        benchmark_of("plot_fit", "fit")
    conda:
        "../../envs/n2mu.yaml"
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        cfg=cfg("plot_fit", "fit"),
        luminosity=luminosity_of_fit,
        digest=digest_of("plot_fit", "fit"),
        code=fingerprint("n2mu.plots.stage"),
        origin=origin_of(["templates", "workspace", "fit"], this_fit),
    shell:
        "n2mu --log {log:q} plot --fit {wildcards.fit} --slice {params.digest}"


rule plot_models:
    """Draw the figures of all models."""
    input:
        evaluations=[job().paths.evaluation(name) for name in compared_models()],
        histories=every_fold(job().paths.history),
        fits=lambda wildcards: [
            job().paths.fit(fit, "mu_fit.json")
            for (fit,) in comparison_fits(wildcards)
        ],
    output:
        report(
            directory(job().paths.model_plots),
            patterns=["{figure}.png"],
            caption="../report/models.rst",
            category="Models",
            labels={"figure": "{figure}"},
        ),
        report(
            job().paths.tables("models.html"),
            caption="../report/comparison.rst",
            category="Models",
            labels={"figure": "comparison of all models"},
        ),
        job().paths.tables("models.json"),
        job().paths.tables("models.md"),
        job().paths.tables("models.tex"),
    log:
        log_of("plot_models"),
    benchmark:
        benchmark_of("plot_models")
    conda:
        "../../envs/n2mu.yaml"
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        cfg=cfg("plot_models"),
        digest=digest_of("plot_models"),
        code=fingerprint("n2mu.plots.models_stage"),
        origin=origin_of(["evaluate"], each_model),
        fits=origin_of(["templates", "workspace", "fit"], comparison_fits),
    shell:
        "n2mu --log {log:q} plot --models --slice {params.digest}"


rule tabulate_cutflow:
    """Write the cutflow of all data sets."""
    input:
        all_skims,
    output:
        report(
            job().paths.tables("cutflow.html"),
            caption="../report/cutflow.rst",
            category="Selection",
            labels={"figure": "cutflow"},
        ),
        job().paths.tables("cutflow.json"),
    log:
        log_of("cutflow"),
    benchmark:
        benchmark_of("cutflow")
    conda:
        "../../envs/n2mu.yaml"
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        cfg=cfg("cutflow"),
        digest=digest_of("cutflow"),
        code=fingerprint("n2mu.skim.cutflow") + fingerprint("n2mu.plots.tables"),
    shell:
        "n2mu --log {log:q} plot --cutflow --slice {params.digest}"
