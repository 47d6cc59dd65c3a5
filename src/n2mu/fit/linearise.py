"""Rates near a point: Jacobian, and the exact second derivatives of their weighted sum.

With a cell's rate ``r = t f`` of template t and factor f, the alphas enter by ``t'/t`` (shape) and
``f'/f`` (one number per block), the linear parameters by ``r / theta``.  All second derivatives
are products of these, except the diagonal of the alphas; sums over cells are matrix products.
"""

from functools import cached_property

import numpy as np
from scipy.sparse import csr_matrix

from n2mu.fit.interpolation import FloatArray
from n2mu.fit.model import IntArray
from n2mu.fit.rates import Rates


def _accumulate(index: IntArray, values: FloatArray, size: int) -> FloatArray:
    """Return the sums of the values that share an index, shape [size]."""
    return np.bincount(index, values, size).astype(np.float64, copy=False)


class LinearisedRates:
    """Rates at parameters [P] with their derivatives."""

    def __init__(self, owner: Rates, theta: FloatArray) -> None:
        self.owner = owner
        model = owner.model
        self.pieces = owner.pieces(theta, 2)
        self.theta = self.pieces.theta
        norm = self.pieces.norm
        self._norm_slope = norm.first / norm.value
        self._log_slope = np.zeros((len(model.alphas), owner.blocks))
        self._log_slope[model.norm_row, model.norm_block] = self._norm_slope
        self._linear_cells = self.pieces.cells[owner.pair_cell] / self.theta[owner.pair_parameter]

    @cached_property
    def _shape_slope(self) -> FloatArray:
        """Derivatives of the templates, shape [S B, H]."""
        model = self.owner.model
        if not len(model.shape_bent):
            return model.shape_odd
        slope = model.shape_odd.copy()
        slope[:, model.shape_bent] += model.shape_even * self.pieces.bend.first
        return slope

    @property
    def rates(self) -> FloatArray:
        """Rates per bin, shape [B]."""
        rates: FloatArray = self.pieces.cells.reshape(self.owner.model.nominal.shape).sum(axis=0)
        return rates

    def jacobian(self) -> FloatArray:
        """Return the derivatives of the rates per bin, shape [P, B]."""
        owner, model = self.owner, self.owner.model
        samples, bins = model.nominal.shape
        alphas = np.empty((len(model.alphas), bins))
        by_region = self._log_slope.reshape(len(model.alphas), samples, len(model.regions))
        cells = self.pieces.cells.reshape(samples, bins)
        for region, where in enumerate(model.region_slices):
            alphas[:, where] = by_region[:, :, region] @ cells[:, where]
        shapes = len(model.shape_parameters)
        if shapes:
            slope = self._shape_slope.reshape(samples, bins, shapes)
            factor = self.pieces.factor.reshape(samples, bins)
            alphas[:shapes] += np.einsum("sbh,sb->hb", slope, factor)
        jacobian = np.zeros((len(self.theta), bins))
        jacobian[model.alphas] = alphas
        jacobian[owner.linear] = _accumulate(
            owner.pair_bin, self._linear_cells, len(owner.linear) * bins
        ).reshape(-1, bins)
        return jacobian

    def jacobian_by_sample(self) -> FloatArray:
        """Return the derivatives of the rates per sample and bin, shape [P, S, B]."""
        owner, model = self.owner, self.owner.model
        jacobian = np.zeros((len(self.theta), model.nominal.size))
        alphas = self._log_slope[:, model.block_of_cell] * self.pieces.cells
        alphas[: len(model.shape_parameters)] += self._shape_slope.T * self.pieces.factor
        jacobian[model.alphas] = alphas
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
            mixed = self._alpha_linear(cells)
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
            weighted = self._shape_slope * weighted_factor[:, None]
            half[:shapes] += np.add.reduceat(weighted, owner.block_starts, axis=0).T
        product = half @ self._log_slope.T
        curvature = product + product.T
        # a factor f has f''/f on the diagonal where the product above has (f'/f)^2
        own = pieces.norm.second / pieces.norm.value - self._norm_slope**2
        diagonal = _accumulate(model.norm_row, own * per_block[model.norm_block], len(model.alphas))
        if len(model.shape_bent):
            bend = pieces.bend.second * (weighted_factor @ model.shape_even)
            diagonal[model.shape_bent] += bend
        curvature[np.diag_indices_from(curvature)] += diagonal
        result: FloatArray = curvature
        return result

    def _alpha_linear(self, cells: FloatArray) -> FloatArray:
        """Return the second derivatives by alphas and linear parameters, shape [A, Q]."""
        owner, model = self.owner, self.owner.model
        count = len(owner.linear)
        weighted = self._linear_cells * cells[owner.pair_cell]
        per_block = _accumulate(owner.pair_block, weighted, owner.blocks * count)
        mixed = self._log_slope @ per_block.reshape(owner.blocks, count)
        shapes = len(model.shape_parameters)
        if shapes:
            values = (cells * self.pieces.factor)[owner.pair_cell]
            values /= self.theta[owner.pair_parameter]
            size = (count, model.nominal.size)
            acts_on = csr_matrix((values, owner.pair_cell, owner.pair_ends), shape=size)
            mixed[:shapes] += (acts_on @ self._shape_slope).T
        result: FloatArray = mixed
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
