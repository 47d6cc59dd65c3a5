"""Bins of histograms taken from their bytes, against uproot and ROOT."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import uproot

from n2mu.inputs.header import UnexpectedError
from n2mu.templates import stored

MACRO = """
#include "TF1.h"
#include "TFile.h"
#include "TH1.h"
#include "TProfile.h"
#include "TRandom3.h"
void histograms(const char* path) {
  TFile file(path, "RECREATE");
  TRandom3 random(1);
  double edges[] = {0, 0.5, 2, 7};
  TH1D weighted("weighted", "with squares", 3, edges); weighted.Sumw2();
  TH1D dressed("dressed", "all that can be attached", 5, 0, 1); dressed.Sumw2();
  TH1D plain("plain", "", 4, 0, 1);
  TH1F single("single", "", 4, 0, 1); single.Sumw2();
  TProfile profile("profile", "", 3, 0, 1);
  TH1D empty("empty", "", 2, 0, 1);
  for (int i = 0; i < 300; i++) {
    double x = random.Exp(2), w = random.Gaus(1, 2);
    weighted.Fill(x, w); dressed.Fill(x, w); plain.Fill(x); single.Fill(x, w); profile.Fill(x, w);
  }
  const char* names[] = {"a", "b", "c", "d", "e"};
  for (int i = 0; i < 5; i++) dressed.GetXaxis()->SetBinLabel(i + 1, names[i]);
  dressed.SetContour(3); dressed.SetMaximum(7.5); dressed.SetBit(16);
  dressed.GetListOfFunctions()->Add(new TF1("f", "[0] * x", 0, 1));
  file.Write();
}
"""
DIRECT = {"weighted": 3, "dressed": 5}


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path]:
    with warnings.catch_warnings():
        # the wheel announces at import that it is an alpha distribution
        warnings.simplefilter("ignore")
        root = pytest.importorskip("ROOT", reason="ROOT is not installed")
    assert root.gInterpreter.Declare(MACRO)
    path = tmp_path_factory.mktemp("histograms") / "histograms.root"
    root.histograms(str(path))
    return root, path


def test_contents_and_squared_weights_are_those_of_root_and_uproot(path: tuple[Any, Path]) -> None:
    root, name = path
    opened = root.TFile(str(name))
    with uproot.open(name) as file:
        for key in ("weighted", "dressed", "plain", "single", "empty"):
            values, squares = stored.bins_of(file, key)
            expected, bins = opened.Get(key), range(1, len(values) + 1)
            assert values.tolist() == [expected.GetBinContent(i) for i in bins]
            assert np.sqrt(squares) == pytest.approx([expected.GetBinError(i) for i in bins])
            assert np.array_equal(squares, file[key].variances())


def test_what_is_no_histogram_of_doubles_with_squares_is_left_to_uproot(
    path: tuple[Any, Path],
) -> None:
    with uproot.open(path[1]) as file:
        for key in file.keys(cycle=False, filter_classname=["TH1*", "TProfile"]):
            if key in DIRECT:
                assert len(stored._bins(file.key(key))[0]) == DIRECT[key]
                continue
            with pytest.raises(UnexpectedError):
                stored._bins(file.key(key))
            assert stored.bins_of(file, key)[1].tolist() == file[key].variances().tolist()
