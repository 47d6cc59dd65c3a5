"""The built-in Monte Carlo: a toy generator and a toy detector, for demonstration and tests.

It writes ntuples in an experiment's format so that the whole chain can run
without data.  Its rates and resolutions are simple and parametric: nothing that
comes out of it is a physics result.
"""
