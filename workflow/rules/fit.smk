rule fit:
    """Fit the signal strength of one fit."""
    input:
        workspace=job().paths.fit("{fit}", "workspace.json"),
        report=job().paths.fit("{fit}", "templates_report.json"),
    output:
        mu_fit=job().paths.fit("{fit}", "mu_fit.json"),
        postfit=job().paths.fit("{fit}", "postfit.json"),
    log:
        log_of("fit", "fit"),
    benchmark:
        benchmark_of("fit", "fit")
    conda:
        "../../envs/n2mu.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        cfg=cfg("fit", "fit"),
        digest=digest_of("fit", "fit"),
        code=code_of("fit"),
        origin=origin_of(["templates", "workspace"], this_fit),
    shell:
        "n2mu --log {log:q} fit {input.workspace:q} -o {output.mu_fit:q} --name {wildcards.fit}"
        " --slice {params.digest}"


rule rank_parameters:
    """Rank the nuisance parameters of one fit by their impact on the signal strength."""
    input:
        workspace=job().paths.fit("{fit}", "workspace.json"),
        mu_fit=job().paths.fit("{fit}", "mu_fit.json"),
    output:
        job().paths.fit("{fit}", "ranking.json"),
    log:
        log_of("ranking", "fit"),
    benchmark:
        benchmark_of("ranking", "fit")
    conda:
        "../../envs/n2mu.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(60),
    params:
        cfg=cfg("fit", "fit"),
        digest=digest_of("fit", "fit"),
        code=code_of("fit"),
        origin=origin_of(["templates", "workspace"], this_fit),
    shell:
        "n2mu --log {log:q} ranking {input.workspace:q} --fit {input.mu_fit:q} -o {output:q}"
        " --name {wildcards.fit} --slice {params.digest}"
