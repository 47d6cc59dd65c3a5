"""What one systematic does to one sample in one region, and what was done to it."""

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Status = Literal["kept", "norm_dropped", "shape_dropped", "dropped", "no_events"]


@dataclass
class EffectEntry:
    """One cell of the table region x sample x systematic in ``templates_report.json``.

    Attributes
    ----------
    region, sample, systematic
        Where it acts; the systematic's name is that of its templates.
    kind
        Of the systematic, as in ``systematics.yaml``.
    parameter
        The nuisance parameter; of ``bins`` what the parameters of its bins begin with.
    status
        ``kept``; ``norm_dropped`` or ``shape_dropped``: that part was dropped and the
        other kept; ``dropped``: all of it; ``no_events``: the sample is not in this
        region.
    norm_up, norm_down
        Relative change of the rate; null without events.
    shape
        Largest relative change of a bin at the nominal rate, of both sides.
    norm_kept, shape_kept
        What enters the workspace; null for what the systematic does not vary.
    smoothed, symmetrised
        By what, or null.
    mended
        Bins below zero were set.
    capped
        A side would have left less than 1 % of the yield.
    large
        A rate or a bin changes by more than 100 %.
    same_side
        Both sides change the rate in the same direction.
    actions
        What was done to which variation (of one side, or of the systematic), and
        why, in order.
    """

    region: str
    sample: str
    systematic: str
    kind: str
    parameter: str
    status: Status = "kept"
    norm_up: float | None = None
    norm_down: float | None = None
    shape: float | None = None
    norm_kept: bool | None = None
    shape_kept: bool | None = None
    smoothed: str | None = None
    symmetrised: str | None = None
    mended: bool = False
    capped: bool = False
    large: bool = False
    same_side: bool = False
    actions: list[dict[str, str]] = field(default_factory=list)

    def did(self, what: str, why: str, side: Literal["", "up", "down"] = "") -> None:
        """Note what was done, to one side or to both, and why."""
        variation = f"{self.systematic}_{side}" if side else self.systematic
        self.actions.append({"variation": variation, "what": what, "why": why})

    def keep(self, norm: bool | None, shape: bool | None) -> None:
        """Set what is kept (none: it has no such part), and the status that this means."""
        self.norm_kept, self.shape_kept = norm, shape
        if not norm and not shape:
            self.status = "dropped"
        elif norm is False:
            self.status = "norm_dropped"
        elif shape is False:
            self.status = "shape_dropped"
        else:
            self.status = "kept"

    def without_events(self) -> None:
        """Note that the sample is not in the region."""
        self.keep(norm=False, shape=False)
        self.status = "no_events"

    def as_json(self) -> dict[str, Any]:
        """Return the entry as it stands in the report."""
        return asdict(self)
