"""Scores of all models, row-aligned with the skim, and friend trees."""
