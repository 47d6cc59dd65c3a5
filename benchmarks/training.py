"""Training beside Lightning and the authors' FT-Transformer; distance correlation beside all pairs.

Opponents have the same parameters, batches, data, share of dropout (PyTorch's own) and fused AdamW,
no logger, no progress bar and no checkpoint. ``DEVICE=cuda`` runs the same on a GPU, with more
events.
"""

import copy
import logging
import os
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import BatchSampler, DataLoader, RandomSampler, TensorDataset

from benchmarks.timing import interleaved, one_core, print_table
from n2mu.config.features import Feature
from n2mu.config.models import Classifier
from n2mu.losses.binary_cross_entropy import binary_cross_entropy
from n2mu.losses.disco import distance_correlation
from n2mu.models.dropout import Dropout
from n2mu.models.ft_transformer import FTTransformer
from n2mu.models.mlp import MLP
from n2mu.training.batch import Batch, ResidentEvents
from n2mu.training.interruption import Interruption
from n2mu.training.objective import Objective
from n2mu.training.optimiser import AdamW
from n2mu.training.settings import TrainSettings
from n2mu.training.state import Checkpoint
from n2mu.training.trainer import Trainer
from n2mu.training.validation import ValidationEvents

REPEATS = 7
DEVICE = torch.device(os.environ.get("N2MU_BENCH_DEVICE", "cpu"))
# on one core the time of the CPU, which other jobs of the machine do not change
CLOCK = time.perf_counter if DEVICE.type == "cuda" else time.process_time
LARGE = DEVICE.type == "cuda"
FEATURES = 80
MLP_EVENTS = 4_000_000 if LARGE else 65_536
MLP_BATCH = 8192 if LARGE else 1024
TOKENS = 80
FTT_EVENTS = 262_144 if LARGE else 1024
FTT_BATCH = 4096 if LARGE else 256
DISCO_EVENTS = (2048, 4096)


def main() -> None:
    """Print the tables."""
    logging.getLogger("n2mu").setLevel(logging.ERROR)
    torch.set_num_threads(1)
    with one_core():
        for dropout in (0.0, 0.1):
            mlp_table(dropout)
        for dropout, attention_dropout in ((0.1, 0.1), (0.1, 0.0), (0.0, 0.0)):
            ft_transformer_table(dropout, attention_dropout)
        disco_table()


def mlp_table(dropout: float) -> None:
    torch.manual_seed(1)
    x = torch.randn(MLP_EVENTS, FEATURES)
    y = (x[:, 0] + torch.randn(MLP_EVENTS) > 0).long()
    start = network(dropout)
    theirs = with_pytorch_dropout(start)
    seconds, results = in_turn(
        {
            "n2mu": lambda: own_mlp(start, x, y),
            "plain loop, DataLoader": lambda: plain_mlp(theirs, x, y),
            "Lightning, DataLoader": lambda: lightning_mlp(theirs, x, y, whole=False),
            "Lightning, whole batches": lambda: lightning_mlp(theirs, x, y, whole=True),
        }
    )
    losses = {name: f"{loss:.4f}" for name, loss in results.items()}
    print_rates(
        f"MLP {FEATURES}-64-64-1, {MLP_EVENTS} events, batch {MLP_BATCH}, dropout {dropout:g}, "
        f"one epoch, {DEVICE}",
        seconds,
        MLP_EVENTS,
        "training loss",
        losses,
    )


def in_turn(tasks: dict[str, Callable[[], Any]]) -> tuple[dict[str, float], dict[str, Any]]:
    for task in tasks.values():
        task()  # warm-up
    return interleaved(tasks, dict.fromkeys(tasks, REPEATS), CLOCK)


def print_rates(
    title: str, seconds: dict[str, float], events: int, head: str, more: dict[str, str]
) -> None:
    rates = {name: events / value for name, value in seconds.items()}
    rows = [
        [name, f"{rate:,.0f}", f"{rates['n2mu'] / rate:.2f}", more[name]]
        for name, rate in rates.items()
    ]
    print_table(title, ["", "events/s", "n2mu is faster by", head], rows)


def network(dropout: float) -> nn.Module:
    return MLP(FEATURES, [], 1, layers=2, width=64, dropout=dropout, missing="zero")


def with_pytorch_dropout(model: nn.Module) -> nn.Module:
    """Return a copy as it would be written without n2mu."""
    model = copy.deepcopy(model)
    for module in model.modules():
        for name, part in module.named_children():
            if isinstance(part, Dropout):
                setattr(module, name, nn.Dropout(part.p))
    return model


