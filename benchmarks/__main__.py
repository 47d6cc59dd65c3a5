"""Run benchmarks: all of them, or those named on the command line."""

import importlib
import os
import sys

BENCHMARKS = {
    "skim": "the skim beside decompression alone, naive uproot and RDataFrame; about five minutes",
    "skim_tth": "the whole skim of config/tth beside the same done naively; about five minutes",
    "listing": "listing thousands of files, at first and again; about a minute",
    "opening": "opening trees of thousands of branches beside uproot; half a minute",
    "templates": "all templates of a fit of config/tth beside reading their columns; ten minutes",
    "scoring": "scoring to friend trees beside the forward passes alone; two minutes",
    "training": "training beside Lightning and rtdl_revisiting_models, DisCo; about five minutes",
    "fit": "fits and rankings beside pyhf + MINUIT, cabinetry and nextstat; about ten minutes",
    "thesis": "the demo of size thesis through the workflow; hours, only if named",
    "demo": "the built-in Monte Carlo: events per second, rates beside the thesis; three minutes",
    "hzgamma": "events of PYTHIA: their cost, and what its limits leave out; a minute",
    "dag": "the plan of an analysis of 2.7 TB, from a listing without files; half a minute",
}
ONLY_IF_NAMED = {"thesis"}


def main(names: list[str]) -> None:
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        known = "\n".join(f"  {name}: {what}" for name, what in BENCHMARKS.items())
        sys.exit(f"no benchmark '{unknown[0]}'; there are\n{known}")
    for name in names or [n for n in BENCHMARKS if n not in ONLY_IF_NAMED]:
        importlib.import_module(f"benchmarks.{name}").main()


if __name__ == "__main__":
    # libraries read these when they are loaded
    for variable in ("OMP", "OPENBLAS", "MKL", "RAYON"):
        os.environ[f"{variable}_NUM_THREADS"] = "1"
    main(sys.argv[1:])
