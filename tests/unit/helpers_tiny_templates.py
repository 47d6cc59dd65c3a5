"""One region of three bins, with templates made of a handful of events."""

from pathlib import Path
from typing import Any

import numpy as np
from helpers_templates import Columns, Tables, hand_scores, hand_skim, identifiers, told_of

from n2mu.products import read_json
from n2mu.templates.histogram import read_root
from n2mu.templates.settings import TemplateSettings
from n2mu.templates.stage import run_templates


def events(n: list[int], weight: list[float], **columns: Any) -> Columns:
    table = {
        **identifiers(0, len(n)),
        "n2mu_weight": np.array(weight, dtype=np.float64),
        "n": np.array(n, dtype=np.int64),
    }
    return table | {name: np.array(values, dtype=np.float64) for name, values in columns.items()}


def spread(per_bin: list[float], weight: float = 1.0, **factors: list[float]) -> Columns:
    """Events of one weight: so many of bin 0, 1, ...; factors are those of the bins."""
    n = np.repeat(np.arange(len(per_bin)), np.array(per_bin, dtype=int))
    columns = {f"n2mu_weight_{k}": weight * np.array(v)[n] for k, v in factors.items()}
    return events(n.tolist(), [weight] * len(n), **columns)


class Tiny:
    """One region of three bins, a signal and two backgrounds, each with a data set of its own."""

    def __init__(self, path: Path, **data_sets: Columns | dict[str, Columns]) -> None:
        self.path = path
        tables: Tables = {
            "sig": {"nominal": spread([10, 20, 40], 0.1)},
            "ttW": {"nominal": spread([40, 40, 20])},
            "tt": {"nominal": spread([100, 50, 20])},
        }
        for name, table in data_sets.items():
            tables[name] = table if "nominal" in table else {"nominal": table}
        self.tables = tables
        sums = {name: {"nominal": 1.0} for name in tables}
        self.skim = hand_skim(path / "skim" / "c0", tables, sums)
        self.scores = hand_scores(path / "scores" / "c0", tables)

    def run(self, systematics: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
        samples = {
            "sig": {"kind": "signal", "selection": "1", "data_sets": ["sig"]},
            "ttW": {"kind": "background", "selection": "1", "data_sets": ["ttW"]},
            "tt": {"kind": "background", "selection": "1", "data_sets": ["tt"]},
            **changes.pop("samples", {}),
        }
        regions = {
            "SR": {
                "role": "signal",
                "selection": "n >= 0",
                "observable": "n",
                "binning": changes.pop("binning", {"edges": [-0.5, 0.5, 1.5, 2.5]}),
            }
        }
        told = TemplateSettings.model_validate(
            {
                "fit": "toy",
                "regions": regions,
                "samples": samples,
                "data_sets": {
                    name: {"luminosity": 1.0, "cross_section": 1.0} for name in self.tables
                },
                "systematics": {
                    name: told_of(name, entry, ["SR"])
                    for name, entry in (systematics or {}).items()
                },
                "scores": [],
                "blinding_threshold": 100.0,
                **changes,
            }
        )
        report = self.path / "templates_report.json"
        run_templates(
            told,
            [self.skim],
            [self.scores],
            self.path / "friends",
            self.path / "templates.root",
            report,
        )
        found: dict[str, Any] = read_json(report)
        return found

    def yields(self, sample: str, variation: str = "nominal", **options: Any) -> list[float]:
        found = read_root(self.path / "templates.root", **options)["SR"][sample][variation]
        return [float(x) for x in found.sumw]


def only(report: dict[str, Any], systematic: str, sample: str = "tt") -> dict[str, Any]:
    (entry,) = [
        e for e in report["effects"] if (e["systematic"], e["sample"]) == (systematic, sample)
    ]
    found: dict[str, Any] = entry
    return found


def weight(name: str, **changes: Any) -> dict[str, Any]:
    base = {"kind": "weight", "samples": ["tt"], "up": f"n2mu_weight_{name}_up"}
    if "symmetrisation" not in changes or changes["symmetrisation"] != "one_sided":
        base["down"] = f"n2mu_weight_{name}_down"
    return {name: {**base, **changes}}


def varied(path: Path, up: list[float], down: list[float]) -> Tiny:
    """tt has 100, 50 and 20 events; the weights of each bin are multiplied by these factors."""
    return Tiny(path, tt=spread([100, 50, 20], 1.0, w_up=up, w_down=down))


def ghosts(*names: str) -> dict[str, Any]:
    return {name: {"kind": "ghost", "selection": "1", "data_sets": [name]} for name in names}
