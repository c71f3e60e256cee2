"""Engines: ways from a sequence to a structure.

``base`` the protocol; ``registry`` finds them by entry point; ``chain`` is
``engine="auto"``; ``run`` is what a worker calls; ``gate`` is the sanity gate; the
rest is one engine per file or folder.
"""
