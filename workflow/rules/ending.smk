import sys
import time
from pathlib import Path

from n2mu.workflow.ending import failures, summary

STARTED = time.time()


def gpu_stages():
    """Return the stages whose jobs the profile gives a GPU."""
    given = workflow.resource_settings.overwrite_resources
    return [stage for stage in CODE if {"gpu", "gres"} & given.get(stage, {}).keys()]


onsuccess:
    for line in summary(job().paths.root, STARTED, gpu_stages()):
        print(line, file=sys.stderr)


onerror:
    for path in log:
        for line in failures(Path(path), Path.cwd()):
            print(line, file=sys.stderr)
