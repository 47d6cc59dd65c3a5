"""What the fit stages are told."""

from typing import Any, Literal

from n2mu.config.base import Model
from n2mu.config.gates import Gate

NormCode = Literal["code4", "code1"]
ShapeCode = Literal["code4p", "code0", "code2"]


class Projection(Model):
    """To another luminosity than that of the inputs, both in pb^-1."""

    luminosity: float
    inputs: float


class FitSettings(Model):
    """Settings of `fit` and `ranking`; a workspace made elsewhere needs none.

    Attributes
    ----------
    analysis, fit, observable
        Copied into ``mu_fit.json``.
    dataset
        What the observations of the workspace are; None is taken as data.
    poi
        The signal strength; None takes the measurement's parameter of interest.
    roles
        Role (signal, control, validation) of each region.
    kinds
        Kind (signal, background) of each sample; a sample not listed is a signal if the
        signal strength scales it.
    parts
        Samples of the workspace that are terms of another one, with which they are listed.
    groups
        Names of nuisance parameters by group, for the breakdown of the uncertainty; ``*`` at
        the end of a name stands for anything.
    asimov_mu
        Signal strength of the Asimov data, which the fit must find again; None takes the
        initial value of the parameter of interest.
    use_asimov
        Whether the expected rates at the initial parameters (signal strength: ``asimov_mu``)
        replace the observations of the workspace.
    asimov_parameters
        Values of other parameters in these Asimov data; nominal if not named.
    data_regions
        Regions whose stored observations are fitted, with Asimov data elsewhere: the rates
        fitted to these regions with the signal strength held at ``asimov_mu``.  If ``dataset`` is
        "mixed" the workspace holds these Asimov data already.
    signal_strengths
        Further free factors whose intervals are listed; free factors on samples that ``kinds``
        calls signals are listed in any case.
    projection
        Copied into ``mu_fit.json`` if there is one: what the workspace expects is scaled.
    blinding
        Copied into ``mu_fit.json``; its ``bins`` say which bins of a region are blinded.
    repeated_events
        Lines that say which simulated events stand more than once; None if nobody looked.
    check
        Whether pyhf with MINUIT repeats the fit.
    allowed_gates
        Gates that may fail without failing the fit.
    normsys_code, histosys_code
        Interpolation between the variations of rates and of templates, by HistFactory's names.
    """

    analysis: str = ""
    fit: str = ""
    observable: str = ""
    dataset: Literal["asimov", "data", "mixed"] | None = None
    poi: str | None = None
    roles: dict[str, str] = {}
    kinds: dict[str, str] = {}
    parts: dict[str, str] = {}
    groups: dict[str, list[str]] = {}
    asimov_mu: float | None = None
    use_asimov: bool = False
    asimov_parameters: dict[str, float] = {}
    data_regions: list[str] = []
    signal_strengths: list[str] = []
    projection: Projection | None = None
    blinding: dict[str, Any] = {}
    repeated_events: list[str] | None = None
    check: bool = False
    allowed_gates: list[Gate] = []
    normsys_code: NormCode = "code4"
    histosys_code: ShapeCode = "code4p"
