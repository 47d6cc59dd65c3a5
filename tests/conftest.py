"""What tests of several stages share: a tiny analysis and small ntuples."""

import copy
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from n2mu.commands.job import Job, open_job
from n2mu.config.inputs import data_sets
from n2mu.config.load import load
from n2mu.inputs.finding import list_ntuples
from n2mu.inputs.listing import read_listing, write_listing
from n2mu.inputs.location import location

# Without this an assertion that fails in one of them says nothing but "AssertionError".
HELPERS = ("config", "scoring", "skim", "toy_templates", "workspace")
pytest.register_assert_rewrite(
    *(f"helpers_{name}" for name in HELPERS), "expression_tree", "histfactory", "trex_evaluator"
)


class _NoDummies(logging.Handler):
    """Makes an error of a glyph that matplotlib replaces, which it does not warn of but logs."""

    def emit(self, record: logging.LogRecord) -> None:
        raise AssertionError(record.getMessage())


logging.getLogger("matplotlib.mathtext").addHandler(_NoDummies(logging.WARNING))

Columns = dict[str, Any]

PARTS: dict[str, Any] = {
    "config": {
        "analysis": "tiny",
        "ntuples": {"disk": "ntuples"},
        "listing": "listing.json",
        "models": ["mlp"],
        "fits": ["score"],
        "publish": "score",
        "labels": {"experiment": "test", "energy": "13 TeV", "luminosity": "1 fb"},
    },
    "inputs": {
        "tree": "nominal",
        "run": "run",
        "event": "event",
        "luminosity": 10.0,
        "sum_of_weights": {"tree": "sumWeights", "branch": "total"},
        "weight": {"generator": "weight_mc", "pileup": "weight_pileup"},
        "inputs": {
            "sig": {"files": "sig_*.root", "cross_section": 1.5},
            "bkg": {"files": "bkg_*.root", "cross_section": 20.0},
        },
    },
    "samples": {
        "samples": {
            "signal": {"kind": "signal", "inputs": ["sig"], "training_class": "sig"},
            "background": {"kind": "background", "inputs": ["bkg"], "training_class": "bkg"},
        }
    },
    "regions": {
        "preselection": "njets >= 2 && pt > 20e3",
        "training": "njets >= 1",
        "regions": {
            "SR": {
                "role": "signal",
                "selection": "njets >= 4 && pt > 20e3",
                "binning": {"quantiles": 2},
            },
            "CR": {
                "role": "control",
                "selection": "njets >= 2 && njets < 4 && pt > 20e3",
                "observable": "pt",
                "binning": {"edges": [20e3, 40e3, 80e3]},
            },
        },
    },
    "features": {
        "features": {
            "x": {},
            "pt": {},
            "charge": {"kind": "categorical", "values": [-1, 1]},
            "tight": {"kind": "categorical", "values": [0, 1]},
            "jets": {"kind": "collection", "branches": ["jets_pt"]},
        }
    },
    "systematics": {
        "systematics": {
            "lumi": {"kind": "norm", "up": 0.02, "down": -0.02, "group": "lumi"},
            "pileup": {
                "kind": "weight",
                "factor": "pileup",
                "up": "weight_pileup_up",
                "down": "weight_pileup_down",
                "group": "detector",
            },
            "scale": {
                "kind": "weight",
                "samples": ["signal"],
                "factor": "generator",
                "up": "weight_mc * 1.25",
                "sum_up": "total_scale",
                "group": "theory",
            },
            "jes": {"kind": "tree", "up": "JES_up", "down": "JES_down", "group": "detector"},
        }
    },
    "models": {
        "folds": 3,
        "classes": ["sig", "bkg"],
        "signal_class": "sig",
        "evaluation_region": "SR",
        "models": {"mlp": {"architecture": "mlp", "validation_region": "SR", "epochs": 1}},
    },
    "fits": {
        "norm_factors": {"mu": {"samples": ["signal"], "bounds": [-5, 10]}},
        "fits": {"score": {"regions": ["SR", "CR"], "observable": "mlp_sig", "poi": "mu"}},
    },
}


