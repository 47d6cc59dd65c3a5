"""The events of config/hzgamma: what they cost, what their limits leave out, what they look like.

``python -m benchmarks.hzgamma NTUPLES`` reads ntuples of a directory and writes the figures of
docs/hzgamma.md; ``python -m benchmarks.hzgamma`` generates events. Both print tables of that page.
"""

import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import uproot

from benchmarks.timing import one_core, print_table
from n2mu.config.load import load
from n2mu.demo.hzgamma import pythia
from n2mu.demo.hzgamma.output import make_events
from n2mu.demo.hzgamma.particles import leptons_and_photons
from n2mu.demo.hzgamma.plan import HZGammaFile, plan
from n2mu.demo.hzgamma.select import branches, choose
from n2mu.expressions import parse

ROOT = Path(__file__).parents[1]
CONFIGURATION = load(ROOT / "config/hzgamma.yaml")
TIMED = {"signal": 3000, "background": 5000}
WIDE = (
    "PhaseSpace:pTHatMin = 5.",
    "PhaseSpace:mHatMin = 70.",
    "PhaseSpace:mHatMax = 500.",
    "23:mMin = 20.",
)
"""Limits of the background that leave out next to nothing."""
WIDE_EVENTS = 40_000

LARGER = 100
"""How many times its expectation the signal of the figure is."""

ANGLES = {
    "cos_production": (r"$\cos\Theta$", -1.0, 1.0),
    "cos_decay": (r"$\cos\theta$", -1.0, 1.0),
    "phi_decay": (r"$\phi$", -np.pi, np.pi),
}


def main() -> None:
    """Generate events: time, acceptance, and what the limits leave out."""
    rows = []
    for process, events in TIMED.items():
        file = some(process, events)
        with one_core():
            start = time.process_time()
            columns, metadata = make_events(file)
            seconds = time.process_time() - start
        total, selected = metadata["totalEventsWeighted"][0], int(in_region(columns).sum())
        rows.append(
            [
                process,
                f"{1e3 * seconds / events:.2f}",
                f"{1e3 * seconds / selected:.1f}",
                f"{len(columns['m_ll']) / total:.3f}",
                f"{selected / total:.4f}",
            ]
        )
    print_table(
        "Events of one interaction of the protons",
        ["process", "ms per event", "ms per selected event", "in ntuples", "in signal region"],
        rows,
    )
    left_out()


def some(process: str, events: int) -> HZGammaFile:
    """Return a planned file with another number of events."""
    file = next(file for file in plan("benchmark") if file.process == process)
    return replace(file, events=events)


def in_region(columns: Mapping[str, Any]) -> Any:
    """Return which events are in the signal region."""
    return parse(CONFIGURATION.regions.preselection).select(columns, len(columns["m_ll"]))


class Looking(pythia.Central):
    """Notes the largest pseudorapidity in every hard process and gives none up."""

    def __init__(self, largest_eta: float) -> None:
        super().__init__(largest_eta)
        self.seen: list[float] = []

    def doVetoProcessLevel(self, process: Any) -> bool:
        """Note one."""
        particles = [process[place] for place in range(process.size())]
        self.seen.append(max(abs(p.eta()) for p in particles if p.status() > 0))
        return False


