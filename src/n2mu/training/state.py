"""The state of an unfinished training, so that it can go on where it was stopped."""

import io
import logging
import pickle
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from n2mu.products import atomic_file
from n2mu.training.optimiser import AdamW

logger = logging.getLogger(__name__)

FORMAT = "n2mu unfinished training 3"


@dataclass(frozen=True)
class Epoch:
    """What one epoch gave; the training loss is taken with dropout, while weights change.

    Without a validation after it the other numbers are none.
    """

    train_loss: float
    learning_rate: float
    validation_loss: float | None = None
    auc: dict[str, float | None] = field(default_factory=dict)
    significance: float | None = None


@dataclass
class Progress:
    """How far a training is.

    Attributes
    ----------
    epochs
        The finished ones.
    best_epoch
        Counted from 0; none before the first whose figure of merit exists.
    best_state
        Parameters of the best epoch.
    steps
        Finished steps of the present epoch.
    total
        Sum of the losses of their events, on the device.
    order
        State of the random generators from which the order of events was drawn.
    seconds
        Spent in training steps, by epoch; the last one may be unfinished.
    """

    epochs: list[Epoch] = field(default_factory=list)
    best_epoch: int | None = None
    best_merit: float | None = None
    best_state: dict[str, Tensor] = field(default_factory=dict)
    steps: int = 0
    total: Tensor | None = None
    order: list[Tensor] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Checkpoint:
    """The file of an unfinished training.

    Attributes
    ----------
    key
        Digest of the settings and of all events; another key is another training.
    """

    path: Path
    key: str

    def write(self, progress: Progress, model: nn.Module, optimiser: AdamW) -> None:
        """Write the state, atomically."""
        content = {
            "format": FORMAT,
            "key": self.key,
            "progress": asdict(progress),
            "model": model.state_dict(),
            "optimiser": optimiser.state(),
            "random": random_state(),
        }
        buffer = io.BytesIO()
        torch.save(content, buffer)
        with atomic_file(self.path) as temporary:
            temporary.write_bytes(buffer.getvalue())

    def read(self, model: nn.Module, optimiser: AdamW) -> tuple[Progress, list[Tensor]] | None:
        """Take the state into model and optimiser.

        Returns
        -------
        tuple or None
            The progress and the state of the random generators; none if there
            is no file, or it is of another training.
        """
        if not self.path.exists():
            return None
        try:
            content = torch.load(self.path, map_location="cpu", weights_only=True)
            known = content.get("format") == FORMAT and content.get("key") == self.key
        except (RuntimeError, pickle.UnpicklingError, EOFError, OSError, AttributeError):
            known = False
        if not known:
            logger.warning(
                "%s: is of another training (settings or events changed); starting anew", self.path
            )
            return None
        model.load_state_dict(content["model"])
        optimiser.restore(content["optimiser"])
        stored: dict[str, Any] = content["progress"]
        progress = Progress(**{**stored, "epochs": [Epoch(**e) for e in stored["epochs"]]})
        return progress, content["random"]


def random_state() -> list[Tensor]:
    """Return the state of torch's generators: of the CPU, and of the GPU if one is in use."""
    states = [torch.get_rng_state()]
    if torch.cuda.is_available():
        states.append(torch.cuda.get_rng_state())
    return states


def set_random_state(states: list[Tensor]) -> None:
    """Take what :func:`random_state` returned."""
    torch.set_rng_state(states[0])
    if len(states) > 1:
        torch.cuda.set_rng_state(states[1])
