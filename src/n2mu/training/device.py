"""Where the arithmetic is done."""

import torch

from n2mu.errors import ConfigurationError


def resolve_device(name: str) -> torch.device:
    """Return the device for ``auto``, ``cpu`` or ``cuda``; ``auto`` takes a GPU if there is one.

    Raises
    ------
    ConfigurationError
        If the name is unknown or no GPU can be used.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if name not in ("cpu", "cuda"):
        raise ConfigurationError(f"device is '{name}', expected auto, cpu or cuda")
    if name == "cuda" and not torch.cuda.is_available():
        raise ConfigurationError(
            "device is 'cuda' but no GPU can be used here; set device: auto, or ask for a GPU node"
        )
    return torch.device(name)
