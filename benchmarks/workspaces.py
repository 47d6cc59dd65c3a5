"""Synthetic workspaces in the shape of a real analysis."""

from typing import Any

import numpy as np

Spec = dict[str, Any]


def synthetic(
    *,
    samples: int,
    regions: int,
    bins: int,
    shapes: int,
    norms: int,
    norm_factors: int = 0,
    share: float = 0.6,
    seed: int = 1,
) -> Spec:
    """Return a pyhf workspace with one signal, gammas in all bins and pseudo-data.

    Parameters
    ----------
    samples, regions, bins
        Sizes; ``bins`` is per region.
    shapes, norms
        Numbers of systematics with a shape (histosys and normsys) and with a rate only.
    norm_factors
        Free factors of the largest backgrounds, besides mu.
    share
        Part of the samples that a systematic acts on.
    seed
        Of yields, variations and counts.
    """
    random = np.random.default_rng(seed)
    axis = np.linspace(0, 1, bins)
    names = ["signal", *(f"background_{i:02d}" for i in range(1, samples))]
    sizes = np.concatenate([[25.0], 400.0 * 0.72 ** np.arange(samples - 1) + 3.0])
    slopes = np.concatenate([[2.0], random.uniform(-2.5, 0.5, samples - 1)])
    yields = np.empty((regions, samples, bins))
    for region in range(regions):
        for sample in range(samples):
            shape = np.exp(slopes[sample] * axis)
            scale = sizes[sample] * random.uniform(0.5, 1.5)
            yields[region, sample] = scale * shape / shape.sum()
    modifiers: list[list[list[dict[str, Any]]]] = [[[] for _ in names] for _ in range(regions)]
    for number in range(shapes + norms):
        name = f"syst_{number:03d}"
        touched = random.random(samples) < share
        touched[number % samples] = True
        for sample in np.flatnonzero(touched).tolist():
            size = random.normal(0, 0.04)
            tilt = random.normal(0, 0.04)
            for region in range(regions):
                low, high = 1 - size * random.uniform(0.8, 1.2), 1 + size * random.uniform(0.8, 1.2)
                found = modifiers[region][sample]
                factors = {"lo": low, "hi": high}
                found.append({"name": name, "type": "normsys", "data": factors})
                if number < shapes:
                    nominal = yields[region, sample]
                    bend = tilt * (2 * axis - 1) * random.uniform(0.5, 1.5)
                    shifted = {
                        "hi_data": (nominal * (1 + bend)).tolist(),
                        "lo_data": (nominal * (1 - random.uniform(0.7, 1.3) * bend)).tolist(),
                    }
                    found.append({"name": name, "type": "histosys", "data": shifted})
    for region in range(regions):
        for sample, name in enumerate(names):
            found = modifiers[region][sample]
            if sample == 0:
                found.append({"name": "mu", "type": "normfactor", "data": None})
            if 1 <= sample <= norm_factors:
                found.append({"name": f"k_{name}", "type": "normfactor", "data": None})
            errors = (yields[region, sample] * random.uniform(0.01, 0.15)).tolist()
            stat = {"name": f"gamma_{region}", "type": "staterror", "data": errors}
            found.append(stat)
    counts = random.poisson(yields.sum(axis=1) * random.normal(1, 0.02, (regions, 1)))
    return {
        "channels": [
            {
                "name": f"region_{region}",
                "samples": [
                    {
                        "name": name,
                        "data": yields[region, sample].tolist(),
                        "modifiers": modifiers[region][sample],
                    }
                    for sample, name in enumerate(names)
                ],
            }
            for region in range(regions)
        ],
        "observations": [
            {"name": f"region_{region}", "data": counts[region].astype(float).tolist()}
            for region in range(regions)
        ],
        "measurements": [
            {
                "name": "measurement",
                "config": {
                    "poi": "mu",
                    "parameters": [{"name": "mu", "bounds": [[-10.0, 20.0]]}],
                },
            }
        ],
        "version": "1.0.0",
    }


def small() -> Spec:
    """Return the workspace of 33 parameters: mu, 26 systematics, 6 gammas; 6 bins."""
    return synthetic(samples=5, regions=2, bins=3, shapes=14, norms=12)


def medium() -> Spec:
    """Return the workspace of 166 parameters: mu, 141 systematics, 24 gammas; 24 bins."""
    return synthetic(samples=17, regions=3, bins=8, shapes=80, norms=61)


def large() -> Spec:
    """Return the workspace of 1,000 parameters and 500 bins: mu, 499 systematics, 500 gammas."""
    return synthetic(samples=20, regions=10, bins=50, shapes=300, norms=199)
