rule train:
    """Train one model on all folds but the one it will score."""
    input:
        all_skims,
    output:
        model=job().paths.model("{model}", "{fold}"),
        history=job().paths.history("{model}", "{fold}"),
    wildcard_constraints:
        fold=r"\d+",
    params:
        cfg=cfg("train", "model", "fold"),
        digest=digest_of("train", "model", "fold"),
        code=fingerprint("n2mu.training.stage"),
    log:
        log_of("train", "model", "fold"),
    benchmark:
        benchmark_of("train", "model", "fold")
    resources:
        mem_mb=4000,
        runtime=240,
    conda:
        "../../envs/n2mu.yaml"
    shell:
        "n2mu --log {log:q} train {wildcards.model} {wildcards.fold} --config {CONFIG:q}"
        " --slice {params.digest}"
