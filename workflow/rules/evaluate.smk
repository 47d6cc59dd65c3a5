rule evaluate_models:
    """Compare all models on events that none of their decisions has seen."""
    input:
        skims=all_skims,
        scores=all_scores,
    output:
        job().paths.evaluation("evaluation.json"),
    log:
        log_of("evaluate"),
    benchmark:
        benchmark_of("evaluate")
    conda:
        "../../envs/n2mu.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(30),
    params:
        cfg=cfg("evaluate"),
        digest=digest_of("evaluate"),
        code=code_of("evaluate"),
    shell:
        "n2mu --log {log:q} evaluate --slice {params.digest}"
