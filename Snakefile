from snakemake.utils import min_version

min_version("9.19")


# another main configuration takes its place, where Snakemake would mix the two
if not workflow.overwrite_configfiles:

    configfile: "config/config.yaml"


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"
include: "workflow/rules/demo.smk"
include: "workflow/rules/skim.smk"
include: "workflow/rules/gather.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/study.smk"
include: "workflow/rules/score.smk"
include: "workflow/rules/evaluate.smk"
include: "workflow/rules/templates.smk"
include: "workflow/rules/workspace.smk"
include: "workflow/rules/fit.smk"
include: "workflow/rules/plot.smk"
include: "workflow/rules/publish.smk"
include: "workflow/rules/ending.smk"


rule all:
    default_target: True
    input:
        published("mu_fit.json"),
        published("ranking.json"),
        published("ranking.pdf"),
        published("ranking.png"),
        plots_of_all_fits,
        job().paths.model_plots,
        job().paths.tables("cutflow.html"),
    localrule: True
