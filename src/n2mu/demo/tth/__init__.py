"""The toy generator and the toy detector of the ttH analysis.

Its rates and resolutions are simple and parametric: nothing that comes out of it is a
physics result.
"""
