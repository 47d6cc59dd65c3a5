"""TabM: an ensemble of perceptrons that share their matrices."""

import torch
from torch import Tensor, nn

from n2mu.models.dropout import Dropout
from n2mu.models.flat import Embeddings, FlatFeatures
from n2mu.models.tokens import Missing


class SharedLinear(nn.Linear):
    """A linear layer whose matrix all members share: ``s_k (W (r_k x)) + b_k``.

    Y. Wen, D. Tran, J. Ba, "BatchEnsemble", ICLR 2020, eq. 3, and Y. Gorishniy,
    A. Kotelnikov, A. Babenko, "TabM", ICLR 2025, section 3.2.

    Shape
    -----
    [events, members, inputs] -> [events, members, outputs].
    """

    def __init__(self, inputs: int, outputs: int, members: int, *, first: bool) -> None:
        super().__init__(inputs, outputs)
        limit = inputs**-0.5
        # without random signs at the input the members would start as one
        signs = torch.randint(0, 2, (members, inputs)) * 2.0 - 1.0 if first else None
        self.scale_in = nn.Parameter(torch.ones(members, inputs) if signs is None else signs)
        self.scale_out = nn.Parameter(torch.ones(members, outputs))
        self.bias = nn.Parameter(torch.empty(outputs).uniform_(-limit, limit).repeat(members, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Return the outputs of all members."""
        return torch.addcmul(self.bias, (x * self.scale_in) @ self.weight.T, self.scale_out)


class TabM(nn.Module):
    """``members`` perceptrons with shared matrices, own scales, biases and outputs.

    Each member is trained on its own loss; the score is the mean of their
    probabilities.  Y. Gorishniy, A. Kotelnikov, A. Babenko, "TabM: Advancing
    Tabular Deep Learning with Parameter-Efficient Ensembling", ICLR 2025.

    Parameters
    ----------
    n_continuous
        Number of continuous features.
    categories
        Number of classes of each categorical feature, the one for missing included.
    n_classes
        Number of outputs.
    members
        Number of perceptrons.
    layers, width, dropout
        Of each: ``Dropout(ReLU(Linear(x)))``.
    embeddings, embedding_width
        How features enter, see :class:`n2mu.models.flat.FlatFeatures`.
    missing
        What stands for a missing continuous value: ``learnable`` or ``zero``.

    Shape
    -----
    continuous [events, n_continuous] with NaN for missing, categorical
    [events, n_categorical] -> in training the logits of the members [events,
    members, n_classes]; otherwise those of their mean probability [events, n_classes].

    Examples
    --------
    >>> model = TabM(3, [4], 5, width=8).eval()
    >>> model(torch.zeros(2, 3), torch.zeros(2, 1, dtype=torch.int64)).shape
    torch.Size([2, 5])
    """

    def __init__(
        self,
        n_continuous: int,
        categories: list[int],
        n_classes: int,
        *,
        members: int = 32,
        layers: int = 3,
        width: int = 512,
        dropout: float = 0.1,
        embeddings: Embeddings = "none",
        embedding_width: int = 16,
        missing: Missing = "learnable",
    ) -> None:
        super().__init__()
        self.members = members
        self.features = FlatFeatures(n_continuous, categories, embeddings, embedding_width, missing)
        modules: list[nn.Module] = []
        inputs = self.features.size
        for i in range(layers):
            modules += [
                SharedLinear(inputs, width, members, first=i == 0),
                nn.ReLU(),
                Dropout(dropout),
            ]
            inputs = width
        self.layers = nn.Sequential(*modules)
        limit = inputs**-0.5
        self.weight = nn.Parameter(torch.empty(members, inputs, n_classes).uniform_(-limit, limit))
        self.bias = nn.Parameter(torch.empty(members, n_classes).uniform_(-limit, limit))

    def forward(self, continuous: Tensor, categorical: Tensor) -> Tensor:
        """Return the logits."""
        flat = self.features(continuous, categorical)
        x = self.layers(flat[:, None].expand(-1, self.members, -1))
        logits = torch.einsum("emi,mio->emo", x, self.weight) + self.bias
        return logits if self.training else mean_of_members(logits)


def mean_of_members(logits: Tensor) -> Tensor:
    """Return the logits of the mean probability of members.

    Parameters
    ----------
    logits
        [events, members, outputs]; one output is the logit of the signal.

    Returns
    -------
    Tensor
        [events, outputs]; the softmax, or the sigmoid of one output, is the
        mean over the members.
    """
    if logits.shape[2] > 1:
        return torch.logsumexp(logits.log_softmax(2), dim=1)
    log_signal = torch.logsumexp(nn.functional.logsigmoid(logits), dim=1)
    return log_signal - torch.logsumexp(nn.functional.logsigmoid(-logits), dim=1)
