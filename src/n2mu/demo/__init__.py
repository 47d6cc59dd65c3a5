"""The built-in Monte Carlo: ntuples in an experiment's format, for demonstration and tests.

With it the whole chain runs without data.  One subpackage per analysis generates the events;
nothing that comes out of them is a physics result.
"""
