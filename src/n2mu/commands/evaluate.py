"""``n2mu evaluate``."""

import logging

from n2mu.commands.options import DEFAULT_CONFIG, Config, Slice

logger = logging.getLogger(__name__)


def command(config: Config = DEFAULT_CONFIG, expected: Slice = None) -> None:
    """Compare all models on events that none of their decisions has seen.

    Reads all skims and scores; writes results/ANALYSIS/evaluation/evaluation.json.

    Example: n2mu evaluate
    """
    from n2mu.commands.job import open_job, require_slice

    job = open_job(config)
    settings = job.slices.evaluate()
    require_slice(settings, expected)
    from n2mu.evaluation.stage import run_evaluate

    output = job.paths.evaluation("evaluation.json")
    run_evaluate(settings, job.skims, job.scores, output)
    logger.info("wrote %s", output)
