"""Event weights and sums of weights of a skim."""

import numpy as np
import pytest
from helpers_skim import SIGNAL, branches, expected, preselected, skim, table
from tests.conftest import TinyAnalysis, tiny_trees, write_ntuple

from n2mu.errors import ProductError
from n2mu.products import read_json, write_json
from n2mu.skim.read import Skim


def test_the_weight_is_the_product_of_all_factors(tiny: TinyAnalysis) -> None:
    tiny.write_ntuples()
    tiny.change("inputs", "weight.k_factor", 1.25)
    tiny.change("inputs", "weight.jets", "njets == 3 ? 0.5 : Sum$(jets_pt > 20e3)")
    tiny.change("systematics", "systematics.pileup.up", "weight_pileup + 10")
    found = table(skim(tiny), "sig", "nominal")
    hard = np.array([np.sum(np.asarray(event) > 20e3) for event in found["jets_pt"]])
    jets = np.where(found["njets"] == 3, 0.5, hard)
    (columns,) = branches(tiny, ("sig_1.root",), "nominal")
    first = found["n2mu_file"] == 0
    rows = found["n2mu_entry"][first]
    generator = columns["weight_mc"].astype(np.float64)[rows]
    pileup = columns["weight_pileup"].astype(np.float64)[rows]
    rest = 1.25 * jets[first]
    assert found["n2mu_weight"][first] == pytest.approx(generator * pileup * rest, rel=1e-14)
    varied = found["n2mu_weight_pileup_up"][first]
    assert varied == pytest.approx(generator * (pileup + 10) * rest, rel=1e-14)
    assert (found["n2mu_weight"] < 0).any()


@pytest.mark.parametrize("chunk_bytes", [1, 10**9])
def test_sums_of_weights_come_from_the_metadata_of_all_files(
    tiny: TinyAnalysis, chunk_bytes: int
) -> None:
    tiny.write_ntuples()
    source = Skim(skim(tiny, tiny.list(chunk_bytes)))
    # two metadata entries per file: 1000 + seed and 500
    assert source.sum_of_weights("sig") == 1501.0 + 1502.0
    assert source.sum_of_weights("bkg") == 1503.0
    assert source.sum_of_weights("sig", "scale_up") == pytest.approx(1.1 * 3003.0, rel=1e-14)
    # without an own sum the nominal one normalises the variation
    assert source.sum_of_weights("sig", "pileup_up") == 3003.0
    assert source.sum_of_weights("bkg", "scale_up") == 1503.0
    with pytest.raises(ProductError, match="no skim of data set 'sgi'; did you mean 'sig'"):
        source.sum_of_weights("sgi")


def test_entries_can_stand_for_the_sum_of_weights(tiny: TinyAnalysis) -> None:
    tiny.write_ntuples()
    tiny.change("inputs", "sum_of_weights", {"entries": True})
    tiny.change("inputs", "weight", {})
    for name in ("pileup", "scale"):
        tiny.change("systematics", f"systematics.{name}", ...)
    skims = skim(tiny)
    assert Skim(skims).sum_of_weights("sig") == 120
    assert (table(skims, "sig", "nominal")["n2mu_weight"] == 1).all()


def test_a_sum_of_weights_that_cannot_normalise_is_refused(tiny: TinyAnalysis) -> None:
    tiny.write_ntuples()
    for seed, name in enumerate(SIGNAL):
        sums = {"total": np.array([-1.0]), "total_scale": np.array([1.0])}
        write_ntuple(tiny.ntuple(name), {**tiny_trees(seed), "sumWeights": sums})
    source = Skim(skim(tiny))
    with pytest.raises(ProductError, match=r"'sig': sum of weights \(nominal\) is -2\.0, expected"):
        source.sum_of_weights("sig")


def test_a_sum_that_only_some_chunks_have_is_refused(tiny: TinyAnalysis) -> None:
    tiny.write_ntuples()
    skims = skim(tiny, tiny.list(chunk_bytes=1))
    metadata = read_json(skims[1] / "metadata.json")
    del metadata["data_sets"]["sig"]["files"][0]["sums"]["scale_up"]
    write_json(skims[1] / "metadata.json", metadata)
    with pytest.raises(ProductError, match="skimmed without the sum of weights of 'scale_up'"):
        Skim(skims).sum_of_weights("sig", "scale_up")


def test_weights_that_are_normalised_already_are_divided_by_nothing(tiny: TinyAnalysis) -> None:
    tiny.write_ntuples()
    del tiny.parts["systematics"]["systematics"]["scale"]["sum_up"]
    tiny.change("inputs", "sum_of_weights", {"normalised": True})
    directories = skim(tiny)
    assert Skim(directories).sum_of_weights("sig") == 1.0
    files = read_json(directories[0] / "metadata.json")["data_sets"]["sig"]["files"]
    assert [file["sums"] for file in files] == [{}, {}]


def test_an_input_may_have_its_own_expression_for_a_weight_factor(tiny: TinyAnalysis) -> None:
    tiny.write_ntuples()
    tiny.change("inputs", "inputs.bkg.weight", {"pileup": "0.5 * njets"})
    tiny.change("systematics", "systematics.pileup.samples", ["background"])
    directories = skim(tiny)
    found = Skim(directories)
    names = ["n2mu_weight", "n2mu_weight_pileup_up", "njets"]
    (columns,) = branches(tiny, ("bkg_1.root",), "nominal")
    mask = preselected(columns)
    generator = columns["weight_mc"][mask].astype(np.float64)
    table = found.table("bkg", "nominal", names)
    np.testing.assert_array_equal(table["n2mu_weight"], generator * (0.5 * columns["njets"][mask]))
    varied = generator * columns["weight_pileup_up"][mask]
    np.testing.assert_array_equal(table["n2mu_weight_pileup_up"], varied)
    other = expected(tiny, SIGNAL, "nominal", preselected, "nominal")
    np.testing.assert_array_equal(
        found.table("sig", "nominal", ["n2mu_weight"])["n2mu_weight"], other["n2mu_weight"]
    )
