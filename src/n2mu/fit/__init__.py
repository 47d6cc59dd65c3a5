"""Likelihood, minimiser and results of a binned profile-likelihood fit."""
