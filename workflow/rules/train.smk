rule train:
    """Train one model on all folds but the one it will score."""
    input:
        all_skims,
    output:
        model=job().paths.model("{model}", "{fold}"),
        history=job().paths.history("{model}", "{fold}"),
    log:
        log_of("train", "model", "fold"),
    benchmark:
        benchmark_of("train", "model", "fold")
    wildcard_constraints:
        fold=r"\d+",
    conda:
        "../../envs/n2mu.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(240),
    params:
        cfg=cfg("train", "model", "fold"),
        digest=digest_of("train", "model", "fold"),
        code=fingerprint("n2mu.training.stage"),
    shell:
        "n2mu --log {log:q} train {wildcards.model} {wildcards.fold}"
        " --slice {params.digest}"
