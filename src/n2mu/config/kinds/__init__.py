"""The kinds of systematics: one per file."""
