"""What a fit must pass before its result is written, and may be allowed not to."""

from typing import Literal

Gate = Literal["asimov_mu", "asimov_pulls", "constraints", "covariance", "bounds", "mixed_rates"]
