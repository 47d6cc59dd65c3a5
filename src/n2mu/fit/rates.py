"""Expected rates of a dense model with exact first and second derivatives.

The cost is in a few products of arrays; no loop runs over parameters.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from n2mu.fit.interpolation import Derivatives, FloatArray, code4, code4p_weights
from n2mu.fit.model import DenseModel, IntArray

_TINY = 1e-12
"""Stands for a linear factor of 0, so that its derivative can be the rate divided by it."""


def _accumulate(index: IntArray, values: FloatArray, size: int) -> FloatArray:
    """Return the sums of the values that share an index, shape [size]."""
    return np.bincount(index, values, size).astype(np.float64, copy=False)


class _Pieces(NamedTuple):
    """What the rates of cells, shape [S B], are the product of."""

    cells: FloatArray
    factor: FloatArray
    shape_up: Derivatives
    shape_down: Derivatives
    norm: Derivatives


class Rates:
    """Evaluates the rates of a model; S samples, B bins, P parameters, A alphas, Q linear ones.

    Parameters
    ----------
    model
        The model.
    """

    def __init__(self, model: DenseModel) -> None:
        self.model = model
        samples, bins = model.nominal.shape
        count = len(model.parameters)
        first_bins = [where.start for where in model.region_slices]
        self.blocks = samples * len(first_bins)
        self.block_starts = (np.arange(samples)[:, None] * bins + first_bins).ravel()
        self.norm_blocks, self.norm_starts = np.unique(model.norm_block, return_index=True)
        layer, cell = np.nonzero(model.layers < count)
        parameter = model.layers[layer, cell]
        order = np.lexsort((cell, parameter))
        self.pair_cell, self.pair_parameter = cell[order], parameter[order]
        self.linear, self.pair_starts, self.pair_row = np.unique(
            self.pair_parameter, return_index=True, return_inverse=True
        )
        self.pair_bin = self.pair_row * bins + self.pair_cell % bins
        self._find_products(count)

    def _find_products(self, count: int) -> None:
        """List the cells that two linear factors share."""
        model = self.model
        row = np.full(count + 1, -1)
        row[self.linear] = np.arange(len(self.linear))
        depth = len(model.layers)
        pairs = [(a, b) for a in range(depth) for b in range(a + 1, depth)]
        cells = [
            np.flatnonzero((model.layers[a] < count) & (model.layers[b] < count)) for a, b in pairs
        ]
        none = np.zeros(0, dtype=np.int64)
        self.product_cell = np.concatenate([none, *cells])
        self.product_first = np.concatenate(
            [none, *(model.layers[a, found] for (a, _), found in zip(pairs, cells, strict=True))]
        )
        self.product_second = np.concatenate(
            [none, *(model.layers[b, found] for (_, b), found in zip(pairs, cells, strict=True))]
        )
        self.product_entry = row[self.product_first] * len(self.linear) + row[self.product_second]

    def by_sample(self, theta: FloatArray) -> FloatArray:
        """Return the rates per sample and bin at parameters [P], shape [S, B]."""
        return self._pieces(theta).cells.reshape(self.model.nominal.shape)

    def per_bin(self, theta: FloatArray) -> FloatArray:
        """Return the rates per bin at parameters [P], shape [B]."""
        rates: FloatArray = self.by_sample(theta).sum(axis=0)
        return rates

    def linearise(self, theta: FloatArray) -> "LinearisedRates":
        """Return the rates at parameters [P] with their derivatives."""
        theta = theta.copy()
        linear = theta[self.linear]
        theta[self.linear] = np.where(np.abs(linear) < _TINY, _TINY, linear)
        return LinearisedRates(self, theta, self._pieces(theta))

    def _pieces(self, theta: FloatArray) -> _Pieces:
        model = self.model
        up, down = code4p_weights(theta[model.shape_parameters])
        shifted = model.nominal.ravel() + up.value @ model.shape_up + down.value @ model.shape_down
        factor = np.append(theta, 1.0)[model.layers].prod(axis=0)
        norm = code4(
            theta[model.alphas][model.norm_row],
            model.norm_log_low,
            model.norm_log_high,
            model.norm_coefficients,
        )
        if len(self.norm_blocks):
            per_block = np.ones(self.blocks)
            per_block[self.norm_blocks] = np.multiply.reduceat(norm.value, self.norm_starts)
            factor = factor * per_block[model.block_of_cell]
        return _Pieces(shifted * factor, factor, up, down, norm)


@dataclass
class LinearisedRates:
    """Rates near a point: their values, Jacobian, and second derivatives summed over bins."""

    owner: Rates
    theta: FloatArray
    pieces: _Pieces

    def __post_init__(self) -> None:
        model, pieces = self.owner.model, self.pieces
        self._log_slope = np.zeros((len(model.alphas), self.owner.blocks))
        norm = pieces.norm
        self._log_slope[model.norm_row, model.norm_block] = norm.first / norm.value
        self._shape_slope = (
            pieces.shape_up.first[:, None] * model.shape_up
            + pieces.shape_down.first[:, None] * model.shape_down
        )
        self._alpha_cells = self._log_slope[:, model.block_of_cell] * pieces.cells
        self._alpha_cells[: len(self._shape_slope)] += self._shape_slope * pieces.factor
        owner = self.owner
        self._linear_cells = pieces.cells[owner.pair_cell] / self.theta[owner.pair_parameter]

    @property
    def rates(self) -> FloatArray:
        """Rates per bin, shape [B]."""
        rates: FloatArray = self.pieces.cells.reshape(self.owner.model.nominal.shape).sum(axis=0)
        return rates

    def jacobian(self) -> FloatArray:
        """Return the derivatives of the rates per bin, shape [P, B]."""
        owner, model = self.owner, self.owner.model
        samples, bins = model.nominal.shape
        jacobian = np.zeros((len(self.theta), bins))
        jacobian[model.alphas] = self._alpha_cells.reshape(-1, samples, bins).sum(axis=1)
        jacobian[owner.linear] = _accumulate(
            owner.pair_bin, self._linear_cells, len(owner.linear) * bins
        ).reshape(-1, bins)
        return jacobian

    def jacobian_by_sample(self) -> FloatArray:
        """Return the derivatives of the rates per sample and bin, shape [P, S, B]."""
        owner, model = self.owner, self.owner.model
        jacobian = np.zeros((len(self.theta), model.nominal.size))
        jacobian[model.alphas] = self._alpha_cells
        jacobian[owner.pair_parameter, owner.pair_cell] = self._linear_cells
        return jacobian.reshape(len(self.theta), *model.nominal.shape)

    def curvature(self, weight: FloatArray) -> FloatArray:
        """Return the second derivatives of ``sum_b weight_b rate_b``, shape [P, P].

        Parameters
        ----------
        weight
            Weight of each bin, shape [B].
        """
        owner, model = self.owner, self.owner.model
        cells = np.tile(weight, len(model.samples))
        curvature = np.zeros((len(self.theta), len(self.theta)))
        curvature[np.ix_(model.alphas, model.alphas)] = self._alpha_alpha(cells)
        if len(owner.linear):
            weighted = (self._alpha_cells * cells)[:, owner.pair_cell]
            weighted /= self.theta[owner.pair_parameter]
            mixed = np.add.reduceat(weighted, owner.pair_starts, axis=1)
            curvature[np.ix_(model.alphas, owner.linear)] = mixed
            curvature[np.ix_(owner.linear, model.alphas)] = mixed.T
            curvature[np.ix_(owner.linear, owner.linear)] = self._linear_linear(cells)
        return curvature

    def _alpha_alpha(self, cells: FloatArray) -> FloatArray:
        owner, model, pieces = self.owner, self.owner.model, self.pieces
        shapes = len(model.shape_parameters)
        weighted_factor = cells * pieces.factor
        per_block = np.add.reduceat(cells * pieces.cells, owner.block_starts)
        half = 0.5 * self._log_slope * per_block
        if shapes:
            half[:shapes] += np.add.reduceat(
                self._shape_slope * weighted_factor, owner.block_starts, axis=1
            )
        product = half @ self._log_slope.T
        curvature = product + product.T
        norm = pieces.norm
        # a factor f has f''/f on the diagonal where the product above has (f'/f)^2
        own = norm.second / norm.value - (norm.first / norm.value) ** 2
        diagonal = _accumulate(model.norm_row, own * per_block[model.norm_block], len(model.alphas))
        diagonal[:shapes] += pieces.shape_up.second * (
            model.shape_up @ weighted_factor
        ) + pieces.shape_down.second * (model.shape_down @ weighted_factor)
        curvature[np.diag_indices_from(curvature)] += diagonal
        result: FloatArray = curvature
        return result

    def _linear_linear(self, cells: FloatArray) -> FloatArray:
        owner = self.owner
        values = (
            (cells * self.pieces.cells)[owner.product_cell]
            / self.theta[owner.product_first]
            / self.theta[owner.product_second]
        )
        size = len(owner.linear)
        half = _accumulate(owner.product_entry, values, size * size).reshape(size, size)
        curvature: FloatArray = half + half.T
        return curvature
