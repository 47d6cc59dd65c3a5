"""How well the scores separate the classes."""
