rule build_workspace:
    """Build the pyhf workspace of one fit."""
    input:
        job().paths.fit("{fit}", "templates.root"),
    output:
        job().paths.fit("{fit}", "workspace.json"),
    params:
        cfg=cfg("workspace", "fit"),
        digest=digest_of("workspace", "fit"),
        code=fingerprint("n2mu.templates.workspace"),
    log:
        log_of("workspace", "fit"),
    benchmark:
        benchmark_of("workspace", "fit")
    resources:
        mem_mb=1000,
        runtime=10,
    conda:
        "../../envs/n2mu.yaml"
    shell:
        "n2mu --log {log:q} workspace {wildcards.fit} --config {CONFIG:q} --slice {params.digest}"
