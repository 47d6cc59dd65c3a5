rule evaluate_model:
    """Judge one model on events that none of its decisions has seen."""
    input:
        skims=all_skims,
        scores=all_scores,
        models=folds_of_model(job().paths.model),
        histories=folds_of_model(job().paths.history),
    output:
        job().paths.evaluation("{model}"),
    log:
        log_of("evaluate", "model"),
    benchmark:
        benchmark_of("evaluate", "model")
    wildcard_constraints:
        model=one_of(compared_models()),
    conda:
        "../../envs/n2mu.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        cfg=cfg("evaluate", "model"),
        digest=digest_of("evaluate", "model"),
        code=code_of("evaluate"),
    shell:
        "n2mu --log {log:q} evaluate {wildcards.model} --slice {params.digest}"