def left_out() -> None:
    """Print which background of the signal region comes from outside the generator's limits."""
    import pythia8mc

    generator = pythia8mc.Pythia("", False)
    settings = (*pythia.COMMON, *pythia.PROCESSES["background"], *WIDE, "PartonLevel:MPI = off")
    for setting in settings:
        assert generator.readString(setting)
    hook = Looking(np.inf)
    generator.setUserHooksPtr(hook)
    assert generator.init()
    rng = np.random.default_rng(1)
    found = []
    for _ in range(WIDE_EVENTS // 500):
        hook.seen.clear()
        batch = generator.nextBatch(500)
        chosen = choose(*leptons_and_photons(pythia.visible(batch)), rng)
        selected = chosen.rows[in_region(branches(chosen))]
        info = batch["info"]
        pt, mass = np.sqrt(np.asarray(info["pT2Hat"])), np.asarray(info["mHat"])
        found.append(np.stack([np.array(hook.seen), pt, mass], axis=1)[selected])
    eta, pt, mass = np.concatenate(found).T
    outside = {
        "pT below 10 GeV": pt < 10,
        "mass below 90 GeV": mass < 90,
        "mass above 250 GeV": mass > 250,
        "|eta| above 3.5": eta > pythia.LARGEST_ETA["background"],
    }
    print_table(
        f"Background of the signal region ({len(eta)} events) outside the limits",
        ["limit", "share [%]", "error [%]"],
        [[n, f"{100 * s.mean():.2f}", f"{100 * error(s):.2f}"] for n, s in outside.items()],
    )


def error(chosen: Any) -> float:
    """Return the binomial error of a share."""
    share = np.mean(chosen)
    return float(np.sqrt(share * (1 - share) / len(chosen)))


def described(directory: Path) -> None:
    """Print what ntuples hold at the configured luminosity, and draw it."""
    selected, expected, rows = {}, {}, []
    for process, entry in CONFIGURATION.inputs.inputs.items():
        paths = sorted((directory / process).glob("*.root"))
        columns = uproot.concatenate(dict.fromkeys(paths, "events"), library="np")
        counts = [uproot.open(path)["sumWeights"]["totalEventsWeighted"].array() for path in paths]
        total = float(np.sum(counts))
        chosen = in_region(columns)
        luminosity = CONFIGURATION.inputs.luminosity
        assert isinstance(luminosity, dict)
        assert entry.cross_section is not None
        weight = luminosity["run2"] * entry.cross_section * entry.factors / total
        selected[process] = {name: values[chosen] for name, values in columns.items()}
        expected[process] = weight * int(chosen.sum())
        spread = np.median(selected[process]["sigma_m_llgamma"])
        rows.append(
            [
                process,
                f"{total:.0f}",
                str(len(chosen)),
                str(int(chosen.sum())),
                f"{chosen.sum() / total:.4f}",
                f"{expected[process]:.1f}",
                f"{spread:.2f}",
            ]
        )
    print_table(
        f"Ntuples in {directory}",
        ["process", "generated", "in ntuples", "selected", "share", "expected", "sigma(m) [GeV]"],
        rows,
    )
    mass = selected["signal"]["m_llgamma"]
    low, high = np.percentile(mass, [5, 95])
    background = selected["background"]["m_llgamma"]
    inside = np.mean((background > low) & (background < high)) * expected["background"]
    signal = 0.9 * expected["signal"]
    significance = np.sqrt(2 * ((signal + inside) * np.log1p(signal / inside) - signal))
    pulls = (mass - 125) / selected["signal"]["sigma_m_llgamma"]
    core = np.diff(np.percentile(pulls, [15.87, 84.13]))[0] / 2
    print(f"5 to 95 % of the signal: {low:.2f} to {high:.2f} GeV; its pulls spread by {core:.2f}")
    print(f"without bins: {signal:.0f} signal on {inside:.0f}, significance {significance:.3f}")
    draw(selected, expected)


def draw(selected: Mapping[str, Mapping[str, Any]], expected: Mapping[str, float]) -> None:
    """Draw the mass, with a larger signal and without, and the angles."""
    from n2mu.plots.style import axes_in_inches, house_style, new_figure

    samples = CONFIGURATION.samples.samples
    with house_style():
        figure = new_figure(9.4, 3.6)
        edges = np.linspace(100, 180, 81)
        heights = {
            p: np.histogram(selected[p]["m_llgamma"], edges)[0]
            / len(selected[p]["m_llgamma"])
            * expected[p]
            for p in expected
        }
        for column, factor in enumerate((LARGER, 1)):
            axes = axes_in_inches(figure, 0.95 + 4.7 * column, 0.65, 3.5, 2.75)
            filled = heights["background"] / 1e3
            title = f"{samples['signal'].title}{f' times {LARGER}' if factor > 1 else ''}"
            whole = filled + factor * heights["signal"] / 1e3
            axes.stairs(whole, edges, fill=True, color=samples["signal"].colour, label=title)
            background = samples["background"]
            axes.stairs(filled, edges, fill=True, color=background.colour, label=background.title)
            axes.set_xlabel(r"$m_{\ell\ell\gamma}$ [GeV]")
            axes.set_ylabel("Thousand events / GeV")
            axes.set_ylim(0, 1.3 * whole.max())
            axes.legend(loc="upper right", borderaxespad=0.6)
        figure.savefig(ROOT / "docs/images/hzgamma_mass.png", dpi=110)
        figure = new_figure(9.4, 3.2)
        for column, (name, (title, low, high)) in enumerate(ANGLES.items()):
            axes = axes_in_inches(figure, 0.7 + 3.1 * column, 0.65, 2.2, 2.3)
            edges = np.linspace(low, high, 21)
            for process, columns in selected.items():
                narrow = np.abs(columns["m_llgamma"] - 125) < 5
                shape = np.histogram(columns[name][narrow], edges, density=True)[0]
                sample = samples[process]
                axes.stairs(shape, edges, color=sample.colour, label=sample.title)
            axes.set_xlabel(title)
            axes.set_ylabel("Density")
            axes.set_ylim(0, 1.5 * max(axes.get_ylim()[1] / 1.05, 0))
            axes.legend(loc="upper right", borderaxespad=0.6)
        figure.savefig(ROOT / "docs/images/hzgamma_angles.png", dpi=110)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        described(Path(sys.argv[1]))
    else:
        main()
