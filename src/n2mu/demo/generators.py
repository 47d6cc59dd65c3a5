"""The generators of the built-in Monte Carlo, by analysis.

The Snakefile asks them for their plans, so what generates is imported by the job alone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic

from n2mu.demo.hzgamma import plan as hzgamma
from n2mu.demo.planned import File
from n2mu.demo.tth import plan as tth
from n2mu.errors import ConfigurationError, nearest
from n2mu.workflow.fingerprint import fingerprint


def _generate_tth(file: tth.TthFile, base: Path, identity: str) -> None:
    from n2mu.demo.tth.output import generate_file

    generate_file(file, base, identity)


def _generate_hzgamma(file: hzgamma.HZGammaFile, base: Path, identity: str) -> None:
    from n2mu.demo.hzgamma.output import generate_file

    generate_file(file, base, identity)


@dataclass(frozen=True)
class Generator(Generic[File]):
    """What generates the ntuples of one analysis.

    Attributes
    ----------
    chunks
        Number of chunks of each size that exists.
    plan
        Returns every file of a size, in a fixed order, without heavy imports.
    code
        The module that generates; its fingerprint is part of the identity of every file.
    generate
        Writes one file below a directory, with its identity.
    """

    chunks: Mapping[str, int]
    plan: Callable[[str], list[File]]
    code: str
    generate: Callable[[File, Path, str], None]

    @property
    def fingerprint(self) -> str:
        """Fingerprint of the code that generates."""
        return fingerprint(self.code)


GENERATORS: dict[str, Generator[Any]] = {
    "tth": Generator(tth.CHUNKS, tth.plan, "n2mu.demo.tth.output", _generate_tth),
    "hzgamma": Generator(
        hzgamma.CHUNKS, hzgamma.plan, "n2mu.demo.hzgamma.output", _generate_hzgamma
    ),
}
"""By the name of the analysis in the main configuration."""


def generator(analysis: str, size: str) -> Generator[Any]:
    """Return what generates the ntuples of an analysis.

    Raises
    ------
    ConfigurationError
        If the analysis has no generator, or its generator no such size.
    """
    if analysis not in GENERATORS:
        raise ConfigurationError(
            f"demo: there is no built-in Monte Carlo for the analysis '{analysis}'"
            f"{nearest(analysis, GENERATORS)}; give 'listing' instead of 'demo'"
        )
    chosen = GENERATORS[analysis]
    if size not in chosen.chunks:
        raise ConfigurationError(
            f"demo: the analysis '{analysis}' has no size '{size}'{nearest(size, chosen.chunks)}"
        )
    return chosen
