"""Ntuples as the workflow knows them: the listing of files and its chunks."""
