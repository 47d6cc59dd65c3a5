rule evaluate_models:
    """Compare all models on events that none of their decisions has seen."""
    input:
        skims=all_skims,
        scores=all_scores,
    output:
        job().paths.evaluation("evaluation.json"),
    params:
        cfg=cfg("evaluate"),
        digest=digest_of("evaluate"),
        code=fingerprint("n2mu.evaluation.stage"),
    log:
        log_of("evaluate"),
    benchmark:
        benchmark_of("evaluate")
    resources:
        mem_mb=4000,
        runtime=30,
    conda:
        "../../envs/n2mu.yaml"
    shell:
        "n2mu --log {log:q} evaluate --config {CONFIG:q} --slice {params.digest}"
