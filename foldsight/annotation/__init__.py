"""What people say of residues.

==============  ==================================================================
``schema.json``  the one description of the document, for Python and TypeScript
``check``        checks values against it
``values``       :class:`Annotation`, :class:`Span`, :class:`Comment`, anchors
``remap``        the same residues in another structure or numbering
``book``         a document without a room, and what every document can do
``table``        as a DataFrame
``formats``      UniProt-style features, GFF3, CSV
==============  ==================================================================
"""

from foldsight.annotation.check import SCHEMA_VERSION, check, schema
from foldsight.annotation.values import Annotation, Comment, Span, anchor, covered

__all__ = ["SCHEMA_VERSION", "Annotation", "Comment", "Span", "anchor", "check", "covered", "schema"]