def settings(batch: int) -> TrainSettings:
    classifier = Classifier(
        architecture="mlp",
        formulation="binary",
        weighting="none",
        validation_region="SR",
        epochs=1,
        batch_size=batch,
        learning_rate=1e-3,
    )
    return TrainSettings(
        model="bench",
        fold=0,
        folds=3,
        classes=["s", "b"],
        signal_class="s",
        classifier=classifier,
        features={f"x{i}": Feature() for i in range(FEATURES)},
        training_selection="1",
        validation_selection="1",
        samples=[],
    )


def batch_of(x: Tensor, y: Tensor) -> Batch:
    none = torch.empty(len(x), 0, dtype=torch.int64)
    weight = torch.ones(len(x))
    return Batch(*(v.to(DEVICE) for v in (x, none, 1 - y, weight)))


def own_mlp(start: nn.Module, x: Tensor, y: Tensor) -> float:
    told = settings(MLP_BATCH)
    model = copy.deepcopy(start)
    few = slice(0, 128)
    validation = ValidationEvents(
        batch_of(x[few], y[few]), np.ones(128), np.ones(128, np.bool_), None, 1.0, told.targets
    )
    with tempfile.TemporaryDirectory() as scratch:
        result = Trainer(
            model.to(DEVICE),
            ResidentEvents(batch_of(x, y)),
            validation,
            settings=told,
            name="bench",
            checkpoint=Checkpoint(Path(scratch) / "unfinished.pt", ""),
            interruption=Interruption(),
        ).run()
    return result.epochs[0].train_loss


def plain_mlp(start: nn.Module, x: Tensor, y: Tensor) -> float:
    model = copy.deepcopy(start).to(DEVICE).train()
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01, fused=True)
    loader = DataLoader(TensorDataset(x, y), batch_size=MLP_BATCH, shuffle=True)
    total = torch.zeros((), device=DEVICE)
    for features, label in loader:
        optimiser.zero_grad()
        loss = plain_loss(model, features.to(DEVICE), label.to(DEVICE))
        torch.autograd.backward(loss)
        optimiser.step()
        total += loss.detach() * len(label)
    return float(total) / MLP_EVENTS


