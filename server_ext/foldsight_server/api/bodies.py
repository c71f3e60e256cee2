"""What requests carry: one structure per kind of body; the OpenAPI document is made from them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from foldsight.analysis.embedding import Kind
from foldsight_server.policy import Role, Visibility

#: A line without control characters.
Line = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
Text = Annotated[str, Meta(max_length=10_000)]
Comment = Annotated[str, Meta(min_length=1, max_length=10_000)]
Id = Annotated[str, Meta(pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")]
#: ``A:25`` or ``A:25-31,B:7``.
Residues = Annotated[str, Meta(min_length=1, max_length=500, pattern=r"^[A-Za-z0-9:,\- ]+$")]
Share = Annotated[float, Meta(ge=0, le=1)]
Length = Annotated[float, Meta(ge=0, le=1e9)]
Real = Annotated[float, Meta(ge=-1e9, le=1e9)]
Vector = Annotated[list[Real], Meta(min_length=3, max_length=3)]


class Body(msgspec.Struct, forbid_unknown_fields=True):
    """Base of all bodies: a field that nobody knows is a fault, not ignored."""


class Submit(Body):
    """Body of ``POST /jobs``."""

    sequence: str
    kind: str = "fold"
    name: str = "query"
    engine: str = "auto"
    settings: dict[str, Any] = {}
    seed: int = 0
    network: str | None = None
    project: Id | None = None


class Input(Body):
    """What an analysis is made of: a fold that is done, or a structure of a project."""

    job: Id | None = None
    structure: Id | None = None


class SubmitAnalysis(Body):
    """Body of ``POST /analyses``; settings are those of :mod:`foldsight.tasks`."""

    kind: Literal["align", "interfaces", "pockets", "variants"]
    inputs: Annotated[list[Input], Meta(min_length=1, max_length=500)]
    settings: dict[str, Any] = {}
    name: Line | None = None
    project: Id | None = None


class NewProject(Body):
    """Body of ``POST /projects``."""

    name: Line
    description: Text = ""
    visibility: Visibility = "private"
    organization: Id | None = None


class ProjectChange(Body):
    """Body of ``PATCH /projects/{project}``."""

    name: Line | None = None
    description: Text | None = None
    visibility: Visibility | None = None


class Fork(Body):
    """Body of ``POST /projects/{project}/fork``."""

    name: Line | None = None


class Member(Body):
    """Body of ``PUT /projects/{project}/members/{user}``."""

    role: Role


class NewOrganization(Body):
    """Body of ``POST /organizations``."""

    name: Line
    institution: Annotated[str, Meta(max_length=200)] = ""


class OrgMember(Body):
    """Body of ``PUT /organizations/{organization}/members/{user}``."""

    role: Literal["member", "admin"]


class StructureChange(Body):
    """Body of ``PATCH /structures/{structure}``."""

    name: Line | None = None
    organism: Line | None = None
    uniprot: Line | None = None
    pdb_id: Line | None = None


class SimilarTo(Body):
    """Body of ``POST /similar``: a sequence, or a structure that the caller may see."""

    sequence: Annotated[str, Meta(max_length=40_000)] | None = None
    structure: Id | None = None
    k: Annotated[int, Meta(ge=1, le=200)] = 10
    project: Id | None = None
    kind: Kind | None = None


class NewComment(Body):
    """Body of ``POST /projects/{project}/comments``."""

    body: Comment
    structure: Id | None = None
    parent: Id | None = None
    residues: Residues | None = None


class CommentChange(Body):
    """Body of ``PATCH /comments/{comment}``."""

    body: Comment | None = None
    resolved: bool | None = None


class NewAlignment(Body):
    """Body of ``POST /projects/{project}/alignments``.

    TM-scores by the length of each structure, RMSD in angstrom; ``rotation`` and ``translation`` lay the
    mobile structure on the reference.
    """

    reference: Id
    mobile: Id
    method: Line
    by_reference: Share
    by_mobile: Share
    rmsd: Length
    aligned: Annotated[int, Meta(ge=0, le=100_000)]
    rotation: Annotated[list[Vector], Meta(min_length=3, max_length=3)]
    translation: Vector
    per_residue: Annotated[list[Length | None], Meta(max_length=100_000)] | None = None


class Pocket(Body):
    """One pocket: residues as ``A:25``, volume in cubic angstrom, scores from 0 to 1."""

    residues: Annotated[list[Residues], Meta(min_length=1, max_length=5000)]
    volume: Length | None = None
    druggability: Share | None = None
    hydrophobicity: Real | None = None
    enclosure: Share | None = None
    facts: dict[str, Any] = {}


class Pockets(Body):
    """Body of ``PUT /structures/{structure}/pockets``: best first."""

    method: Line
    pockets: Annotated[list[Pocket], Meta(max_length=500)]


class Variant(Body):
    """One variant; ``ddg`` in kcal/mol, above zero destabilises."""

    variant: Line
    ddg: Real | None = None
    facts: dict[str, Any] = {}


class Variants(Body):
    """Body of ``POST /structures/{structure}/variants``."""

    method: Line
    variants: Annotated[list[Variant], Meta(min_length=1, max_length=20_000)]
    facts: dict[str, Any] = {}
