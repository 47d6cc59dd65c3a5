rule skim:
    """Apply preselection and weights to the ntuples of one chunk."""
    input:
        ntuples_of,
    output:
        directory(job().paths.skim("{chunk}")),
    params:
        cfg=cfg("skim", "chunk"),
        digest=digest_of("skim", "chunk"),
        code=fingerprint("n2mu.skim.stage"),
    log:
        log_of("skim", "chunk"),
    benchmark:
        benchmark_of("skim", "chunk")
    resources:
        mem_mb=2000,
        runtime=60,
    conda:
        "../../envs/n2mu.yaml"
    shell:
        "n2mu --log {log:q} skim {wildcards.chunk} --config {CONFIG:q} --slice {params.digest}"
