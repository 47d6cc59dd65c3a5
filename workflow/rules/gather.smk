localrules:
    gather_skims,
    gather_models,
    gather_scores,


# what looks at all skims together
GATHERING = ["n2mu.workflow.gather", "n2mu.skim.duplicates", "n2mu.skim.usable"]


rule gather_skims:
    """Let one file stand for the skims of all chunks, if they are sound together."""
    input:
        job().skims,
    output:
        job().paths.gathered("skims"),
    log:
        log_of("gather_skims"),
    conda:
        "../../envs/n2mu.yaml"
    params:
        cfg=cfg("once"),
        digest=digest_of("once"),
        origin=origin_of(["skim"], each_chunk),
        code="".join(map(fingerprint, GATHERING)),
    shell:
        "n2mu --log {log:q} gather skims -o {output:q} --slice {params.digest}"


rule gather_models:
    """Let one file stand for all folds of all models."""
    input:
        every_fold(job().paths.model),
    output:
        job().paths.gathered("models"),
    log:
        log_of("gather_models"),
    conda:
        "../../envs/n2mu.yaml"
    params:
        origin=origin_of(["train"], each_training),
        code=fingerprint("n2mu.workflow.gather"),
    shell:
        "n2mu --log {log:q} gather models -o {output:q}"


rule gather_scores:
    """Let one file stand for the scores of all chunks."""
    input:
        job().scores,
    output:
        job().paths.gathered("scores"),
    log:
        log_of("gather_scores"),
    conda:
        "../../envs/n2mu.yaml"
    params:
        origin=origin_of(["score"], each_chunk),
        code=fingerprint("n2mu.workflow.gather"),
    shell:
        "n2mu --log {log:q} gather scores -o {output:q}"
