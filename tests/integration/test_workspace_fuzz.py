"""Requests made up from the OpenAPI document: whatever comes, the service answers as the document says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from foldsight_server.api.routes import document
from hypothesis import HealthCheck, Phase, given, seed, settings

schemathesis = pytest.importorskip("schemathesis", reason="comes with the dev extra")

if TYPE_CHECKING:
    from conftest import Service

#: Bounded and the same in every run.
BOUNDS = settings(
    max_examples=6, deadline=None, database=None, phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
PDB = b"".join(
    f"ATOM  {i:5d}  CA  ALA A{i:4d}    {i * 3.8:8.3f}   0.000   0.000  1.00 20.00           C\n".encode()
    for i in range(1, 6)
)
DOCUMENT = document()
#: What deletes comes last, so that what the others work on is there.
OPERATIONS = sorted(
    ((path, method) for path, item in DOCUMENT["paths"].items() for method in item),
    key=lambda operation: operation[1] == "delete",
)


@pytest.fixture(scope="module")
def schema() -> Any:
    return schemathesis.openapi.from_dict(DOCUMENT)


@pytest.fixture(scope="module")
def real(shared: Service) -> dict[str, Any]:
    """Where the service is, and ids of things that are there: made-up ids alone would all be 404."""
    client = shared.client()
    space = client.workspace
    project = space.create_project("Fuzzed")["id"]
    structure = space.upload(project, PDB, name="fuzzed")["id"]
    organization = space.create_organization("Fuzzers")["id"]
    space.tag(structure, "fuzzy")
    comment = space.comment(project, "first")["id"]
    ids = {"project": project, "structure": structure, "organization": organization, "comment": comment}
    return {"url": client.address.url, "token": client.address.token, "ids": ids}


def checks() -> list[Any]:
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi.checks import (
        content_type_conformance,
        response_schema_conformance,
        status_code_conformance,
    )

    return [
        not_a_server_error,
        status_code_conformance,
        content_type_conformance,
        response_schema_conformance,
    ]


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_no_made_up_request_breaks_the_service(
    schema: Any, real: dict[str, Any], path: str, method: str
) -> None:
    operation = schema[path][method.upper()]

    @seed(1)
    @BOUNDS
    @given(case=operation.as_strategy())
    def answered(case: Any) -> None:
        known = {name: value for name, value in real["ids"].items() if name in (case.path_parameters or {})}
        case.path_parameters = {**(case.path_parameters or {}), **known}
        headers = {"Authorization": f"token {real['token']}"}
        case.call_and_validate(base_url=real["url"], headers=headers, checks=checks())

    answered()
