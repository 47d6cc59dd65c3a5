"""Higgs bosons that decay to a Z boson and a photon, and their background, by PYTHIA 8.

The detector is parametric: what comes out of it is no physics result of an experiment.
"""
