if job().configuration.main.demo is not None:

    rule generate_ntuples:
        """Generate the ntuples of one chunk with the built-in Monte Carlo."""
        output:
            next(iter(job().bases.values())) / "{chunk}.json",
        log:
            log_of("demo", "chunk"),
        benchmark:
            benchmark_of("demo", "chunk")
        conda:
            "../../envs/n2mu.yaml"
        resources:
            mem_mb=growing(2000),
            runtime=growing(30),
        params:
            cfg=lambda wildcards: canonical_json(
                [file.content for file in job().slices.ntuples(wildcards.chunk)]
            ),
        shell:
            "n2mu --log {log:q} demo {wildcards.chunk}"
