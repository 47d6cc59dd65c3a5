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
        model=one_of(single_models()),
        fold=r"\d+",
    conda:
        "../../envs/n2mu.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(240),
    params:
        cfg=cfg("train", "model", "fold"),
        digest=digest_of("train", "model", "fold"),
        code=code_of("train"),
    shell:
        "n2mu --log {log:q} train {wildcards.model} {wildcards.fold}"
        " --slice {params.digest}"


rule combine_seeds:
    """Make one model of the trainings of all seeds of an ensemble."""
    input:
        models=members("model"),
        histories=members("history"),
    output:
        model=job().paths.model("{model}", "{fold}"),
        history=job().paths.history("{model}", "{fold}"),
    log:
        log_of("combine_seeds", "model", "fold"),
    benchmark:
        benchmark_of("combine_seeds", "model", "fold")
    wildcard_constraints:
        model=one_of(ensembles()),
        fold=r"\d+",
    conda:
        "../../envs/n2mu.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(15),
    params:
        cfg=cfg("train", "model", "fold"),
        digest=digest_of("train", "model", "fold"),
        code=fingerprint("n2mu.training.ensemble"),
    shell:
        "n2mu --log {log:q} train {wildcards.model} {wildcards.fold}"
        " --slice {params.digest}"


rule compare_grid:
    """Compare the points of a grid search on the events that chose their best epochs."""
    input:
        histories_of_grid,
    output:
        job().paths.grid("{grid}", "grid.json"),
        job().paths.grid("{grid}", "grid.csv"),
        job().paths.grid("{grid}", "grid.pdf"),
        job().paths.grid("{grid}", "grid.png"),
    log:
        log_of("compare_grid", "grid"),
    benchmark:
        benchmark_of("compare_grid", "grid")
    conda:
        "../../envs/n2mu.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(15),
    params:
        cfg=cfg("grid", "grid"),
        digest=digest_of("grid", "grid"),
        code=fingerprint("n2mu.commands.grid"),
    shell:
        "n2mu --log {log:q} grid {wildcards.grid} --slice {params.digest}"
