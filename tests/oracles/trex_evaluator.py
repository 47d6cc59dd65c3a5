"""What TRExFitter would fill, computed by ROOT from the text of its configuration.

Only documented rules: an event counts Lumi x LumiScale x the weights of Job, Region and Sample if
it passes the selections of all three; observed events have no weights.  A Systematic replaces
paths, files or trees; WeightUp replaces the weight of the Sample, WeightSufUp multiplies it.
"""

import array
from pathlib import Path

import numpy as np
import pytest

from n2mu.interop.trex_text import Block, items, read_blocks, split, unquoted

ROOT = pytest.importorskip("ROOT", reason="ROOT has a wheel for Python 3.11 on Linux only")


class Evaluator:
    """The histograms of a configuration with ntuples."""

    def __init__(self, config: Path) -> None:
        self.blocks = read_blocks(config)
        (self.job,) = self.of("Job")

    def of(self, kind: str) -> list[Block]:
        return [block for block in self.blocks if block.kind == kind]

    def block(self, kind: str, name: str) -> Block:
        (found,) = (block for block in self.of(kind) if block.name == name)
        return found

    def histogram(
        self, region: str, sample: str, systematic: str | None = None, side: str = "Up"
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return contents and sums of squared weights [bins] of a Sample block in a region."""
        where, what = self.block("Region", region), self.block("Sample", sample)
        varied = None if systematic is None else self.block("Systematic", systematic)
        edges = self._edges(where)
        total = ROOT.TH1D("total", "", len(edges) - 1, array.array("d", edges))
        total.Sumw2()
        total.SetDirectory(ROOT.gROOT)
        observable = unquoted(split(text(where, "Variable") or "")[0])
        files = self._list(what, varied, side, "NtupleFile")
        scales = [float(s) for s in items(text(what, "LumiScales", "LumiScale") or "1")]
        scales = scales * len(files) if len(scales) == 1 else scales
        for path in self._list(what, varied, side, "NtuplePath"):
            for name, scale in zip(files, scales, strict=True):
                for tree_name in self._list(what, varied, side, "NtupleName"):
                    file = ROOT.TFile.Open(f"{path}/{name}.root")
                    tree = file.Get(tree_name)
                    friend = text(what, "FriendPath") or text(self.job, "FriendPath")
                    if varied is not None:
                        friend = text(varied, f"FriendPaths{side}") or friend
                    if text(what, "UseFriend") == "TRUE":
                        assert tree.AddFriend(tree_name, f"{friend}/{name}.root")
                    weight = self._weight(where, what, varied, side, scale)
                    cut = self._selection(where, what)
                    ROOT.gROOT.cd()  # where the histogram is looked for
                    drawn = tree.Draw(f"{observable}>>+total", f"({weight})*({cut})", "goff")
                    assert drawn >= 0, f"ROOT does not understand {observable}, {weight} or {cut}"
                    file.Close()
        bins = range(1, len(edges))
        contents = np.array([total.GetBinContent(i) for i in range(len(edges) + 1)])
        squares = np.array([total.GetSumw2()[i] for i in range(len(edges) + 1)])
        total.Delete()
        merged = text(self.job, "MergeUnderOverFlow") != "FALSE"
        for values in (contents, squares):
            if merged:
                values[1] += values[0]
                values[-2] += values[-1]
        return contents[bins.start : bins.stop], squares[bins.start : bins.stop]

    def _edges(self, region: Block) -> list[float]:
        binning = text(region, "Binning")
        if binning is not None:
            return [float(edge) for edge in items(binning)]
        _, bins, low, high = split(text(region, "Variable") or "")
        return [float(edge) for edge in np.linspace(float(low), float(high), int(bins) + 1)]

    def _list(self, sample: Block, varied: Block | None, side: str, option: str) -> list[str]:
        if varied is not None:
            own = text(varied, f"{option}s{side}", f"{option}{side}")
            if own is not None:
                return items(own)
        found = text(sample, f"{option}s", option) or text(self.job, f"{option}s", option)
        suffix = "" if varied is None else text(varied, f"{option}Suf{side}") or ""
        return [value + suffix for value in items(found or "")]

    def _weight(
        self, region: Block, sample: Block, varied: Block | None, side: str, scale: float
    ) -> str:
        if text(sample, "Type") == "DATA":
            return "1"
        factors = [f"{scale!r}"]
        own = text(sample, "MCweight") or "1"
        if varied is not None:
            own = text(varied, f"Weight{side}") or own
            factors.append(text(varied, f"WeightSuf{side}") or "1")
        factors.append(own)
        if text(sample, "NormalizedByTheory") != "FALSE":
            factors.append(text(self.job, "Lumi") or "1")
            factors += [text(block, "MCweight") or "1" for block in (self.job, region)]
        return "*".join(f"({factor})" for factor in factors)

    def _selection(self, region: Block, sample: Block) -> str:
        cuts = [text(block, "Selection") or "1" for block in (self.job, region, sample)]
        return "&&".join(f"({cut})" for cut in cuts)


def text(block: Block, *names: str) -> str | None:
    option = next((block.options[name] for name in names if name in block.options), None)
    return None if option is None else unquoted(option.text)
