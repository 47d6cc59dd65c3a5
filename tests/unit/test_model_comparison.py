"""All models beside each other, as far as the signal strength."""

import copy
import re
from typing import Any

import pytest
from plots_products import evaluation, fit_products, history, overlapping, settings, texts

from n2mu.config.comparison import add_comparison, comparison_fits
from n2mu.config.fits import Fits
from n2mu.config.models import Models
from n2mu.errors import ConfigurationError, ProductError
from n2mu.plots.model_comparison import compare_models
from n2mu.plots.model_tables import models_html, models_latex, models_markdown
from n2mu.plots.models_figure import models_figure
from n2mu.plots.models_settings import PlotModelsSettings
from n2mu.plots.training_table import training_html, training_summary

CLASSIFIER = {"architecture": "mlp", "validation_region": "SR", "epochs": 1}
FIT = {"regions": ["SR"], "observable": "a_sig", "poi": "mu", "validation_regions": ["VR"]}


def models(*names: str) -> Models:
    return Models.model_validate(
        {
            "classes": ["sig", "bkg"],
            "signal_class": "sig",
            "evaluation_region": "SR",
            "models": dict.fromkeys(names, CLASSIFIER),
        }
    )


def fits(compared: str | None = "best", **more: Any) -> Fits:
    factor = {"mu": {"samples": ["sig"], "bounds": [0, 5]}}
    content = {"norm_factors": factor, "fits": {"best": FIT, **more}, "compare_models": compared}
    return Fits.model_validate(content)


def test_every_model_gets_the_fit_with_its_own_score() -> None:
    told = models("a", "b", "c")
    made = add_comparison(fits(), "best", told, ["a", "b"], "fits.yaml")
    assert list(made.fits) == ["best", "best_b"]
    assert made.fits["best_b"].observable == "b_sig"
    # what is only looked at costs time and changes nothing
    assert (made.fits["best_b"].validation_regions, made.fits["best_b"].check) == ([], False)
    assert comparison_fits(made, "best", told, ["a", "b"], ["best"]) == {"a": "best", "b": "best_b"}


def test_a_fit_that_is_there_already_is_not_done_twice() -> None:
    told = models("a", "b")
    same = {**FIT, "observable": "b_sig", "title": "b", "validation_regions": []}
    other = {**same, "asimov_mu": 0.5}
    made = add_comparison(fits(same=same, other=other), "best", told, ["a", "b"], "fits.yaml")
    assert list(made.fits) == ["best", "same", "other"]
    assert comparison_fits(made, "best", told, ["a", "b"], ["best", "other"])["b"] == "same"
    assert add_comparison(fits(None), None, told, ["a", "b"], "fits.yaml") == fits(None)
    assert comparison_fits(fits(None), None, told, ["a", "b"], ["best"]) == {}


def test_expected_uncertainties_are_those_of_asimov_data() -> None:
    observed = fits("seen", seen={**FIT, "data": "data"})
    with pytest.raises(ConfigurationError, match=r"fit 'seen' has data: data.*data: asimov"):
        add_comparison(observed, "seen", models("a"), ["a"], "fits.yaml")
    mass = fits("mass", mass={**FIT, "observable": "m_jj"})
    with pytest.raises(ConfigurationError, match="'mass' has observable 'm_jj', which is no score"):
        add_comparison(mass, "mass", models("a"), ["a"], "fits.yaml")
    taken = fits(best_b={**FIT, "asimov_mu": 0.5})
    with pytest.raises(ConfigurationError, match="would be called 'best_b', which is another fit"):
        add_comparison(taken, "best", models("a", "b"), ["b"], "fits.yaml")


def comparison(**changes: Any) -> dict[str, Any]:
    told = PlotModelsSettings(
        style=settings(),
        architectures={"worse": "mlp", "better": "ft_transformer"},
        fits={"better": "best"},
    )
    trained = {m: {f: history(f) for f in range(2)} for m in ("worse", "better")}
    trained["worse"][1] = {**history(1), "members": [history(1), history(1)]}
    contents = [content | changes for content in evaluation()]
    return compare_models(contents, trained, {"best": fit_products(2)[0]}, told)


def test_models_are_listed_by_their_area_with_the_uncertainty_of_their_fit() -> None:
    found = comparison()
    assert [entry["model"] for entry in found["models"]] == ["better", "worse"]
    better, worse = found["models"]
    assert better["mu"] == {
        "fit": "best",
        "up": 0.8,
        "down": 0.51,
        "stat_up": 0.49,
        "stat_down": 0.44,
        "significance": 1.9,
    }
    assert worse["mu"] is None
    # all folds, and all seeds of an ensemble
    assert (better["seconds"], worse["seconds"]) == (7.0, 10.5)
    # the area of one class of two is that of the other
    assert better["mean_auc"]["value"] is None


def test_the_tables_show_errors_and_what_does_not_exist() -> None:
    found = comparison(classes=["ttH", "ttW", "tt"])
    row = next(line for line in models_markdown(found).splitlines() if "| better" in line)
    assert "0.833 ± 0.012" in row and "+0.80 / \N{MINUS SIGN}0.51" in row
    assert "\N{EM DASH}" in next(x for x in models_markdown(found).splitlines() if "| worse" in x)
    latex = models_latex(found)
    assert r"$0.833 \pm 0.012$" in latex and r"ft\_transformer" in latex
    assert "$^{+0.80}_{-0.51}$" in latex
    assert "0.833<br>± 0.012" in models_html(found)
    column = models_markdown(found).splitlines()[0].split("|").index(" Parameters ")
    found["models"][0]["parameters"] = 0
    trees = next(line for line in models_markdown(found).splitlines() if "| better" in line)
    assert trees.split("|")[column].strip() == "\N{EM DASH}"


def test_the_figure_of_all_models_has_a_row_per_model() -> None:
    found = comparison(classes=["ttH", "ttW", "tt"])
    figure = models_figure(found, settings())
    assert len(figure.axes) == 5
    assert {"better", "worse", r"$\Delta\mu$"} <= set(texts(figure))
    assert overlapping(figure) == []
    without = copy.deepcopy(found)
    for entry in without["models"]:
        entry["mu"] = None
    assert len(models_figure(without, settings()).axes) == 4


def test_models_of_different_regions_are_not_compared() -> None:
    contents = evaluation()
    contents[0]["region"] = "CR"
    told = PlotModelsSettings(style=settings(), architectures={})
    with pytest.raises(ProductError, match="in different regions, CR and SR"):
        compare_models(contents, {}, {}, told)


def test_the_page_says_what_models_were_trained_on() -> None:
    summary = training_summary([history(0), history(1)])
    assert summary["classes"]["tt"]["raw"] == 30.5
    assert summary["classes"]["ttH"]["region_scale"] == 1.0
    page = training_html([{"model": "small", "training": summary}])
    rows = [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in page.split("</tr>")]
    assert [row[-1] for row in rows if row] == ["1", "not scaled"]
    assert rows[1][2:7] == ["90", "9.00", "10.0 %", "absolute", "11.00"]
    plain = history(0)
    plain["weighting"]["region_scales"] = None
    assert training_summary([plain])["classes"]["tt"] == {
        **plain["training_events"]["tt"],
        "region_scale": None,
        "unscaled": False,
    }
