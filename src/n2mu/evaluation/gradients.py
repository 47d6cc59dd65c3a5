"""Integrated Gradients: how much each input moves a score away from a baseline."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

AT_ONCE = 2048
"""Points of paths that pass through the network together."""

Score = Callable[[Tensor, Tensor], Tensor]
"""From relaxed continuous and categorical features to one score per event [events]."""


def integrated_gradients(
    score: Score, inputs: tuple[Tensor, Tensor], baselines: tuple[Tensor, Tensor], steps: int
) -> tuple[Tensor, Tensor]:
    """Return the attributions of the inputs of each event.

    ``(x - x') int_0^1 dF/dx (x' + a (x - x')) da`` for each input, on the
    straight line from the baseline x' to the event x: M. Sundararajan, A. Taly,
    Q. Yan, "Axiomatic attribution for deep networks", ICML 2017, eq. 1.  The
    integral is a Gauss-Legendre sum.  All attributions of an event together are
    ``F(x) - F(x')``, as far as the sum is the integral (completeness).

    Parameters
    ----------
    score
        The function F.
    inputs
        Events in the relaxed form, [events, ...] each.
    baselines
        Of each event, in the same form.
    steps
        Number of points on each path.

    Returns
    -------
    tuple
        In the shape of the inputs.
    """
    nodes, weights = np.polynomial.legendre.leggauss(steps)
    like = inputs[0]
    fraction = torch.from_numpy(0.5 * (1.0 + nodes)).to(like)
    share = torch.from_numpy(0.5 * weights).to(like)
    size = max(1, AT_ONCE // steps)
    parts = [
        _of_part(score, x, y, x0, y0, fraction, share)
        for x, y, x0, y0 in zip(*(torch.split(t, size) for t in (*inputs, *baselines)), strict=True)
    ]
    first, second = zip(*parts, strict=True)
    return torch.cat(first), torch.cat(second)


def _of_part(
    score: Score,
    x: Tensor,
    y: Tensor,
    x0: Tensor,
    y0: Tensor,
    fraction: Tensor,
    share: Tensor,
) -> tuple[Tensor, Tensor]:
    steps = fraction.shape[0]

    def path(start: Tensor, end: Tensor) -> Tensor:
        """Return all points of all events [steps x events, ...]."""
        along = fraction.reshape(-1, *(1 for _ in range(end.dim())))
        return (start + along * (end - start)).flatten(0, 1).requires_grad_()

    points = path(x0, x), path(y0, y)
    gradients = torch.autograd.grad(
        score(*points).sum(), points, allow_unused=True, materialize_grads=True
    )

    def attribution(gradient: Tensor, start: Tensor, end: Tensor) -> Tensor:
        along = gradient.reshape(steps, *end.shape)
        mean: Tensor = torch.tensordot(share, along, dims=([0], [0]))
        return (end - start) * mean

    return attribution(gradients[0], x0, x), attribution(gradients[1], y0, y)
