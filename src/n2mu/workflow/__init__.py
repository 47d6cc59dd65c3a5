"""What Snakemake is told: configuration slices, code fingerprints, paths."""
