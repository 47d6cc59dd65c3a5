"""n2mu: from ROOT ntuples to the fitted signal strength mu."""

__version__ = "0.1.0"
