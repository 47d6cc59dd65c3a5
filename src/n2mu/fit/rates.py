"""Expected rates of a dense model, and the derivatives of their weighted sums.

The cost is in a few products of arrays; no loop runs over parameters.  Parameters of shape
[P, K] are K points that are evaluated together, with K as the last axis of every result.
"""

from itertools import combinations
from typing import NamedTuple

import numpy as np

from n2mu.fit.interpolation import Derivatives, FloatArray, norm_factor, shape_bend
from n2mu.fit.model import DenseModel, IntArray

_TINY = 1e-12
"""Stands for a linear factor of 0, so that its derivative can be the rate divided by it."""


class Pieces(NamedTuple):
    """What the rates of cells, shape [S B], are the product of, at one or K points.

    cells: rates; factor: all that multiplies the shifted template; bend: of the V histosys with
    an even part; norm: of the E normsys; theta: the parameters, no linear factor being 0.
    """

    cells: FloatArray
    factor: FloatArray
    bend: Derivatives
    norm: Derivatives
    theta: FloatArray


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
        self.norm_parameter = model.alphas[model.norm_row]
        self.norm_order = np.argsort(self.norm_parameter, kind="stable")
        self.norm_parameters, self.norm_parameter_starts = np.unique(
            self.norm_parameter[self.norm_order], return_index=True
        )
        layer, cell = np.nonzero(model.layers < count)
        parameter = model.layers[layer, cell]
        order = np.lexsort((cell, parameter))
        self.pair_cell, self.pair_parameter = cell[order], parameter[order]
        self.linear, self.pair_starts, self.pair_row = np.unique(
            self.pair_parameter, return_index=True, return_inverse=True
        )
        self.pair_bin = self.pair_row * bins + self.pair_cell % bins
        self.pair_block = model.block_of_cell[self.pair_cell] * len(self.linear) + self.pair_row
        self.pair_ends = np.append(self.pair_starts, len(self.pair_cell))
        self._find_products(count)

    def _find_products(self, count: int) -> None:
        """List the cells that two linear factors share."""
        model = self.model
        row = np.full(count + 1, -1)
        row[self.linear] = np.arange(len(self.linear))
        cells: list[IntArray] = [np.zeros(0, dtype=np.int64)]
        first, second = list(cells), list(cells)
        for a, b in combinations(range(len(model.layers)), 2):
            shared = np.flatnonzero((model.layers[a] < count) & (model.layers[b] < count))
            cells.append(shared)
            first.append(model.layers[a, shared])
            second.append(model.layers[b, shared])
        self.product_cell = np.concatenate(cells)
        self.product_first, self.product_second = np.concatenate(first), np.concatenate(second)
        self.product_entry = row[self.product_first] * len(self.linear) + row[self.product_second]

    def by_sample(self, theta: FloatArray) -> FloatArray:
        """Return the rates per sample and bin at parameters [P] or [P, K], shape [S, B]."""
        cells = self.pieces(theta, 0).cells
        return cells.reshape(*self.model.nominal.shape, *cells.shape[1:])

    def per_bin(self, theta: FloatArray) -> FloatArray:
        """Return the rates per bin at parameters [P] or [P, K], shape [B] or [B, K]."""
        rates: FloatArray = self.by_sample(theta).sum(axis=0)
        return rates

    def pieces(self, theta: FloatArray, order: int) -> Pieces:
        """Return what the rates consist of, with derivatives up to an order (0, 1 or 2)."""
        model = self.model
        if order:
            theta = theta.copy()
            linear = theta[self.linear]
            theta[self.linear] = np.where(np.abs(linear) < _TINY, _TINY, linear)
        alpha = theta[model.shape_parameters]
        bend = shape_bend(model.shape_code, alpha[model.shape_bent])
        shifted = model.shape_odd @ alpha
        shifted += model.nominal.reshape(-1, *(1,) * (theta.ndim - 1))
        if len(model.shape_bent):
            shifted += model.shape_even @ bend.value
        padded = np.concatenate([theta, np.ones((1, *theta.shape[1:]))])
        factor = padded[model.layers[0]]
        for layer in model.layers[1:]:
            factor *= padded[layer]
        norm = norm_factor(
            model.norm_code,
            theta[self.norm_parameter],
            model.norm_log_low,
            model.norm_log_high,
            model.norm_coefficients,
            order,
        )
        if len(self.norm_blocks):
            per_block = np.ones((self.blocks, *theta.shape[1:]))
            per_block[self.norm_blocks] = np.multiply.reduceat(norm.value, self.norm_starts, axis=0)
            factor *= per_block[model.block_of_cell]
        shifted *= factor
        return Pieces(shifted, factor, bend, norm, theta)

    def gradient(self, pieces: Pieces, weight: FloatArray) -> FloatArray:
        """Return the derivatives of ``sum_b weight_b rate_b``, shape [P] or [P, K].

        Parameters
        ----------
        pieces
            Of first or second order.
        weight
            Weight of each bin, shape [B] or [B, K].
        """
        model = self.model
        gradient = np.zeros_like(pieces.theta)
        weighted = self.weigh(pieces.cells, weight)
        if len(self.linear):
            sums = np.add.reduceat(weighted[self.pair_cell], self.pair_starts, axis=0)
            gradient[self.linear] = sums / pieces.theta[self.linear]
        if len(self.norm_blocks):
            per_block = np.add.reduceat(weighted, self.block_starts, axis=0)
            slopes = per_block[model.norm_block]
            slopes *= pieces.norm.first
            slopes /= pieces.norm.value
            gradient[self.norm_parameters] += np.add.reduceat(
                slopes[self.norm_order], self.norm_parameter_starts, axis=0
            )
        if len(model.shape_parameters):
            weighted = self.weigh(pieces.factor, weight)
            slope = model.shape_odd.T @ weighted
            if len(model.shape_bent):
                slope[model.shape_bent] += pieces.bend.first * (model.shape_even.T @ weighted)
            gradient[model.shape_parameters] += slope
        return gradient

    def weigh(self, cells: FloatArray, weight: FloatArray) -> FloatArray:
        """Return values of cells [S B] times the weights [B] of their bins, K points or one."""
        by_sample = cells.reshape(*self.model.nominal.shape, *cells.shape[1:])
        weighted: FloatArray = (by_sample * weight).reshape(cells.shape)
        return weighted
