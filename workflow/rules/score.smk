rule score:
    """Score one chunk with all models and write friend trees for its ntuples."""
    input:
        ntuples=ntuples_of,
        skim=job().paths.skim("{chunk}"),
        models=all_models,
    output:
        directory(job().paths.scores("{chunk}")),
    log:
        log_of("score", "chunk"),
    benchmark:
        benchmark_of("score", "chunk")
    conda:
        "../../envs/n2mu.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        cfg=cfg("score", "chunk"),
        digest=digest_of("score", "chunk"),
        code=code_of("score"),
    shell:
        "n2mu --log {log:q} score {wildcards.chunk} --slice {params.digest}"
