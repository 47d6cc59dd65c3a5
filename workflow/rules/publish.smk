localrules:
    publish,
    publish_figure,


rule publish:
    """Copy a product of the published fit to the top of the results."""
    input:
        lambda wildcards: to_publish(wildcards.product),
    output:
        published("{product}"),
    log:
        log_of("publish", "product"),
    wildcard_constraints:
        product=r"mu_fit\.json|ranking\.json",
    conda:
        "../../envs/n2mu.yaml"
    params:
        origin=origin_of(["templates", "workspace", "fit"], published_fit),
    shell:
        "cp {input:q} {output:q} 2> {log:q}"


rule publish_figure:
    """Copy the ranking of the published fit, drawn, to the top of the results."""
    input:
        [to_publish(f"plots/ranking.{suffix}") for suffix in ("pdf", "png")],
    output:
        [published(f"ranking.{suffix}") for suffix in ("pdf", "png")],
    log:
        log_of("publish_figure"),
    conda:
        "../../envs/n2mu.yaml"
    params:
        directory=published(""),
        origin=origin_of(["templates", "workspace", "fit"], published_fit),
    shell:
        "cp {input:q} {params.directory:q} 2> {log:q}"
