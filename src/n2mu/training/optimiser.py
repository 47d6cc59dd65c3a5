"""AdamW: PyTorch's fused kernel, without what its optimiser classes bring along."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from n2mu.config.models import Classifier

START_SCALE = 65536.0
"""Factor of the loss at the start in half precision, halved when a gradient overflows."""
GROWTH_STEPS = 2000


class AdamW:
    """AdamW whose weight decay acts on the matrices of linear layers alone.

    Embeddings, biases and norms get no decay: pulling them to zero would pull
    the values of the features together instead of making the model smoother.
    I. Loshchilov, F. Hutter, "Decoupled Weight Decay Regularization", ICLR 2019.

    ``torch.optim.AdamW`` loads PyTorch's compiler when it is made, which takes
    longer than the training of a small model, and sorts its tensors in every step;
    the kernel is the same.

    In half precision the loss is multiplied by a scale, so that small gradients
    are no zeros; a step whose gradients overflow is left out.
    """

    def __init__(self, model: nn.Module, classifier: Classifier) -> None:
        matrices = [m.weight for m in model.modules() if isinstance(m, nn.Linear)]
        ids = {id(matrix) for matrix in matrices}
        others = [parameter for parameter in model.parameters() if id(parameter) not in ids]
        groups = [_Group(matrices, classifier.weight_decay), _Group(others, 0.0)]
        self.groups = [group for group in groups if group.parameters]
        device = next(model.parameters()).device
        self.scale: Tensor | None = None
        if classifier.precision == "float16":
            self.scale = torch.full((), START_SCALE, device=device)
        self.steps = torch.zeros((), device=device)
        self.good_steps = torch.zeros((), dtype=torch.int32, device=device)

    def zero_grad(self) -> None:
        """Forget the gradients of the step before."""
        for group in self.groups:
            for parameter in group.parameters:
                parameter.grad = None

    def backward(self, loss: Tensor) -> None:
        """Compute the gradients of a loss."""
        torch.autograd.backward(loss if self.scale is None else loss * self.scale)

    @torch.no_grad()
    def step(self, learning_rate: float) -> None:
        """Change the parameters by their gradients; each must have one."""
        overflow = self._unscale()
        self.steps.add_(1)
        for group in self.groups:
            torch._fused_adamw_(
                group.parameters,
                [p.grad for p in group.parameters if p.grad is not None],
                group.means,
                group.squares,
                [],
                [self.steps] * len(group.parameters),
                found_inf=overflow,
                amsgrad=False,
                beta1=0.9,
                beta2=0.999,
                lr=learning_rate,
                weight_decay=group.weight_decay,
                eps=1e-8,
                maximize=False,
            )
        if overflow is not None:
            self.steps.sub_(overflow)

    def _unscale(self) -> Tensor | None:
        """Divide the gradients by the scale; return one where a gradient is not finite."""
        if self.scale is None:
            return None
        overflow = torch.zeros_like(self.scale)
        gradients = [p.grad for g in self.groups for p in g.parameters if p.grad is not None]
        torch._foreach_mul_(gradients, 1.0 / self.scale)
        for gradient in gradients:
            overflow = torch.maximum(overflow, 1.0 - torch.isfinite(gradient).all().float())
        self.good_steps = torch.where(overflow > 0, 0, self.good_steps + 1).to(torch.int32)
        grown = torch.where(self.good_steps == GROWTH_STEPS, self.scale * 2, self.scale)
        self.good_steps = torch.where(self.good_steps == GROWTH_STEPS, 0, self.good_steps)
        self.scale = torch.where(overflow > 0, self.scale / 2, grown)
        return overflow

    def state(self) -> dict[str, Any]:
        """Return what a continued training needs."""
        return {
            "groups": [[*g.means, *g.squares] for g in self.groups],
            "steps": self.steps,
            "scale": self.scale,
            "good_steps": self.good_steps,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take what :meth:`state` returned."""
        for group, values in zip(self.groups, state["groups"], strict=True):
            own = [*group.means, *group.squares]
            for mine, stored in zip(own, values, strict=True):
                mine.copy_(stored)
        self.steps.copy_(state["steps"])
        self.good_steps.copy_(state["good_steps"])
        if self.scale is not None:
            self.scale.copy_(state["scale"])


class _Group:
    """Parameters of one weight decay, with running means of gradients and their squares."""

    def __init__(self, parameters: Sequence[Tensor], weight_decay: float) -> None:
        self.parameters = list(parameters)
        self.weight_decay = weight_decay
        self.means = [torch.zeros_like(p) for p in parameters]
        self.squares = [torch.zeros_like(p) for p in parameters]
