"""Products made on request: what they say of their making, and whether it still holds.

Nobody makes them again when something changes.  So each says which command made it, from
which content, told what and with which code; all of it can be compared with what is there now.
"""

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from n2mu.config.base import Model
from n2mu.errors import ProductError
from n2mu.products import canonical_json, digest, file_digest, read_json
from n2mu.workflow.fingerprint import fingerprint
from n2mu.workflow.gather import gathered

CODE = {
    "scan": "n2mu.fit.inference_stage",
    "limit": "n2mu.fit.inference_stage",
    "significance": "n2mu.fit.inference_stage",
    "gof": "n2mu.fit.inference_stage",
    "toys": "n2mu.fit.inference_stage",
    "compare": "n2mu.fit.comparison",
    "systematic": "n2mu.plots.systematic",
    "feature": "n2mu.plots.feature",
}
"""What computes each kind of product."""


class Request(Model):
    """How a product was made on request.

    Attributes
    ----------
    command
        Which makes it again.
    code
        Fingerprint of what computed it.
    read
        Digest of the content of everything that was read, by path.
    told
        Digest of what the configuration said; none if nothing of it was used.
    drawn
        SHA-256 of figures that the product is about, by name; others are drawn from it.
    """

    command: str
    code: str
    read: dict[str, str]
    told: str | None = None
    drawn: dict[str, str] = {}

    @classmethod
    def of(
        cls,
        kind: str,
        command: str,
        read: Mapping[str, str],
        told: Iterable[Model] = (),
        drawn: Iterable[Path] = (),
    ) -> "Request":
        """Return what a product of a kind says that is made now.

        Parameters
        ----------
        kind
            One of `CODE`.
        told
            The settings that come from the configuration.
        """
        return cls(
            command=command,
            code=fingerprint(CODE[kind]),
            read=dict(read),
            told=told_digest(told),
            drawn={path.name: file_digest(path) for path in drawn},
        )

    def outdated(
        self, product: Path, kind: str, present: Collection[str], told: Iterable[Model]
    ) -> str | None:
        """Return why a product is not one of the present configuration; None if it is one.

        Parameters
        ----------
        present
            Digests of everything that may be read.
        told
            The settings that come from the configuration as it is.
        """
        if self.code != fingerprint(CODE[kind]):
            return "n2mu has changed since"
        if not self.read:
            return "it does not say what it was made from"
        for path, content in self.read.items():
            if content not in present:
                return f"{path} has changed since, or is of no fit of this configuration"
        if self.told is not None and self.told != told_digest(told):
            return "the configuration has changed since"
        for name, content in self.drawn.items():
            figure = product.with_name(name)
            if not figure.is_file() or file_digest(figure) != content:
                return f"{name} is not the figure that was drawn"
        return None


def read_request(content: Mapping[str, Any]) -> Request | None:
    """Return what a product says of its making; None if it says nothing."""
    provenance = content.get("provenance")
    found = provenance.get("request") if isinstance(provenance, dict) else None
    try:
        return None if found is None else Request.model_validate(found)
    except ValueError:
        return None


def told_digest(told: Iterable[Model]) -> str | None:
    """Return the digest of settings; None of none."""
    texts = [settings.model_dump_json() for settings in told]
    return digest("\n".join(texts)) if texts else None


def content_digest(path: Path) -> str:
    """Return the digest of what a product of a fit says, whatever time it took to make.

    Raises
    ------
    ProductError
        If it is missing or damaged.
    """
    if path.suffix != ".json":
        try:
            return file_digest(path)
        except OSError as error:
            raise ProductError(f"{path}: {error.strerror}; run snakemake {path}") from None
    content = read_json(path)
    if isinstance(content, dict) and isinstance(content.get("fit"), dict):
        content["fit"].pop("seconds", None)
    return digest(canonical_json(content), 64)


def gathered_digest(products: Iterable[Path]) -> str:
    """Return the digest of the content of all skims or all scores.

    Raises
    ------
    ProductError
        If one is missing.
    """
    return digest(canonical_json(gathered(products)), 64)
