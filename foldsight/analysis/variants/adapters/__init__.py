"""Other people's methods, one file each; none is downloaded or run unless asked for.

:mod:`foldx` runs the user's FoldX binary, :mod:`esm2` scores with a protein language
model, :mod:`thermompnn` runs ThermoMPNN from weights in a local folder.
"""
