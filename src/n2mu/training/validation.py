"""What a model is worth on the validation events, and which epoch is the best."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from n2mu.config.models import Classifier
from n2mu.data.objects import ABSENT
from n2mu.losses.objects import object_log_probabilities
from n2mu.statistics.auc import NoRocError, weighted_auc
from n2mu.statistics.significance import binned_significance
from n2mu.training.batch import Batch
from n2mu.training.objective import Objective

# 75 tokens of the 5-block FT-Transformer then need about 0.6 GB
INFERENCE_BATCH = 1024


@dataclass(frozen=True)
class Measured:
    """One validation; a number that does not exist is none.

    Attributes
    ----------
    auc
        Of each target against all others, by name; targets are classes of events
        or labels of objects.
    """

    loss: float
    auc: dict[str, float | None]
    significance: float | None


@dataclass(frozen=True)
class ValidationEvents:
    """Validation events on the device, and what their metrics need.

    Attributes
    ----------
    weight
        Normalised signed weights of all events [events].
    in_scope
        The events that the classification sees [events]: those of loss and AUC.
    mass
        [events], or none.
    share
        Share of all events that is here; the significance is that of all.
    """

    batch: Batch
    weight: NDArray[np.float64]
    in_scope: NDArray[np.bool_]
    mass: NDArray[np.float64] | None
    share: float
    targets: list[str]

    def measure(self, logits: Tensor, objective: Objective, classifier: Classifier) -> Measured:
        """Return loss, AUC and significance of the logits of all events."""
        if objective.over is not None:
            return self._measure_objects(logits, objective, objective.over)
        label = self.batch.label.cpu().numpy()
        scores = probabilities(logits).cpu().numpy()
        chosen = self.in_scope
        options = classifier.significance
        return Measured(
            loss=objective.of_events(logits, self.batch),
            auc={
                name: _auc(scores[chosen, k], label[chosen] == k, self.weight[chosen])
                for k, name in enumerate(self.targets)
            },
            significance=binned_significance(
                scores[:, objective.signal],
                label == objective.signal,
                self.weight / self.share,
                options.bins,
                self.mass,
                options.quantiles,
            )
            if np.isfinite(scores).all()
            else None,
        )

    def _measure_objects(
        self, logits: Tensor, objective: Objective, over: Literal["labels", "objects"]
    ) -> Measured:
        """Return loss and AUC of logits [events, objects, labels]; an object weighs as its event.

        Of ``labels``, objects with another label are the background of a label; of
        ``objects``, those without a label are as well.
        """
        label = self.batch.label
        log_p = object_log_probabilities(logits, label != ABSENT, over)
        chosen = label >= 0 if over == "labels" else label != ABSENT
        chosen = chosen & torch.from_numpy(self.in_scope).to(label.device)[:, None]
        event = torch.nonzero(chosen)[:, 0].cpu().numpy()
        scores, labels = log_p[chosen].exp().cpu().numpy(), label[chosen].cpu().numpy()
        return Measured(
            loss=objective.of_events(logits, self.batch),
            auc={
                name: _auc(scores[:, k], labels == k, self.weight[event])
                for k, name in enumerate(self.targets)
            },
            significance=None,
        )


def figure_of_merit(measured: Measured, classifier: Classifier, signal: str) -> float | None:
    """Return the number whose largest value chooses the best epoch; none if it does not exist."""
    if classifier.best_epoch == "loss":
        return -measured.loss
    if classifier.best_epoch == "auc":
        return measured.auc[signal]
    return measured.significance


def probabilities(logits: Tensor) -> Tensor:
    """Return the probability of each target [events, targets] for logits [events, outputs]."""
    if logits.shape[1] > 1:
        return logits.softmax(1)
    return torch.cat([logits.sigmoid(), (-logits).sigmoid()], dim=1)


def predict_logits(model: nn.Module, continuous: Tensor, categorical: Tensor) -> Tensor:
    """Return the logits [events, ...], without dropout, in batches."""
    model.eval()
    with torch.inference_mode():
        parts = [
            model(c, k)
            for c, k in zip(
                torch.split(continuous, INFERENCE_BATCH),
                torch.split(categorical, INFERENCE_BATCH),
                strict=True,
            )
        ]
    return torch.cat(parts)


def _auc(
    score: NDArray[Any], is_signal: NDArray[np.bool_], weight: NDArray[np.float64]
) -> float | None:
    try:
        return weighted_auc(score, is_signal, weight)
    except (NoRocError, ValueError):
        # a score that is NaN comes with a loss that is, which ends the training
        return None
