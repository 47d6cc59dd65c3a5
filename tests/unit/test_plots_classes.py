"""Classes of models look like the processes that they are."""

from typing import Any

from n2mu.plots.classes import class_colours, class_title
from n2mu.plots.colours import PALETTE, SIGNAL, fold_shade
from n2mu.plots.settings import PlotSettings

LABELS = {"experiment": "Test", "energy": "13 TeV", "luminosity": "1 fb"}


def style(**samples: dict[str, Any]) -> PlotSettings:
    kinds = {n: {"kind": "signal" if n.startswith("s") else "background"} for n in samples}
    told = {name: kinds[name] | sample for name, sample in samples.items()}
    return PlotSettings.model_validate({"labels": LABELS, "regions": {}, "samples": told})


def test_a_class_has_the_colour_and_the_title_of_its_sample_or_group() -> None:
    told = style(
        tZ={"training_class": "rest", "group": "Other", "colour": "#94a4a2"},
        tW={"training_class": "rest", "group": "Other"},
        fake={"colour": "#92dadd"},
        ttW={"training_class": "W", "title": "$ttW$", "colour": "#ffa90e"},
        sH={"training_class": "H"},
    )
    colours = class_colours(["H", "W", "rest"], told)
    assert colours == {"H": SIGNAL, "W": "#ffa90e", "rest": "#94a4a2"}
    assert [class_title(name, told) for name in ("H", "W", "rest", "none")] == [
        "sH",
        "$ttW$",
        "Other",
        "none",
    ]


def test_a_class_of_several_processes_has_a_colour_of_none() -> None:
    told = style(
        a={"training_class": "mix", "colour": PALETTE[0]},
        b={"training_class": "mix", "colour": PALETTE[2]},
        s1={"training_class": "signal", "colour": "#123456"},
        s2={"training_class": "signal", "colour": "#654321"},
    )
    colours = class_colours(["background", "mix", "signal"], told)
    assert colours == {"background": PALETTE[1], "mix": PALETTE[3], "signal": SIGNAL}


def test_classes_of_one_process_are_told_apart() -> None:
    told = style(
        a={"training_class": "low", "group": "Jets"},
        b={"training_class": "high", "group": "Jets"},
        s={"training_class": "signal"},
    )
    colours = class_colours(["signal", "low", "high"], told)
    assert len(set(colours.values())) == 3
    assert [class_title(name, told) for name in ("low", "high")] == ["low", "high"]


def test_folds_look_like_no_process() -> None:
    shades = [fold_shade(fold, 5) for fold in range(5)]
    assert len({*shades, *PALETTE, SIGNAL}) == 5 + len(PALETTE) + 1
    assert fold_shade(0, 1) == shades[0]
