"""Where the weights of each engine come from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Origin:
    """Where the weights of an engine come from.

    Attributes
    ----------
    repo, revision : str
        On huggingface.co. A revision that is no commit is resolved at the first
        download, and the commit is recorded.
    bytes : int
        Size of the download, for the question of consent.
    licence : str
    """

    repo: str
    revision: str
    bytes: int
    licence: str


#: The repositories hold transformers' own layout. ESMFold2-Fast was republished in it in
#: September 2026 under a commit that could not be checked here, hence no pin yet.
ORIGINS = {
    "esmfold": Origin(
        "facebook/esmfold_v1", "ba837a39b67e59941c3f017d6c2a064f567038d9", 8_440_000_000, "MIT"
    ),
    "esmfold2": Origin(
        "biohub/ESMFold2-hf", "bce015efb23b5dc604842d0ab5c2bbb02c7bd3ee", 24_500_000_000, "MIT"
    ),
    "esmfold2-fast": Origin("biohub/ESMFold2-Fast", "main", 24_500_000_000, "MIT"),
}
