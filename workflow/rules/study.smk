rule compare_study:
    """Compare the variants of a study on events that none of their decisions has seen."""
    input:
        skims=all_skims,
        models=of_study("model"),
        histories=of_study("history"),
    output:
        job().paths.study("{study}", "study.json"),
        job().paths.study("{study}", "study.md"),
        job().paths.study("{study}", "study.tex"),
        job().paths.study("{study}", "study.pdf"),
        job().paths.study("{study}", "study.png"),
        job().paths.study("{study}", "curves.pdf"),
        job().paths.study("{study}", "curves.png"),
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
        code=fingerprint("n2mu.commands.study"),
        origin=origin_of(["train"], trainings_of_study),
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
