"""Sums of weights from histograms that ROOT wrote, with bins that ROOT finds by their label."""

from pathlib import Path
from typing import Any

import pytest

from n2mu.config.inputs import SumOfWeights
from n2mu.errors import InputError
from n2mu.inputs.ntuple import open_ntuple
from n2mu.inputs.sums import sums_of_weights


@pytest.fixture(scope="module")
def ntuple(root: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = tmp_path_factory.mktemp("sums") / "ntuple.root"
    file = root.TFile.Open(str(path), "RECREATE")
    histogram = root.TH1D("cutbook", "", 4, 0, 4)
    for number in range(1, 5):
        histogram.SetBinContent(number, 10.0 * number)
    for number, label in ((3, "weighted"), (1, "raw"), (4, "squared")):
        histogram.GetXaxis().SetBinLabel(number, label)
    histogram.Write()
    profile = root.TProfile("profile", "", 2, 0, 2)
    profile.Fill(0.5, 3.0)
    profile.Fill(0.5, 5.0)
    profile.Write()
    file.Close()
    return path


def read(path: Path, histogram: str, number: int | str) -> float:
    source = SumOfWeights(histogram=histogram, bin=number)
    with open_ntuple(path) as file:
        return sums_of_weights(source, "nominal", {"nominal": histogram}, file, path)["nominal"]


@pytest.mark.parametrize("label", ["weighted", "raw", "squared"])
def test_a_bin_is_found_by_its_label_in_whatever_order_bins_were_labelled(
    root: Any, ntuple: Path, label: str
) -> None:
    file = root.TFile.Open(str(ntuple))
    histogram = file.Get("cutbook")
    expected = histogram.GetBinContent(histogram.GetXaxis().FindFixBin(label))
    file.Close()
    assert read(ntuple, "cutbook", label) == expected


def test_a_label_that_no_bin_has_is_refused_with_the_nearest(ntuple: Path) -> None:
    with pytest.raises(InputError, match=r"has no bin 'weigthed'; did you mean 'weighted'\?"):
        read(ntuple, "cutbook", "weigthed")


def test_a_profile_holds_means_and_is_no_sum_of_weights(ntuple: Path) -> None:
    with pytest.raises(InputError, match="'profile' is a TProfile, expected a TH1"):
        read(ntuple, "profile", 1)
