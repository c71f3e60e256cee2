"""Who may do what in a project: one table of roles and verbs, pure.

A caller has a role in a project by being its member, by their organisation, or because the
project is public; the highest of these counts. The scope of the token that they come with
cuts down what the role allows, never adds to it.
"""

from __future__ import annotations

from typing import Literal, get_args

Role = Literal["viewer", "commenter", "editor", "owner"]
Verb = Literal["see", "fork", "comment", "edit", "predict", "share", "publish", "delete"]
Visibility = Literal["private", "organisation", "public"]
OrgRole = Literal["member", "admin", "owner"]
Scope = Literal["read", "annotate", "predict", "admin"]

#: In order: each may do what those before it may.
ROLES: tuple[Role, ...] = get_args(Role)
VERBS: tuple[Verb, ...] = get_args(Verb)
VISIBILITIES: tuple[Visibility, ...] = get_args(Visibility)
ORG_ROLES: tuple[OrgRole, ...] = get_args(OrgRole)
#: In order: each includes those before it.
SCOPES: tuple[Scope, ...] = get_args(Scope)

#: verb -> (the lowest role that may, the lowest scope of a token that may). A fork is a new
#: project of the caller's own, so looking at the old one is enough, but not a token that only reads.
TABLE: dict[Verb, tuple[Role, Scope]] = {
    "see": ("viewer", "read"),
    "fork": ("viewer", "annotate"),
    "comment": ("commenter", "annotate"),
    "edit": ("editor", "annotate"),
    "predict": ("editor", "predict"),
    "share": ("owner", "predict"),
    "publish": ("owner", "predict"),
    "delete": ("owner", "predict"),
}


def role_in(member: Role | None, visibility: Visibility, organisation: OrgRole | None) -> Role | None:
    """Return the caller's role in a project.

    Parameters
    ----------
    member : str or None
        Their own membership.
    visibility : str
    organisation : str or None
        Their role in the organisation that the project belongs to.

    Returns
    -------
    str or None
        None means that for this caller the project does not exist.

    Examples
    --------
    >>> role_in(None, "organisation", "member")
    'viewer'
    >>> role_in(None, "private", "member") is None
    True
    """
    found: list[Role] = [] if member is None else [member]
    # Who answers for an organisation answers for its projects too, also when a member has left.
    if organisation in ("admin", "owner"):
        found.append("owner")
    if visibility == "public" or (visibility == "organisation" and organisation is not None):
        found.append("viewer")
    return max(found, key=ROLES.index, default=None)


def allows(role: Role | None, verb: Verb, scope: Scope = "admin") -> bool:
    """Whether a role may, through a token of this scope.

    Examples
    --------
    >>> allows("commenter", "comment"), allows("commenter", "edit"), allows("owner", "edit", "read")
    (True, False, False)
    """
    if role is None:
        return False
    lowest_role, lowest_scope = TABLE[verb]
    enough = ROLES.index(role) >= ROLES.index(lowest_role)
    return enough and SCOPES.index(scope) >= SCOPES.index(lowest_scope)
