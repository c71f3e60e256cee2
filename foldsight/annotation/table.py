"""Annotations as a DataFrame."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from foldsight.annotation.values import Annotation

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    "id", "residues", "kind", "label", "text", "layer", "colour", "author", "created", "resolved", "comments",
)  # fmt: skip


def to_frame(annotations: Iterable[Annotation]) -> pd.DataFrame:
    """Return one row per annotation, oldest first.

    ``comments`` is how many there are; ``author`` is the name that people know.
    """
    import pandas as pd

    ordered = sorted(annotations, key=lambda item: item.created)
    rows = [
        (
            item.id, item.residues, item.kind, item.label, item.text, item.layer, item.colour,
            item.author_name, item.created, item.resolved, len(item.comments),
        )
        for item in ordered
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    frame["created"] = pd.to_datetime(frame["created"], utc=True, format="ISO8601")
    return frame.astype({"resolved": bool, "comments": int})
