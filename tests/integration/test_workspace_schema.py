"""The tables of the workspace: what the database itself guarantees."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import psycopg
import pytest
from foldsight_server.policy import ORG_ROLES, ROLES, VISIBILITIES, role_in

from foldsight.plans import Plan

if TYPE_CHECKING:
    from conftest import Workplace

#: Where each table of the data model lives.
HOMES = {
    "users": "users", "organizations": "organizations", "org_members": "org_members", "projects": "projects",
    "structures": "structures", "prediction_jobs": "jobs", "alignments": "alignments",
    "annotations": "annotations", "comments": "comments", "binding_sites": "binding_sites",
    "variant_analyses": "variant_analyses", "usage_records": "usage_records",
}  # fmt: skip


def test_every_table_of_the_data_model_has_a_home(workplace: Workplace) -> None:
    rows = workplace.sql("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
    assert set(HOMES.values()) <= {row["table_name"] for row in rows}


def test_what_the_database_calls_visible_is_what_the_policy_calls_a_role(workplace: Workplace) -> None:
    workplace.sql("INSERT INTO users (id, name) VALUES ('o', 'Owner'), ('c', 'Caller')")
    cases = list(itertools.product(VISIBILITIES, (None, *ROLES), (None, *ORG_ROLES)))
    for visibility, member, organisation in cases:
        project = workplace.sql(
            "WITH org AS (INSERT INTO organizations (name, owner_id) VALUES ('lab', 'o') RETURNING id) "
            "INSERT INTO projects (owner_id, org_id, name, visibility) SELECT 'o', id, 'p', %s FROM org "
            "RETURNING id, org_id", visibility,
        )[0]  # fmt: skip
        if member:
            text = (
                "INSERT INTO project_members (project_id, user_id, role, added_by) VALUES (%s, 'c', %s, 'o')"
            )
            workplace.sql(text, project["id"], member)
        if organisation:
            text = "INSERT INTO org_members (org_id, user_id, role) VALUES (%s, 'c', %s)"
            workplace.sql(text, project["org_id"], organisation)
        found = workplace.sql(
            "SELECT project_visible(p, 'c') AS seen FROM projects p WHERE id = %s", project["id"]
        )
        expected = role_in(member, visibility, organisation) is not None
        assert found[0]["seen"] is expected, (visibility, member, organisation)


@pytest.mark.parametrize("table", ["audit_log", "usage_records"])
@pytest.mark.parametrize("change", ["UPDATE {} SET facts = '{{}}'", "DELETE FROM {}", "TRUNCATE {}"])
def test_records_are_append_only(workplace: Workplace, table: str, change: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match=f"{table} is append-only"):
        workplace.sql(change.format(table))


def test_a_charge_and_its_refund_are_both_on_record_and_repeat_nothing(workplace: Workplace) -> None:
    queue = workplace.core.service.queue
    request = {"kind": "fold", "name": "p", "engine": "auto", "sequence": "ACDEFGHIKL"}
    made, _ = workplace.run(queue.submit(("payer", "Payer"), request, "key-1", Plan("ten", "Ten", 10, 1)))
    job = str(made["id"])
    assert workplace.run(queue.cancel("payer", job))
    assert not workplace.run(queue.cancel("payer", job))
    rows = workplace.sql(
        "SELECT quantity, job_id::text FROM usage_records WHERE account = 'payer' ORDER BY id"
    )
    assert [(row["quantity"], row["job_id"]) for row in rows] == [(1, job), (-1, job)]
    assert workplace.sql("SELECT used FROM usage WHERE account = 'payer'")[0]["used"] == 0


def test_a_prediction_without_a_project_goes_to_the_personal_one(workplace: Workplace) -> None:
    queue = workplace.core.service.queue
    request = {"kind": "fold", "name": "p", "engine": "auto", "sequence": "ACDEFGHIKL"}
    plan = Plan("any", "Any", None, 1)
    jobs = [workplace.run(queue.submit(("solo", "Solo"), request, f"k{i}", plan))[0] for i in range(2)]
    rows = workplace.sql(
        "SELECT j.id::text, p.personal, p.owner_id FROM jobs j JOIN projects p ON p.id = j.project_id "
        "WHERE user_id = 'solo'"
    )
    assert {row["id"] for row in rows} == {str(job["id"]) for job in jobs}
    assert {(row["personal"], row["owner_id"]) for row in rows} == {(True, "solo")}
    members = workplace.sql("SELECT role FROM project_members WHERE user_id = 'solo'")
    assert members == [{"role": "owner"}]
