"""AdamW: PyTorch's fused kernel, without what its optimiser classes bring along."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.optim.adamw import adamw

from n2mu.config.models import Classifier


class AdamW:
    """AdamW whose weight decay acts on the matrices of linear layers alone.

    Embeddings, biases and norms get no decay: pulling them to zero would pull
    the values of the features together instead of making the model smoother.
    I. Loshchilov, F. Hutter, "Decoupled Weight Decay Regularization", ICLR 2019.

    ``torch.optim.AdamW`` loads PyTorch's compiler when it is made, which takes
    longer than the training of a small model; the arithmetic is the same.
    """

    def __init__(self, model: nn.Module, classifier: Classifier) -> None:
        matrices = [m.weight for m in model.modules() if isinstance(m, nn.Linear)]
        ids = {id(matrix) for matrix in matrices}
        others = [parameter for parameter in model.parameters() if id(parameter) not in ids]
        self.learning_rate = classifier.learning_rate
        self.groups = [
            _Group(matrices, classifier.weight_decay),
            _Group(others, 0.0),
        ]

    def zero_grad(self) -> None:
        """Forget the gradients of the step before."""
        for group in self.groups:
            for parameter in group.parameters:
                parameter.grad = None

    @torch.no_grad()
    def step(self) -> None:
        """Change the parameters by their gradients; each must have one."""
        for group in self.groups:
            adamw(
                group.parameters,
                [p.grad for p in group.parameters if p.grad is not None],
                group.means,
                group.squares,
                [],
                group.steps,
                fused=True,
                amsgrad=False,
                beta1=0.9,
                beta2=0.999,
                lr=self.learning_rate,
                weight_decay=group.weight_decay,
                eps=1e-8,
                maximize=False,
            )


class _Group:
    """Parameters of one weight decay, with running means of gradients and their squares."""

    def __init__(self, parameters: Sequence[Tensor], weight_decay: float) -> None:
        self.parameters = list(parameters)
        self.weight_decay = weight_decay
        self.means = [torch.zeros_like(p) for p in parameters]
        self.squares = [torch.zeros_like(p) for p in parameters]
        self.steps = [torch.zeros((), device=p.device) for p in parameters]
