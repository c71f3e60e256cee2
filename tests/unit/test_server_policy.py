"""Who may do what: the whole matrix, written out by hand."""

from __future__ import annotations

import itertools

import pytest
from foldsight_server import policy
from foldsight_server.policy import ORG_ROLES, ROLES, SCOPES, TABLE, VERBS, VISIBILITIES, OrgRole, Role

#: Columns are the verbs in the order of VERBS: see fork comment edit predict share publish delete.
BY_ROLE = {
    None: "........",
    "viewer": "xx......",
    "commenter": "xxx.....",
    "editor": "xxxxx...",
    "owner": "xxxxxxxx",
}
BY_SCOPE = {"read": "x.......", "annotate": "xxxx....", "predict": "xxxxxxxx", "admin": "xxxxxxxx"}

#: (visibility, role in the organisation) -> role of somebody who is no member of the project.
STRANGERS: dict[tuple[str, OrgRole | None], Role | None] = {
    ("private", None): None,
    ("private", "member"): None,
    ("private", "admin"): "owner",
    ("private", "owner"): "owner",
    ("organisation", None): None,
    ("organisation", "member"): "viewer",
    ("organisation", "admin"): "owner",
    ("organisation", "owner"): "owner",
    ("public", None): "viewer",
    ("public", "member"): "viewer",
    ("public", "admin"): "owner",
    ("public", "owner"): "owner",
}


@pytest.mark.parametrize(("role", "scope"), list(itertools.product([None, *ROLES], SCOPES)))
def test_every_verb_of_every_role_and_scope(role: Role | None, scope: policy.Scope) -> None:
    expected = ["x" == a == b for a, b in zip(BY_ROLE[role], BY_SCOPE[scope], strict=True)]
    assert [policy.allows(role, verb, scope) for verb in VERBS] == expected


@pytest.mark.parametrize("member", [None, *ROLES])
def test_the_highest_of_all_grounds_counts(member: Role | None) -> None:
    assert set(STRANGERS) == set(itertools.product(VISIBILITIES, [None, *ORG_ROLES]))
    for (visibility, organisation), stranger in STRANGERS.items():
        grounds = [role for role in (member, stranger) if role is not None]
        best = max(grounds, key=ROLES.index) if grounds else None
        assert policy.role_in(member, visibility, organisation) == best  # type: ignore[arg-type]


def test_the_table_is_complete_and_higher_roles_and_scopes_lose_nothing() -> None:
    assert set(TABLE) == set(VERBS)
    for verb in VERBS:
        by_role = [policy.allows(role, verb) for role in ROLES]
        by_scope = [policy.allows("owner", verb, scope) for scope in SCOPES]
        assert by_role == sorted(by_role)
        assert by_scope == sorted(by_scope)
        assert by_role[-1]
        assert by_scope[-1]
