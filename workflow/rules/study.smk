localrules:
    gather_scores_for_fit,


rule score_for_fit:
    """Score one chunk with the models of one fit of a study."""
    input:
        skim=job().paths.skim("{chunk}"),
        models=lambda wildcards: [
            job().paths.model(*names) for names in models_of_fit(wildcards)
        ],
    output:
        directory(job().paths.scores("{chunk}", "{fit}")),
    log:
        log_of("score_for_fit", "fit", "chunk"),
    benchmark:
        benchmark_of("score_for_fit", "fit", "chunk")
    wildcard_constraints:
        fit=one_of(job().configuration.scored_apart),
    conda:
        "../../envs/n2mu.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        cfg=cfg("score", "chunk", "fit"),
        digest=digest_of("score", "chunk", "fit"),
        code=code_of("score"),
        origin=origin_of(["train"], models_of_fit),
    shell:
        "n2mu --log {log:q} score {wildcards.chunk} --fit {wildcards.fit}"
        " --slice {params.digest}"


rule gather_scores_for_fit:
    """Let one file stand for the scores of all chunks for one fit of a study."""
    input:
        [job().paths.scores(chunk, "{fit}") for chunk in job().slices.chunks],
    output:
        job().paths.fit("{fit}", "scores.json"),
    log:
        log_of("gather_scores_for_fit", "fit"),
    wildcard_constraints:
        fit=one_of(job().configuration.scored_apart),
    conda:
        "../../envs/n2mu.yaml"
    params:
        origin=origin_of(
            ["score"],
            lambda wildcards: [
                (chunk, wildcards.fit) for chunk in job().slices.chunks
            ],
        ),
        code=fingerprint("n2mu.workflow.gather"),
    shell:
        "n2mu --log {log:q} gather scores --fit {wildcards.fit} -o {output:q}"


rule compare_study:
    """Compare the variants of a study on events that none of their decisions has seen."""
    input:
        skims=all_skims,
        models=of_study("model"),
        histories=of_study("history"),
        mu_fits=lambda wildcards: [
            job().paths.fit(fit, "mu_fit.json") for (fit,) in fits_of_study(wildcards)
        ],
    output:
        job().paths.study("{study}", "study.json"),
        job().paths.study("{study}", "study.md"),
        job().paths.study("{study}", "study.tex"),
        *study_figures(),
    log:
        log_of("compare_study", "study"),
    benchmark:
        benchmark_of("compare_study", "study")
    conda:
        "../../envs/n2mu.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        cfg=cfg("study", "study"),
        digest=digest_of("study", "study"),
        style=cfg("plots"),
        code=fingerprint("n2mu.commands.study"),
        origin=origin_of(["train"], trainings_of_study),
        fits=origin_of(["templates", "workspace", "fit"], fits_of_study),
    shell:
        "n2mu --log {log:q} study {wildcards.study} --slice {params.digest}"


rule studies:
    """Run all studies."""
    input:
        [
            job().paths.study(study, "study.json")
            for study in job().configuration.studies
        ],
    localrule: True