def plain_loss(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    none = torch.empty(len(x), 0, dtype=torch.int64, device=x.device)
    return binary_cross_entropy(model(x, none)[:, 0], y == 1).mean()


def lightning_mlp(start: nn.Module, x: Tensor, y: Tensor, *, whole: bool) -> float:
    import lightning

    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)

    class Module(lightning.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.model = copy.deepcopy(start)
            self.total = 0.0

        def training_step(self, batch: list[Tensor], _: int) -> Tensor:
            loss = plain_loss(self.model, *batch)
            self.total += loss.detach() * len(batch[1])
            return loss

        def configure_optimizers(self) -> torch.optim.Optimizer:
            parameters = self.model.parameters()
            return torch.optim.AdamW(parameters, lr=1e-3, weight_decay=0.01, fused=True)

    data = TensorDataset(x, y)
    if whole:
        # the data set is asked for a batch at once and not for event after event
        order = BatchSampler(RandomSampler(data), MLP_BATCH, drop_last=False)
        loader = DataLoader(data, sampler=order, batch_size=None)
    else:
        loader = DataLoader(data, batch_size=MLP_BATCH, shuffle=True)
    module = Module()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        lightning.Trainer(
            max_epochs=1,
            accelerator="gpu" if LARGE else "cpu",
            devices=1,
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
        ).fit(module, loader)
    return float(module.total) / MLP_EVENTS


def ft_transformer_table(dropout: float, attention_dropout: float) -> None:
    """One epoch of steps of the FT-Transformer of width 64 with 3 blocks."""
    torch.manual_seed(1)
    x = torch.randn(FTT_EVENTS, TOKENS)
    events = batch_of(x, (x[:, 0] > 0).long())
    told = settings(FTT_BATCH)
    models: dict[str, nn.Module] = {
        "n2mu": FTTransformer(
            TOKENS,
            [],
            1,
            blocks=3,
            width=64,
            heads=8,
            feed_forward=4,
            dropout=dropout,
            attention_dropout=attention_dropout,
        ),
        "rtdl_revisiting_models": Reference(dropout, attention_dropout),
    }
    sizes = {name: sum(p.numel() for p in model.parameters()) for name, model in models.items()}
    tasks = {}
    for name, model in models.items():
        model = model.to(DEVICE).train()
        tasks[name] = steps(model, AdamW(model, told.classifier), Objective(told), events)
    seconds, _ = in_turn(tasks)
    print_rates(
        f"FT-Transformer, width 64, 3 blocks, {TOKENS} features, batch {FTT_BATCH}, "
        f"dropout {dropout:g}, of attention weights {attention_dropout:g}, {DEVICE}",
        seconds,
        FTT_EVENTS,
        "parameters",
        {name: f"{size:,}" for name, size in sizes.items()},
    )


def steps(
    model: nn.Module, optimiser: AdamW, objective: Objective, events: Batch
) -> Callable[[], None]:
    source = ResidentEvents(events)

    def run() -> None:
        for batch in source.batches(FTT_BATCH, 0):
            optimiser.zero_grad()
            loss = objective.of_batch(model(batch.continuous, batch.categorical), batch, 0)
            optimiser.backward(loss)
            optimiser.step(1e-3)
        if LARGE:
            torch.cuda.synchronize()

    return run


class Reference(nn.Module):
    """The authors' FT-Transformer with the options of ours, dropout at the same places."""

    def __init__(self, dropout: float, attention_dropout: float) -> None:
        super().__init__()
        from rtdl_revisiting_models import FTTransformer as Theirs

        self.model = Theirs(
            n_cont_features=TOKENS,
            cat_cardinalities=[],
            d_out=1,
            n_blocks=3,
            d_block=64,
            attention_n_heads=8,
            attention_dropout=attention_dropout,
            ffn_d_hidden_multiplier=4.0,
            ffn_dropout=0.0,
            ffn_activation="ReLU",
            residual_dropout=0.0,
        )
        for block in self.model.backbone.blocks:
            block["ffn"].activation = nn.GELU()
            block["ffn_residual_dropout"] = nn.Dropout(dropout)

    def forward(self, continuous: Tensor, _: Tensor) -> Tensor:
        logits: Tensor = self.model(continuous, None)
        return logits


def disco_table() -> None:
    """Value and gradient of the distance correlation."""
    rows = []
    for kind in (torch.float32, torch.float64):
        for events in DISCO_EVENTS:
            torch.manual_seed(1)
            x = torch.randn(events, dtype=kind, device=DEVICE)
            y = (0.3 * x + torch.randn(events, dtype=kind, device=DEVICE)).requires_grad_()
            weight = torch.rand(events, dtype=kind, device=DEVICE)

            def task(
                function: Callable[..., Tensor], values: tuple[Tensor, ...] = (x, y, weight)
            ) -> Callable[[], Tensor]:
                def run() -> Tensor:
                    return torch.autograd.grad(function(*values), values[1])[0]

                return run

            seconds, slopes = in_turn({"dense": task(dense), "n2mu": task(distance_correlation)})
            scale = slopes["dense"].abs().max()
            difference = float((slopes["dense"] - slopes["n2mu"]).abs().max() / scale)
            if kind == torch.float64 and difference > 1e-10:
                raise SystemExit(f"the gradients differ by {difference:.1e} of the largest")
            rows.append(
                [
                    f"{events}, {str(kind).removeprefix('torch.')}",
                    f"{1e3 * seconds['dense']:.1f}",
                    f"{1e3 * seconds['n2mu']:.1f}",
                    f"{seconds['dense'] / seconds['n2mu']:.1f}",
                    f"{difference:.1e}",
                ]
            )
    columns = ["events", "dense [ms]", "n2mu [ms]", "n2mu is faster by", "gradients differ by"]
    print_table(f"Distance correlation with gradient, {DEVICE}", columns, rows)


def dense(x: Tensor, y: Tensor, weight: Tensor) -> Tensor:
    """The definition, with matrices of all pairs."""
    p = weight / weight.sum()
    centred = []
    for values in (x, y):
        distance = (values[:, None] - values).abs()
        rows = distance @ p
        centred.append(distance - rows[:, None] - rows + p @ rows)
    a, b = centred

    def mean(product: Tensor) -> Tensor:
        return p @ product @ p

    return mean(a * b) / torch.sqrt(mean(a * a) * mean(b * b))


if __name__ == "__main__":
    started = time.perf_counter()
    main()
    print(f"\n{time.perf_counter() - started:.0f} s")
