"""What a training makes small: a loss of the events of a batch, and its other terms."""

import torch
from torch import Tensor

from n2mu.losses.binary_cross_entropy import signal_logit
from n2mu.losses.cross_entropy import cross_entropy
from n2mu.losses.disco import distance_correlation
from n2mu.losses.objects import object_cross_entropy
from n2mu.losses.pairwise import pairwise
from n2mu.losses.registry import LOSSES
from n2mu.training.batch import Batch
from n2mu.training.settings import TrainSettings


class Objective:
    """The loss of a classifier.

    Parameters
    ----------
    settings
        Formulation, loss and weighting.
    by_stages
        Whether each background has a stage of its own.
    """

    def __init__(self, settings: TrainSettings, *, by_stages: bool = False) -> None:
        classifier = settings.classifier
        # labels of objects know no signal
        self.over = None if settings.labels is None else settings.labels.softmax
        self.signal = settings.signal if settings.labels is None else 0
        self.kind = classifier.loss.kind
        self.by_stages = by_stages
        self.by_batch = classifier.weighting == "event_batch"
        decorrelation = classifier.loss.decorrelation
        self.strength = 0.0 if decorrelation is None else decorrelation.strength
        self.first_phase = classifier.first_phase_epochs or 0
        self.binary = classifier.formulation != "multi_class"
        self.batch_size = classifier.batch_size

    def losses(self, logits: Tensor, label: Tensor, epoch: int | None) -> Tensor:
        """Return the classification loss of each event [events].

        Parameters
        ----------
        logits
            [events, outputs], or [events, objects, outputs].
        label
            Index of the target [events], or labels [events, objects].
        epoch
            Counted from 0; none stands for the last phase.
        """
        if self.over is not None:
            return object_cross_entropy(logits, label, self.over)
        if self.by_stages:
            return pairwise(logits, label, self.signal)
        if not self.binary or (epoch is not None and epoch < self.first_phase):
            return cross_entropy(logits, label)
        logit, is_signal = signal_logit(logits, self.signal), label == self.signal
        return LOSSES[self.kind](logit, is_signal)

    def of_batch(self, output: Tensor, batch: Batch, epoch: int) -> Tensor:
        """Return the loss of a batch: the mean over its events, and the term of independence.

        Events that only the latter sees do not count in the mean (J. Kim, Phys. Rev. D 109 (2024)
        096035, eq. 6).

        Parameters
        ----------
        output
            Logits [events, outputs], or [events, objects, outputs]; or [events,
            members, outputs] of an ensemble, each member of which has its own loss.
        """
        output = output.float()
        label, weight, logits = batch.label, batch.weight, output
        if self.over is None and output.dim() == 3:
            members = output.shape[1]
            logits = output.flatten(0, 1)
            label, weight = (v.repeat_interleave(members) for v in (label, weight))
        loss = (self.losses(logits, label, epoch) * weight).mean()
        if self.by_batch:
            # a batch whose events the loss does not see has no weight and no loss
            loss = loss / weight.mean().clamp(min=torch.finfo(weight.dtype).tiny)
        if batch.observable is not None and batch.observable_weight is not None:
            score = self.score(logits).reshape(output.shape[0], -1).mean(1)
            if not self.by_batch:
                loss = loss * (weight.numel() / weight.count_nonzero().clamp(min=1))
            loss = loss + self.strength * independence(
                batch.observable, score, batch.observable_weight
            )
        return loss

    def score(self, logits: Tensor) -> Tensor:
        """Return the probability of signal [events]."""
        return signal_logit(logits, self.signal).sigmoid()

    def of_events(self, logits: Tensor, events: Batch) -> float:
        """Return the loss of validation events over their sum of weights, in its last phase."""
        weight = events.weight.double()
        total = (self.losses(logits.double(), events.label, None) * weight).sum() / weight.sum()
        if events.observable is not None and events.observable_weight is not None:
            score = self.score(logits.double())
            # in parts of a batch, as in training: it is not a mean over events.  They come sample
            # by sample, so that neighbours would be parts without background
            parts = -(-score.shape[0] // self.batch_size)
            columns = (events.observable.double(), score, events.observable_weight.double())
            terms = [independence(*(v[k::parts] for v in columns)) for k in range(parts)]
            total = total + self.strength * torch.stack(terms).mean()
        return float(total)


def independence(observable: Tensor, score: Tensor, weight: Tensor) -> Tensor:
    """Return the distance correlation of the events of non-zero weight."""
    rows = torch.nonzero(weight)[:, 0]
    return distance_correlation(observable[rows], score[rows], weight[rows])
