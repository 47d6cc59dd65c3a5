"""The losses, one per file."""
