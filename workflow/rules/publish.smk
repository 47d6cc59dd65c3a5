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


use rule publish as publish_figure with:
    input:
        lambda wildcards: to_publish(f"plots/{wildcards.product}"),
    wildcard_constraints:
        product=r"ranking\.pdf|ranking\.png",
