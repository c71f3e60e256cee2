"""Sources: outside databases that structures and sequences are fetched from.

``http`` is the one client that all use, ``cache`` what it keeps; then one source per file.
A source is found by its ``foldsight.sources`` entry point, whose target is a class with a
no-argument constructor and ``fetch(identifier, network=...)``.
"""