def events(seed: int, size: int = 60) -> Columns:
    """Return branches of all common types, with signed weights [size]."""
    random = np.random.default_rng(seed)
    import awkward as ak

    njets = random.integers(0, 7, size)
    return {
        "run": np.full(size, 284500 + seed, dtype=np.int32),
        "event": random.permutation(10 * size)[:size].astype(np.uint64),
        "weight_mc": np.where(random.random(size) < 0.2, -2.0, 3.0).astype(np.float32),
        "weight_pileup": random.uniform(0.5, 1.5, size).astype(np.float32),
        "weight_pileup_up": random.uniform(0.5, 1.5, size),
        "weight_pileup_down": random.uniform(0.5, 1.5, size),
        "njets": njets.astype(np.int32),
        "pt": random.uniform(10e3, 80e3, size).astype(np.float32),
        "x": random.normal(size=size),
        "charge": random.choice([-1, 1], size).astype(np.int8),
        "tight": random.random(size) < 0.5,
        "quality": random.integers(0, 255, size).astype(np.uint8),
        "jets_pt": ak.unflatten(random.exponential(30e3, njets.sum()).astype(np.float32), njets),
    }


def write_ntuple(path: Path, trees: Mapping[str, Mapping[str, Any]]) -> Path:
    """Write trees of branches; awkward arrays become list branches."""
    import awkward as ak
    import uproot

    path.parent.mkdir(parents=True, exist_ok=True)
    with uproot.recreate(path) as file:
        for name, branches in trees.items():
            types = {
                branch: values.dtype
                if isinstance(values, np.ndarray)
                else ak.values_astype(values, np.float32).type.content
                for branch, values in branches.items()
            }
            tree = file.mktree(name, types)
            if len(next(iter(branches.values()))):
                tree.extend(branches)
    return path


def tiny_trees(seed: int, size: int = 60) -> dict[str, Columns]:
    """Return the trees of one ntuple of the tiny analysis."""
    total = np.array([1000.0 + seed, 500.0])
    return {
        "nominal": events(seed, size),
        "JES_up": events(seed + 1000, size + 5),
        "JES_down": events(seed + 2000, size - 7),
        "sumWeights": {"total": total, "total_scale": 1.1 * total},
    }


class TinyAnalysis:
    """An analysis with two inputs in a directory of its own.

    Attributes
    ----------
    directory
        Holds ``config/config.yaml``, ``ntuples/`` and, once listed, ``listing.json``.
    parts
        Content of the YAML files by name; write it with `save`.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.parts = copy.deepcopy(PARTS)
        self.save()

    @property
    def config(self) -> Path:
        """The main configuration file."""
        return self.directory / "config/config.yaml"

    def path(self, part: str) -> Path:
        """Return the file of one part of the configuration."""
        return self.config if part == "config" else self.directory / f"config/tiny/{part}.yaml"

    def save(self) -> None:
        """Write all parts."""
        for part, content in self.parts.items():
            self.path(part).parent.mkdir(parents=True, exist_ok=True)
            self.path(part).write_text(yaml.safe_dump(content, sort_keys=False))

    def change(self, part: str, key: str, value: Any) -> None:
        """Set a key such as ``samples.signal.kind`` and write the part; ``...`` removes it."""
        *parents, last = key.split(".")
        place = self.parts[part]
        for name in parents:
            place = place[name]
        if value is ...:
            del place[last]
        else:
            place[last] = value
        self.save()

    def ntuple(self, name: str) -> Path:
        """Return the path of an ntuple."""
        return self.directory / "ntuples" / name

    def job(self) -> Job:
        """Return what a subcommand knows of the configuration and the listing."""
        return open_job(str(self.config))

    def list(self, chunk_bytes: int = 10**9, workers: int = 1) -> Job:
        """List the ntuples as ``n2mu list`` does, into chunks of some bytes."""
        configuration = load(self.config)
        path = self.directory / "listing.json"
        bases = {name: location(base) for name, base in configuration.main.ntuples.items()}
        previous = read_listing(path) if path.exists() else None
        found = list_ntuples(
            data_sets(configuration.inputs),
            bases,
            previous,
            chunk_bytes,
            configuration.inputs.damaged_files,
            workers,
        )
        write_listing(path, found)
        return self.job()

    def write_ntuples(self) -> None:
        """Write two ntuples of the signal and one of the background."""
        for seed, name in enumerate(("sig_1.root", "sig_2.root", "bkg_1.root"), start=1):
            write_ntuple(self.ntuple(name), tiny_trees(seed))


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TinyAnalysis:
    """A tiny analysis without ntuples; its directory is the current one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("N2MU_CONFIG", raising=False)
    return TinyAnalysis(tmp_path)


@pytest.fixture
def listed(tiny: TinyAnalysis) -> TinyAnalysis:
    """The tiny analysis with listed ntuples, without a mistake."""
    tiny.change("config", "labels.luminosity", "10 pb$^{-1}$")
    tiny.write_ntuples()
    tiny.list()
    return tiny
