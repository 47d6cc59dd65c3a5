r"""A workspace laid out once as dense arrays.

The bins of all channels are concatenated.  A *cell* is one sample in one bin, a *block* one
sample in one channel.  The rate of a cell is

.. math:: r = \Bigl(N + \sum_p \Delta_p(\theta_p)\Bigr) \prod_q f_q(\theta_q),

where the shifts :math:`\Delta` are those of histosys and the factors :math:`f` are those of
normsys and the linear ones: normfactor, lumi, shapefactor, staterror and shapesys
(HistFactory, CERN-OPEN-2012-016).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from n2mu.fit.interpolation import FloatArray, code4_coefficients
from n2mu.fit.parameters import BoolArray, Parameters, build_parameters
from n2mu.fit.settings import NormCode, ShapeCode
from n2mu.fit.workspace import Modifier, Workspace

IntArray = NDArray[np.int64]

_PER_BIN = ("shapefactor", "staterror", "shapesys")
_ONE_OF_MANY = re.compile(r"^(?P<set>.+)\[\d+\]$")


@dataclass(frozen=True)
class DenseModel:
    """Arrays of a workspace; S samples, B bins of all channels, P parameters, A alphas.

    Attributes
    ----------
    parameters
        In pyhf's order.
    regions, samples
        Names, sorted as in pyhf.
    region_slices
        Bins of each region.
    present
        Whether a sample is defined in a bin's region, shape [S, B].
    observed
        Observed counts, shape [B].
    nominal
        Nominal yields, shape [S, B].
    shape_parameters
        Parameters of histosys, shape [H]; they are the first H alphas.
    shape_odd
        (high - low) / 2, shape [S B, H].
    shape_even
        (high + low) / 2 - nominal of those of which it is not 0 everywhere, shape [S B, V].
    shape_bent
        Their positions among the histosys, shape [V].
    alphas
        Parameters with a nonlinear effect (histosys, normsys), shape [A].
    norm_row, norm_block
        Row of the alpha and block of each normsys, shape [E], sorted by block.
    norm_log_low, norm_log_high, norm_coefficients
        Its factors, shapes [E], [E], and the polynomial of code 4, [6, E].
    block_of_cell
        Block of each cell, shape [S B]; block = sample x regions + region.
    layers
        Parameter of each linear factor of a cell, or P if it has fewer, shape [K, S B].
    norm_code, shape_code
        Interpolation of normsys and histosys.
    """

    parameters: Parameters
    regions: tuple[str, ...]
    samples: tuple[str, ...]
    region_slices: tuple[slice, ...]
    present: BoolArray
    observed: FloatArray
    nominal: FloatArray
    shape_parameters: IntArray
    shape_odd: FloatArray
    shape_even: FloatArray
    shape_bent: IntArray
    alphas: IntArray
    norm_row: IntArray
    norm_block: IntArray
    norm_log_low: FloatArray
    norm_log_high: FloatArray
    norm_coefficients: FloatArray
    block_of_cell: IntArray
    layers: IntArray
    norm_code: NormCode
    shape_code: ShapeCode

    @property
    def bins(self) -> int:
        """Number of bins of all channels."""
        return len(self.observed)

    def restricted(self, some: BoolArray) -> "DenseModel":
        """Return the model of some bins [B]; regions of which none is left disappear."""
        samples, bins = self.nominal.shape
        kept = np.flatnonzero(some)
        cells = (np.arange(samples)[:, None] * bins + kept).ravel()
        counts = [int(some[where].sum()) for where in self.region_slices]
        regions = [number for number, count in enumerate(counts) if count]
        ends = np.cumsum([counts[number] for number in regions])
        number = np.full(len(self.regions), -1)
        number[regions] = np.arange(len(regions))
        sample, region = np.divmod(self.norm_block, len(self.regions))
        norms = number[region] >= 0
        cell_sample, cell_region = np.divmod(self.block_of_cell[cells], len(self.regions))
        return replace(
            self,
            regions=tuple(self.regions[n] for n in regions),
            region_slices=tuple(
                slice(int(start), int(stop))
                for start, stop in zip([0, *ends[:-1]], ends, strict=True)
            ),
            present=self.present[:, kept],
            observed=self.observed[kept],
            nominal=self.nominal[:, kept],
            shape_odd=self.shape_odd[cells],
            shape_even=self.shape_even[cells],
            norm_row=self.norm_row[norms],
            norm_block=sample[norms] * len(regions) + number[region[norms]],
            norm_log_low=self.norm_log_low[norms],
            norm_log_high=self.norm_log_high[norms],
            norm_coefficients=self.norm_coefficients[:, norms],
            block_of_cell=cell_sample * len(regions) + number[cell_region],
            layers=self.layers[:, cells],
        )

    def place(self, position: int) -> str:
        """Return how messages call a bin: counted from 1, as it stands in a figure."""
        for region, where in zip(self.regions, self.region_slices, strict=True):
            if where.start <= position < where.stop:
                return f"bin {position - where.start + 1} of region {region}"
        raise IndexError(position)

    def spoken(self, index: int) -> str:
        """Return how messages call a parameter: one that belongs to a bin by its place.

        Names count bins from 0 within what they share, figures from 1 within a region.
        """
        name = self.parameters.names[index]
        if not (match := _ONE_OF_MANY.match(name)):
            return name
        cells = np.nonzero(self.layers == index)[1]
        places = ", ".join(self.place(int(bin)) for bin in np.unique(cells % self.bins))
        if not places:
            return name
        what = "gamma" if self.parameters.kinds[index] == "gamma" else match["set"]
        return f"{what} of {places}"


def build_model(
    workspace: Workspace, norm_code: NormCode = "code4", shape_code: ShapeCode = "code4p"
) -> DenseModel:
    """Lay out a workspace as arrays.

    Parameters
    ----------
    workspace
        What to lay out.
    norm_code, shape_code
        Interpolation of normsys and histosys; a workspace does not store it.

    Raises
    ------
    WorkspaceError
        If the parameters do not fit together; see `build_parameters`.
    """
    parameters = build_parameters(workspace)
    samples = workspace.samples
    slices: list[slice] = []
    for channel in workspace.channels:
        start = slices[-1].stop if slices else 0
        slices.append(slice(start, start + len(channel.observed)))
    bins = slices[-1].stop
    present = np.zeros((len(samples), bins), dtype=bool)
    nominal = np.zeros((len(samples), bins))
    for channel, where in zip(workspace.channels, slices, strict=True):
        for name, sample in channel.samples.items():
            present[samples.index(name), where] = True
            nominal[samples.index(name), where] = sample.data
    uses = list(_modifiers(workspace, slices))
    shape_parameters, shape_odd, shape_even, shape_bent = _shapes(uses, parameters, nominal)
    norm = sorted(
        (row * len(slices) + region, parameters.first[modifier.name], modifier)
        for row, region, _, modifier in uses
        if modifier.type == "normsys"
    )
    only_norm = sorted({index for _, index, _ in norm} - set(shape_parameters.tolist()))
    alphas = np.asarray([*shape_parameters, *only_norm], dtype=np.int64)
    row_of = {int(index): row for row, index in enumerate(alphas)}
    low = np.asarray([modifier.first[0] for _, _, modifier in norm])
    high = np.asarray([modifier.second[0] for _, _, modifier in norm])
    region_of_bin = np.repeat(np.arange(len(slices)), [s.stop - s.start for s in slices])
    blocks = np.arange(len(samples))[:, None] * len(slices) + region_of_bin
    return DenseModel(
        parameters=parameters,
        regions=tuple(channel.name for channel in workspace.channels),
        samples=samples,
        region_slices=tuple(slices),
        present=present,
        observed=np.concatenate([channel.observed for channel in workspace.channels]),
        nominal=nominal,
        shape_parameters=shape_parameters,
        shape_odd=shape_odd,
        shape_even=shape_even,
        shape_bent=shape_bent,
        alphas=alphas,
        norm_row=np.asarray([row_of[index] for _, index, _ in norm], dtype=np.int64),
        norm_block=np.asarray([block for block, _, _ in norm], dtype=np.int64),
        norm_log_low=np.log(low),
        norm_log_high=np.log(high),
        norm_coefficients=code4_coefficients(low, high),
        block_of_cell=blocks.ravel().astype(np.int64),
        layers=_layers(uses, parameters, nominal.shape),
        norm_code=norm_code,
        shape_code=shape_code,
    )


_Use = tuple[int, int, slice, Modifier]


def _modifiers(workspace: Workspace, slices: list[slice]) -> Iterator[_Use]:
    """Yield sample, region, bins and modifier of everything in the workspace."""
    samples = workspace.samples
    for region, channel in enumerate(workspace.channels):
        for name, sample in channel.samples.items():
            for modifier in sample.modifiers:
                yield samples.index(name), region, slices[region], modifier


def _shapes(
    uses: list[_Use], parameters: Parameters, nominal: FloatArray
) -> tuple[IntArray, FloatArray, FloatArray, IntArray]:
    shapes = [use for use in uses if use[3].type == "histosys"]
    indices = sorted({parameters.first[modifier.name] for *_, modifier in shapes})
    row_of = {index: row for row, index in enumerate(indices)}
    odd = np.zeros((*nominal.shape, len(indices)))
    even = np.zeros_like(odd)
    for sample, _, where, modifier in shapes:
        row = row_of[parameters.first[modifier.name]]
        low, high = np.asarray(modifier.first), np.asarray(modifier.second)
        odd[sample, where, row] = (high - low) / 2
        even[sample, where, row] = (high + low) / 2 - nominal[sample, where]
    # a symmetric variation leaves what rounding leaves
    even[np.abs(even) <= 1e-14 * np.abs(nominal)[..., None]] = 0.0
    bent = np.flatnonzero(even.any(axis=(0, 1)))
    return (
        np.asarray(indices, dtype=np.int64),
        odd.reshape(nominal.size, len(indices)),
        np.ascontiguousarray(even.reshape(nominal.size, len(indices))[:, bent]),
        bent.astype(np.int64),
    )


def _layers(uses: list[_Use], parameters: Parameters, shape: tuple[int, int]) -> IntArray:
    """Return the linear factors of each cell, as few layers deep as possible."""
    none = len(parameters)
    offsets: dict[str, dict[int, int]] = {}
    for _, region, where, modifier in uses:
        if modifier.type == "staterror":
            # one parameter per bin of all the channels that share the name, in their order
            offsets.setdefault(modifier.name, {})[region] = where.stop - where.start
    layers = [np.full(shape, none, dtype=np.int64)]
    for sample, region, where, modifier in uses:
        if modifier.type in ("histosys", "normsys"):
            continue
        indices = np.full(where.stop - where.start, parameters.first[modifier.name])
        if modifier.type in _PER_BIN:
            indices += np.arange(len(indices))
        if modifier.type == "staterror":
            sizes = offsets[modifier.name]
            indices += sum(size for before, size in sizes.items() if before < region)
        for layer in layers:
            if (layer[sample, where] == none).all():
                layer[sample, where] = indices
                break
        else:
            layers.append(np.full(shape, none, dtype=np.int64))
            layers[-1][sample, where] = indices
    return np.stack(layers).reshape(len(layers), -1)
