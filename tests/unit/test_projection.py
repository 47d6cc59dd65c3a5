"""Fits of what is expected at another luminosity than that of the inputs."""

from typing import Any

import pytest
from tests.conftest import TinyAnalysis, events, write_ntuple

from n2mu.commands.inference import of_luminosity
from n2mu.config.load import load
from n2mu.config.survey import survey
from n2mu.errors import ConfigurationError
from n2mu.fit.settings import Projection
from n2mu.products import write_json
from n2mu.report.settings import report_settings
from n2mu.workflow.slices import Slices
from n2mu.workflow.statistical import FitSlices


def told(tiny: TinyAnalysis, luminosity: float | None) -> tuple[FitSlices, Slices]:
    fit = tiny.parts["fits"]["fits"]["score"]
    fit.pop("luminosity", None)
    if luminosity is not None:
        fit["luminosity"] = luminosity
    tiny.save()
    job = tiny.list()
    return FitSlices(job.slices._analysis, "score"), job.slices


def observed(tiny: TinyAnalysis) -> None:
    inputs, samples = tiny.parts["inputs"]["inputs"], tiny.parts["samples"]["samples"]
    inputs["observed"] = {"files": "obs_*.root", "data": True}
    samples["observed"] = {"kind": "data", "inputs": ["observed"]}


def test_all_simulated_yields_are_scaled_and_data_are_left_out(tiny: TinyAnalysis) -> None:
    tiny.write_ntuples()
    observed(tiny)
    write_ntuple(tiny.ntuple("obs_1.root"), {"nominal": events(77)})
    plain, _ = told(tiny, None)
    scaled, _ = told(tiny, 25.0)  # the inputs have 10
    before, after = plain.templates(), scaled.templates()
    assert before.data == "observed"
    assert after.data is None
    assert {name: entry.luminosity for name, entry in after.data_sets.items()} == {
        name: 2.5 * entry.luminosity
        for name, entry in before.data_sets.items()
        if name != "observed"
    }
    assert (
        after.model_copy(
            update={
                "data_sets": before.data_sets,
                "samples": before.samples,
                "scaling": before.scaling,
                "once": before.once,
            }
        )
        == before
    )
    assert after.once == before.once.model_copy(update={"observed": []})
    assert scaled.workspace().data_sample is None
    assert scaled.fit().projection == Projection(luminosity=25.0, inputs=10.0)
    assert plain.fit().projection is None


def test_figures_of_a_projection_say_its_luminosity_and_no_others(tiny: TinyAnalysis) -> None:
    tiny.write_ntuples()
    _, slices = told(tiny, 400e3)
    text = "projection to 400 fb$^{-1}$"
    assert slices.plot_fit("score").style.labels.luminosity == text
    assert slices.plots("score").labels.luminosity == text
    assert slices.plots().labels.luminosity == "1 fb"


def test_the_report_knows_the_luminosity_of_every_fit(tiny: TinyAnalysis) -> None:
    tiny.write_ntuples()
    fits = tiny.parts["fits"]["fits"]
    fits["inputs"] = dict(fits["score"])
    _, slices = told(tiny, 400e3)
    said = report_settings(load(tiny.config), slices)
    assert said.of_fits("score").style.labels.luminosity == "projection to 400 fb$^{-1}$"
    assert said.of_fits("inputs").style.labels.luminosity == "1 fb"
    assert said.of_fits("score", "inputs").style.labels.luminosity == ""


def test_models_are_not_compared_by_a_projection(tiny: TinyAnalysis) -> None:
    tiny.parts["fits"]["compare_models"] = "score"
    tiny.parts["fits"]["fits"]["score"] |= {"luminosity": 400e3, "data": "asimov"}
    tiny.save()
    with pytest.raises(ConfigurationError, match="'score' is projected to 400000 pb"):
        load(tiny.config)


def test_inference_reads_the_luminosity_of_its_fits(tiny: TinyAnalysis) -> None:
    tiny.write_ntuples()
    style = told(tiny, None)[1].plots()
    paths = []
    for name, luminosity in (("a", None), ("b", 400e3), ("c", 400e3)):
        path = tiny.directory / f"{name}.json"
        projection = {"luminosity": luminosity, "inputs": 10.0}
        write_json(path, {} if luminosity is None else {"projection": projection})
        paths.append(path)
    plain, *projected = paths
    assert of_luminosity(style, [plain]) == style
    assert of_luminosity(style, projected).labels.luminosity == "projection to 400 fb$^{-1}$"
    assert of_luminosity(style, paths).labels.luminosity == ""


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"fits.fits.score.luminosity": 0.01}, "0.01 is below 1 % of the 10 of inputs.yaml; both"),
        ({"fits.fits.score.luminosity": -1}, "expected a number greater than 0, got -1"),
        ({"fits.fits.score.data": "data"}, "observed counts have the luminosity at which they"),
        (
            {"inputs.sum_of_weights": {"normalised": True}},
            "the weights can hold a luminosity of their own",
        ),
    ],
)
def test_a_projection_of_unknown_size_is_refused(
    tiny: TinyAnalysis, changes: dict[str, Any], message: str
) -> None:
    observed(tiny)
    for place, value in {"fits.fits.score.luminosity": 25.0, **changes}.items():
        *path, last = place.split(".")
        content: Any = tiny.parts
        for name in path:
            content = content[name]
        content[last] = value
    for name in ("scale", "pileup"):
        tiny.parts["systematics"]["systematics"].pop(name, None)
    tiny.save()
    with pytest.raises(ConfigurationError) as error:
        load(tiny.config)
    assert message in str(error.value)
    assert any(message in str(mistake) for mistake in survey(tiny.config).mistakes)
