"""What a prediction can be saved as, one file per kind.

``savers``
    Finds the exporter for a suffix; writes whole files or none.
``ribbon``
    The cartoon of a structure as a triangle mesh.
``camera``
    Where one looks from.
``raster``, ``shade``
    Triangles to pixels, pixels to light and shadow.
``vector``
    Triangles to a drawing of few colours and true lines.
``picture``
    PNG and SVG pictures with title and legend.
``structure_files``
    mmCIF (ModelCIF), PDB and BinaryCIF.

A new exporter is a function ``save(prediction, path)`` and one ``foldsight.exporters``
entry point named after the suffix that it writes.
"""

from __future__ import annotations
