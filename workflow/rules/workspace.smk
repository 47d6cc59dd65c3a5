rule build_workspace:
    """Build the pyhf workspace of one fit."""
    input:
        templates=job().paths.fit("{fit}", "templates.root"),
        report=job().paths.fit("{fit}", "templates_report.json"),
    output:
        job().paths.fit("{fit}", "workspace.json"),
    log:
        log_of("workspace", "fit"),
    benchmark:
        benchmark_of("workspace", "fit")
    conda:
        "../../envs/n2mu.yaml"
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        cfg=cfg("workspace", "fit"),
        digest=digest_of("workspace", "fit"),
        code=code_of("workspace"),
        origin=origin_of(["templates"], this_fit),
    shell:
        "n2mu --log {log:q} workspace {wildcards.fit} --slice {params.digest}"
