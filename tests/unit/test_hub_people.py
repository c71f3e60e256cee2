"""What the Hub says of a token, and what follows from it; the operator's file."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from foldsight_server.hub.gate import BELIEVED, Gate, token_of
from foldsight_server.hub.people import Person, person
from foldsight_server.hub.service import is_service
from foldsight_server.hub.settings import Group, HubSettings, read_settings
from foldsight_server.identity import Identity
from foldsight_server.policy import SCOPES
from tornado.web import HTTPError

from foldsight import hub
from foldsight.errors import BadFile, FoldSightError, NotAllowed, NotSignedIn, ServiceUnavailable

REACH = "access:services!service=foldsight"


def model(*scopes: str, **fields: Any) -> dict[str, Any]:
    return {"kind": "user", "name": "ada", "groups": ["lab"], "scopes": list(scopes), **fields}


@pytest.mark.parametrize("scope", SCOPES)
def test_the_highest_scope_counts(scope: str) -> None:
    held = [f"custom:foldsight:{name}" for name in SCOPES[: SCOPES.index(scope) + 1]]  # type: ignore[arg-type]
    found = Person("ada", "ada", frozenset({"lab"}), scope, script=True)  # type: ignore[arg-type]
    assert person(model(REACH, *held), "foldsight") == found
    assert not person(model(REACH, *held, session_id="a browser"), "foldsight").script
    assert not person(model(REACH, *held, "access:servers!server=ada/"), "foldsight").script


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        (model("custom:foldsight:admin"), "may not reach the service"),
        (model("access:services!service=other", "custom:foldsight:read"), "may not reach the service"),
        (model(REACH, "self"), "no scope of FoldSight"),
        (model(REACH, "custom:foldsight:everything"), "no scope of FoldSight"),
        (model(REACH, "custom:foldsight:read", name="org:1"), "not for people"),
    ],
)
def test_a_token_for_something_else_is_refused(told: dict[str, Any], sentence: str) -> None:
    with pytest.raises(NotAllowed, match=sentence):
        person(told, "foldsight")


def test_a_service_has_no_groups_and_no_users_name() -> None:
    found = person(model("access:services", "custom:foldsight:read", kind="service"), "foldsight")
    assert found == Person("service:ada", "ada", frozenset(), "read")


def test_the_header() -> None:
    assert token_of("") == ""
    assert token_of("token abc") == token_of("Bearer abc") == token_of("bearer  abc") == "abc"
    for wrong in ("Basic abc", "abc", "token", "token a b"):
        with pytest.raises(NotSignedIn):
            token_of(wrong)


class Hub:
    """The Hub as HubAuth answers for it."""

    def __init__(self) -> None:
        self.asked = 0
        self.tokens = {"good": model(REACH, "custom:foldsight:predict"), "far": model("self")}
        self.away = False

    async def user_for_token(self, token: str, use_cache: bool, sync: bool) -> Any:
        assert not use_cache
        assert not sync
        self.asked += 1
        if self.away:
            raise HTTPError(502)
        return self.tokens.get(token)


class Everybody:
    async def welcome(self, found: Person) -> Identity:
        return Identity(found.id, found.name, may=found.may)


def test_the_hub_is_asked_once_in_a_while_and_a_revoked_token_ends() -> None:
    asyncio.run(_believed())


async def _believed() -> None:
    told, now = Hub(), [0.0]
    gate = Gate(told, "foldsight", Everybody(), lambda: now[0])  # type: ignore[arg-type]
    callers = await asyncio.gather(*(gate.identify("good") for _ in range(5)))
    assert {caller.may for caller in callers} == {"predict"}
    assert told.asked == 1
    del told.tokens["good"]
    now[0] = BELIEVED - 1
    assert (await gate.identify("good")).id == "ada"
    now[0] = BELIEVED
    await _refused(gate, "good", NotSignedIn)
    await _refused(gate, "far", NotAllowed)
    asked = told.asked
    await _refused(gate, "far", NotAllowed)
    assert told.asked == asked, "a refusal is remembered too"


def test_a_hub_that_is_away_is_asked_again_with_the_next_call() -> None:
    asyncio.run(_away())


async def _away() -> None:
    told = Hub()
    gate = Gate(told, "foldsight", Everybody())  # type: ignore[arg-type]
    told.away = True
    await _refused(gate, "good", ServiceUnavailable)
    told.away = False
    assert (await gate.identify("good")).id == "ada"


async def _refused(gate: Gate, token: str, kind: type[FoldSightError]) -> None:
    with pytest.raises(kind):
        await gate.identify(token)


def read(folder: Path, text: str) -> HubSettings:
    path = folder / "hub.toml"
    path.write_text(text)
    return read_settings({"FOLDSIGHT_HUB_CONFIG": str(path)})


def test_the_operators_file(tmp_path: Path) -> None:
    assert read_settings({}) == HubSettings("institute", {})
    groups = '[groups.lab]\norganization = "Lab"\nplan = "lab"\n[groups.paid]\nmembers = "researcher"'
    found = read(tmp_path, f'plan = "free"\n{groups}')
    assert found.organizations == {"lab": Group("Lab", "lab")}
    assert found.plan_of(frozenset()).id == "free"
    assert found.plan_of(frozenset({"paid", "lab"})).id == "researcher"
    shipped = Path(__file__).parents[2] / "deploy/jupyterhub/foldsight.toml"
    assert read(tmp_path, shipped.read_text()).organizations


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("plan = 3", "Expected `str`"),
        ("plan = ", "Invalid value"),
        ('plan = "gold"', "no plan 'gold'"),
        ('plan = "embedded"', "no plan 'embedded'"),
        ('[groups.lab]\nplan = "lab"', "no organization"),
        ('[groups.lab]\norganisation = "Lab"', "unknown field"),
        (
            '[groups.a]\norganization="A"\naccount="x"\n[groups.b]\norganization="B"\naccount="x"',
            "two groups",
        ),
    ],
)
def test_a_wrong_file_is_refused_by_name(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(BadFile, match=sentence) as fault:
        read(tmp_path, text)
    assert "hub.toml" in str(fault.value)


def test_a_service_is_told_from_a_users_server() -> None:
    server = dict.fromkeys(("JUPYTERHUB_USER", "JUPYTERHUB_API_TOKEN", "JUPYTERHUB_API_URL"), "x")
    service = {**server, "JUPYTERHUB_USER": "", "JUPYTERHUB_SERVICE_NAME": "foldsight"}
    assert is_service(service)
    assert not is_service(server)
    assert hub.on_a_hub(server)
    assert not hub.on_a_hub(service)
    assert hub.service_url({}) is None
    assert hub.service_url({**server, "FOLDSIGHT_SERVICE_URL": "http://fs/services/foldsight/"}) == (
        "http://fs/services/foldsight"
    )
