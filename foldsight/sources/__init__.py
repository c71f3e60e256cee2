"""Sources: outside databases that structures and sequences are fetched from.

``http`` is the one client that all use; then one source per file. A source is found by
its ``foldsight.sources`` entry point, whose target is an object with
``fetch(identifier, network=...)``.
"""
