"""Expected events of the built-in Monte Carlo, by process, origin and selection."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from n2mu.config.inputs import Inputs, data_sets
from n2mu.demo.kinematics import Floats
from n2mu.demo.tth.datasets import DATA_SETS
from n2mu.demo.tth.plan import TthFile
from n2mu.expressions import Expression, parse

PROMPT = "prompt"
ALL = "ALL"


def categories(columns: Mapping[str, NDArray[Any]]) -> NDArray[np.str_]:
    """Return the origin of the two leading leptons and the leading tau of events.

    ``prompt``, or what is misidentified: ``tau``, ``e``, ``mu`` and ``QmisID`` joined by
    ``+`` in this order, such as ``tau+e`` or ``e+mu``.
    """
    parts = [("tau", columns["taus_isHadronicTau_0"] == 0)]
    fakes = [columns[f"lep_isFakeLep_{i}"] == 1 for i in (0, 1)]
    for label, number in (("e", 11), ("mu", 13)):
        count = sum(
            (fake & (np.abs(columns[f"lep_ID_{i}"]) == number)).astype(int)
            for i, fake in enumerate(fakes)
        )
        parts += [(label, count >= 1), (label, count >= 2)]
    flipped = (columns["lep_isQMisID_0"] == 1) | (columns["lep_isQMisID_1"] == 1)
    parts.append(("QmisID", flipped))
    result = np.full(len(flipped), "", dtype="<U24")
    for label, chosen in parts:
        text = np.where(result == "", label, np.char.add(result, f"+{label}"))
        result = np.where(chosen, text, result)
    return np.where(result == "", PROMPT, result)


class Yield(NamedTuple):
    """Expected events: raw count, sum of weights and of their squares."""

    raw: int = 0
    weighted: float = 0.0
    squared: float = 0.0

    def plus(self, weights: Floats) -> "Yield":
        """Return this yield with the events of more weights."""
        return Yield(
            self.raw + len(weights),
            self.weighted + float(weights.sum()),
            self.squared + float(np.square(weights).sum()),
        )

    @property
    def error(self) -> float:
        """Statistical uncertainty of the sum of weights."""
        return float(np.sqrt(self.squared))

    @property
    def effective(self) -> float:
        """Number of unweighted events of the same relative uncertainty."""
        return self.weighted**2 / self.squared if self.squared else 0.0


Key = tuple[str, str, str]
"""Group, category, selection."""


class Normalisation:
    """The normalised weight of simulated events, as ``inputs.yaml`` defines it."""

    def __init__(self, inputs: Inputs) -> None:
        every = data_sets(inputs)
        self._expected = {d.name: d.luminosity * d.cross_section for d in every}
        self._factors = {d.name: list((inputs.weight | d.weight).values()) for d in every}

    def weights(self, columns: Mapping[str, Any], data_set: str, total: float) -> Floats:
        """Return expected events per event, shape ``[n]``.

        Parameters
        ----------
        total
            Sum of weights of all generated events of the data set.
        """
        size = len(columns["weight_mc"])
        result: Floats = np.full(size, self._expected[data_set] / total)
        for factor in self._factors[data_set]:
            result *= parse(factor).evaluate(columns, size)
        return result


def count(
    files: Iterable[tuple[TthFile, Mapping[str, Any], float]],
    normalisation: Normalisation,
    selections: Mapping[str, Expression],
) -> dict[Key, Yield]:
    """Return the yields of generated files; ``ALL`` is the ntuple preselection.

    Parameters
    ----------
    files
        Planned file, scalar branches of its nominal tree, and the sum of weights of its
        data set over all files.
    normalisation
        Of the configuration.
    selections
        Expressions by name.
    """
    result: dict[Key, Yield] = {}
    for file, columns, total in files:
        weights = normalisation.weights(columns, file.data_set, total)
        category = categories(columns)
        group = DATA_SETS[file.dsid].group
        passing = {ALL: np.ones(len(weights), dtype=np.bool_)}
        passing |= {n: e.select(columns, len(weights)) for n, e in selections.items()}
        for label in np.unique(category):
            for name, mask in passing.items():
                chosen = weights[mask & (category == label)]
                if len(chosen):
                    key = (group, str(label), name)
                    result[key] = result.get(key, Yield()).plus(chosen)
    return result
