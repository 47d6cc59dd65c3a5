"""The parameters of a workspace: order, kinds, bounds and constraint terms.

Order and defaults are pyhf's (0.7.6), so that a parameter vector means the same in both.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from n2mu.errors import WorkspaceError, counted, nearest
from n2mu.fit.interpolation import FloatArray
from n2mu.fit.workspace import MODIFIER_TYPES, Channel, Modifier, ParameterConfig, Sample, Workspace

BoolArray = NDArray[np.bool_]
Kind = Literal["alpha", "gamma", "norm"]
Constraint = Literal["none", "normal", "poisson"]


@dataclass(frozen=True)
class ParameterSet:
    """One or several parameters of one name.

    A constraint is ``Normal(auxdata | theta, sigmas)`` or ``Poisson(auxdata | factors theta)``;
    lists have one entry per parameter.
    """

    name: str
    kind: Kind
    scalar: bool
    constraint: Constraint
    inits: tuple[float, ...] | None
    bounds: tuple[tuple[float, float], ...] | None
    fixed: tuple[bool, ...]
    auxdata: tuple[float, ...] | None = None
    sigmas: tuple[float, ...] | None = None
    factors: tuple[float, ...] | None = None
    without_uncertainty: tuple[bool, ...] = ()


@dataclass(frozen=True)
class Parameters:
    """All parameters as arrays of shape [parameters].

    Attributes
    ----------
    names
        As in pyhf: ``name``, or ``name[bin]`` where a set has one parameter per bin.
    kinds
        alpha (constrained systematic), gamma (MC statistics of a bin) or norm (free).
    first
        Index of the first parameter of each set.
    normal, poisson
        Which constraint a parameter has, if any.
    auxdata, sigma, factor
        Of the constraint; sigma is 1 and factor 0 where they are not used.
    without_uncertainty
        Gammas that pyhf fixes because their bin has no MC uncertainty.
    """

    names: tuple[str, ...]
    kinds: tuple[Kind, ...]
    first: Mapping[str, int]
    inits: FloatArray
    lower: FloatArray
    upper: FloatArray
    fixed: BoolArray
    normal: BoolArray
    poisson: BoolArray
    auxdata: FloatArray
    sigma: FloatArray
    factor: FloatArray
    without_uncertainty: BoolArray

    def __len__(self) -> int:
        return len(self.names)

    @property
    def constrained(self) -> BoolArray:
        """Which parameters have a constraint."""
        return self.normal | self.poisson

    @property
    def centre(self) -> FloatArray:
        """Where the constraints are centred; NaN for free parameters."""
        centre = np.full(len(self), np.nan)
        centre[self.normal] = self.auxdata[self.normal]
        centre[self.poisson] = self.auxdata[self.poisson] / self.factor[self.poisson]
        return centre

    @property
    def prefit_sigma(self) -> FloatArray:
        """Uncertainty before the fit; 0 for free and for fixed parameters."""
        sigma = np.where(self.normal, self.sigma, 0.0)
        sigma[self.poisson] = 1 / np.sqrt(self.factor[self.poisson])
        return np.where(self.fixed, 0.0, sigma)

    def index(self, name: str) -> int:
        """Return the position of a parameter.

        Raises
        ------
        WorkspaceError
            If there is no such parameter.
        """
        try:
            return self.names.index(name)
        except ValueError:
            hint = nearest(name, self.names)
            raise WorkspaceError(f"the workspace has no parameter '{name}'{hint}") from None


def build_parameters(workspace: Workspace) -> Parameters:
    """Collect the parameters of a workspace in pyhf's order.

    Raises
    ------
    WorkspaceError
        If a name is shared by modifiers that cannot share it, or a measurement configures a
        parameter in a way that does not fit.
    """
    sets: dict[str, ParameterSet] = {}
    by_kind = _users(workspace)
    for kind in MODIFIER_TYPES:
        for name, users in by_kind[kind].items():
            found = _required(workspace, kind, name, users)
            if name in sets and sets[name] != found:
                raise WorkspaceError(
                    f"{workspace.where}: modifier name '{name}' is used by {kind} and by a"
                    " modifier of another kind of parameter; give them different names"
                )
            sets.setdefault(name, found)
    if not sets:
        raise WorkspaceError(f"{workspace.where}: no sample has a modifier, nothing can be fitted")
    configured = [
        _configured(found, workspace.parameters.get(name), workspace)
        for name, found in sets.items()
    ]
    return _as_arrays(configured)


_Use = tuple[Channel, Sample, Modifier]


def _users(workspace: Workspace) -> dict[str, dict[str, list[_Use]]]:
    """Return who uses each modifier of each type, in the order in which pyhf meets them."""
    users: dict[str, dict[str, list[_Use]]] = {kind: {} for kind in MODIFIER_TYPES}
    for channel in workspace.channels:
        for _, sample in sorted(channel.samples.items()):
            for modifier in sorted(sample.modifiers, key=lambda entry: entry.name):
                users[modifier.type].setdefault(modifier.name, []).append(
                    (channel, sample, modifier)
                )
    users["staterror"] = dict(sorted(users["staterror"].items()))
    return users


def _required(workspace: Workspace, kind: str, name: str, users: list[_Use]) -> ParameterSet:
    if kind in ("histosys", "normsys"):
        return ParameterSet(
            name, "alpha", True, "normal", (0.0,), ((-5.0, 5.0),), (False,), (0.0,), (1.0,)
        )
    if kind == "lumi":
        return ParameterSet(name, "alpha", True, "normal", None, None, (False,))
    if kind == "normfactor":
        return ParameterSet(name, "norm", True, "none", (1.0,), ((0.0, 10.0),), (False,))
    if kind == "shapefactor":
        return _shapefactor(workspace, name, users)
    if kind == "shapesys":
        return _shapesys(workspace, name, users)
    return _staterror(workspace, name, users)


def _shapefactor(workspace: Workspace, name: str, users: list[_Use]) -> ParameterSet:
    bins = {len(sample.data) for _, sample, _ in users}
    if len(bins) > 1:
        raise WorkspaceError(
            f"{workspace.where}: shapefactor '{name}' is shared by channels of different"
            f" numbers of bins ({', '.join(map(str, sorted(bins)))}); give them different names"
        )
    count = bins.pop()
    return ParameterSet(
        name, "norm", False, "none", (1.0,) * count, ((0.0, 10.0),) * count, (False,) * count
    )


def _shapesys(workspace: Workspace, name: str, users: list[_Use]) -> ParameterSet:
    if len(users) > 1:
        places = " and ".join(f"'{s.name}' in '{c.name}'" for c, s, _ in users[:2])
        raise WorkspaceError(
            f"{workspace.where}: shapesys '{name}' is used by {places}, but it is one"
            " parameter per bin of one sample; give them different names"
        )
    _, sample, modifier = users[0]
    valid = [
        value > 0 and error > 0 for value, error in zip(sample.data, modifier.first, strict=True)
    ]
    factors = tuple(
        value**2 / error**2 if good else 1.0
        for value, error, good in zip(sample.data, modifier.first, valid, strict=True)
    )
    count = len(factors)
    missing = tuple(not good for good in valid)
    return ParameterSet(
        name,
        "gamma",
        False,
        "poisson",
        (1.0,) * count,
        ((1e-10, 10.0),) * count,
        missing,
        factors,
        None,
        factors,
        missing,
    )


def _staterror(workspace: Workspace, name: str, users: list[_Use]) -> ParameterSet:
    channels = {channel.name: channel for channel, _, _ in users}
    by_sample: dict[str, set[str]] = {}
    for channel, sample, _ in users:
        by_sample.setdefault(sample.name, set()).add(channel.name)
    for sample_name, present in by_sample.items():
        if present != set(channels):
            lacking = sorted(set(channels) - present)[0]
            raise WorkspaceError(
                f"{workspace.where}: staterror '{name}' is on sample '{sample_name}' in some of"
                f" its channels but not in '{lacking}'; give each channel its own name"
            )
    sigmas: list[float] = []
    for channel_name in channels:
        here = [(s, m) for c, s, m in users if c.name == channel_name]
        total = np.sum([s.data for s, _ in here], axis=0)
        squares = np.zeros(len(total))
        used = total > 0
        for _, modifier in here:
            squares[used] += (np.asarray(modifier.first)[used] / total[used]) ** 2
        sigmas += np.sqrt(squares).tolist()
    missing = tuple(sigma == 0 for sigma in sigmas)
    count = len(sigmas)
    return ParameterSet(
        name,
        "gamma",
        False,
        "normal",
        (1.0,) * count,
        ((1e-10, 10.0),) * count,
        missing,
        (1.0,) * count,
        tuple(sigma or 1.0 for sigma in sigmas),
        None,
        missing,
    )


def _configured(
    found: ParameterSet, config: ParameterConfig | None, workspace: Workspace
) -> ParameterSet:
    """Apply what the measurement says about a parameter."""
    here = f"{workspace.where}: measurement '{workspace.measurement}', parameter '{found.name}'"
    count = len(found.fixed)
    config = config or ParameterConfig()
    usable = {
        "inits": True,
        "bounds": True,
        "auxdata": found.constraint != "none",
        "factors": found.constraint == "poisson",
        # pyhf gives the alphas of normsys and histosys a width of one that nobody can change
        "sigmas": found.constraint == "normal" and (found.kind == "gamma" or found.inits is None),
    }
    for key, allowed in usable.items():
        value = getattr(config, key)
        if value is None:
            continue
        if not allowed:
            raise WorkspaceError(f"{here}: '{key}' has no meaning for this parameter")
        if len(value) != count:
            raise WorkspaceError(
                f"{here}: '{key}' has {counted(len(value), 'entry')}, expected {count}"
            )
        found = replace(found, **{key: value})
    if config.fixed is not None:
        found = replace(found, fixed=(config.fixed,) * count)
    needed = ["inits", "bounds"]
    if found.constraint == "normal":
        needed += ["auxdata", "sigmas"]
    for key in needed:
        if getattr(found, key) is None:
            raise WorkspaceError(f"{here}: a lumi modifier needs '{key}' in the measurement")
    for key in ("sigmas", "factors"):
        if any(value <= 0 for value in getattr(found, key) or ()):
            raise WorkspaceError(f"{here}: '{key}' must be positive")
    return found


def _as_arrays(sets: list[ParameterSet]) -> Parameters:
    names: list[str] = []
    kinds: list[Kind] = []
    first: dict[str, int] = {}
    for found in sets:
        count = len(found.fixed)
        first[found.name] = len(names)
        names += [found.name] if found.scalar else [f"{found.name}[{i}]" for i in range(count)]
        kinds += [found.kind] * count

    def column(key: str, default: float) -> FloatArray:
        values: list[float] = []
        for found in sets:
            values += getattr(found, key) or (default,) * len(found.fixed)
        return np.asarray(values, dtype=np.float64)

    bounds = np.asarray([pair for found in sets for pair in found.bounds or ()])
    constraint = np.repeat([s.constraint for s in sets], [len(s.fixed) for s in sets])
    return Parameters(
        names=tuple(names),
        kinds=tuple(kinds),
        first=first,
        inits=column("inits", 0.0),
        lower=bounds[:, 0],
        upper=bounds[:, 1],
        fixed=column("fixed", 0.0).astype(bool),
        normal=constraint == "normal",
        poisson=constraint == "poisson",
        auxdata=column("auxdata", 0.0),
        sigma=column("sigmas", 1.0),
        factor=column("factors", 0.0),
        without_uncertainty=column("without_uncertainty", 0.0).astype(bool),
    )
