rule fill_templates:
    """Fill the templates of one fit: every region, sample and variation."""
    input:
        skims=all_skims,
        scores=scores_of_fit,
    output:
        templates=job().paths.fit("{fit}", "templates.root"),
        report=job().paths.fit("{fit}", "templates_report.json"),
    log:
        log_of("templates", "fit"),
    benchmark:
        benchmark_of("templates", "fit")
    conda:
        "../../envs/n2mu.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        cfg=cfg("templates", "fit"),
        digest=digest_of("templates", "fit"),
        code=code_of("templates"),
    shell:
        "n2mu --log {log:q} templates {wildcards.fit} --slice {params.digest}"
