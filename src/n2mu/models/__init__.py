"""The architectures, one per file."""
