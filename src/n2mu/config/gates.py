"""What a fit must pass before its result is written, and what it only reports."""

from typing import Literal

Gate = Literal["asimov_mu", "asimov_pulls", "constraints", "covariance", "bounds", "mixed_rates"]
"""They stop the fit, unless it is allowed to fail them."""

ReportedGate = Literal["repeated_events", "goodness", "data_pulls"]
"""They say how far a result can be trusted, and never stop the fit."""
