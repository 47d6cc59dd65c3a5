rule skim:
    """Apply preselection and weights to the ntuples of one chunk."""
    input:
        ntuples_of,
    output:
        directory(job().paths.skim("{chunk}")),
    log:
        log_of("skim", "chunk"),
    benchmark:
        benchmark_of("skim", "chunk")
    conda:
        "../../envs/n2mu.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(60),
    params:
        cfg=cfg("skim", "chunk"),
        digest=digest_of("skim", "chunk"),
        code=code_of("skim"),
    shell:
        "n2mu --log {log:q} skim {wildcards.chunk} --workers {threads} --slice {params.digest}"
