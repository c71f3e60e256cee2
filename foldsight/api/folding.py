"""``fold``: submit sequences to the service and hand back what they become."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from foldsight import settings as conditions
from foldsight.api.handle import Fold, Folds
from foldsight.api.inputs import queries_of
from foldsight.client import Client, connect
from foldsight.sequence import Query


def fold(
    anything: Any,
    *,
    engine: str = "auto",
    seed: int = 0,
    name: str | None = None,
    settings: Mapping[str, Any] | None = None,
    network: str | None = None,
    wait: bool = False,
) -> Fold | Folds:
    """Fold one or several sequences.

    Parameters
    ----------
    anything : str, Path, bytes, Query or list of these
        A FASTA file, FASTA text, ``uniprot:P04637``, or a sequence; ``:`` joins chains.
    engine : str, optional
        Engine id, or ``auto`` for the default chain.
    seed : int, optional
    name : str, optional
        Name of a single sequence.
    settings : mapping, optional
        Engine settings.
    network : {'off', 'hash', 'sequence'}, optional
        What may leave the machine; the environment's setting by default.
    wait : bool, optional
        Come back only when everything has ended.

    Returns
    -------
    Fold or Folds
        At once. A :class:`Fold` shows its progress, then the structure; its attributes
        are those of the prediction and wait for it. Several records give :class:`Folds`.

    Raises
    ------
    Refused
        Before anything is queued, when an input breaks the rules.

    Examples
    --------
    >>> import foldsight as fs
    >>> p = fs.fold("protease.fasta")            # doctest: +SKIP
    >>> p.residues.head()                        # doctest: +SKIP
    """
    queries = queries_of(anything, name=name, network=network)
    options = {
        "engine": engine,
        "seed": seed,
        "settings": dict(settings or {}),
        "network": conditions.network(network),
    }
    service = connect()
    handles = [submit(service, query, options) for query in queries]
    found = handles[0] if len(handles) == 1 else Folds(handles)
    return found.wait() if wait else found


def submit(service: Client, query: Query, options: Mapping[str, Any]) -> Fold:
    """Queue one query; what was dropped from it on the way in is told on stderr."""
    request = {"kind": "fold", "name": query.name, "sequence": query.sequence, **options}
    for note in query.notes:
        print(note, file=sys.stderr)
    return Fold(service, service.submit(request))
