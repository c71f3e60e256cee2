"""The example configurations of sign-in, read by traitlets and taken by the classes they are for.

No provider is asked: what each documents to answer is given to the class as if it had.
"""

from __future__ import annotations

import asyncio
import warnings
from pathlib import Path
from typing import Any

import pytest
from traitlets.config import Config, PyFileConfigLoader

pytest.importorskip("oauthenticator")
with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from jupyterhub.app import JupyterHub

FOLDER = Path(__file__).parents[2] / "deploy" / "jupyterhub"
HUB = "https://hub.example.edu"
ENVIRONMENT = {
    "orcid": {"ORCID_CLIENT_ID": "APP-1", "ORCID_CLIENT_SECRET": "s", "ORCID_ALLOWED": "0000-0002-1825-0097"},
    "google": {"GOOGLE_CLIENT_ID": "g", "GOOGLE_CLIENT_SECRET": "s", "GOOGLE_DOMAINS": "example.edu"},
    "github": {"GITHUB_CLIENT_ID": "h", "GITHUB_CLIENT_SECRET": "s", "GITHUB_ORGANIZATION": "Example"},
    "oidc": {
        "OIDC_CLIENT_ID": "o",
        "OIDC_CLIENT_SECRET": "s",
        "OIDC_AUTHORIZE_URL": "https://id.example.edu/auth",
        "OIDC_TOKEN_URL": "https://id.example.edu/token",
        "OIDC_USERINFO_URL": "https://id.example.edu/userinfo",
        "OIDC_ALLOWED_GROUPS": "lab-baker lab-perutz",
        "OIDC_ADMIN_GROUPS": "operators",
    },
    "cilogon": {
        "CILOGON_CLIENT_ID": "cilogon:/client_id/1",
        "CILOGON_CLIENT_SECRET": "s",
        "SAML_ENTITY_ID": "https://idp.example.edu/shibboleth",
        "SAML_DOMAIN": "example.edu",
    },
}  # fmt: skip
TEAM = {"slug": "lab-baker", "organization": {"login": "example"}}
OTHER = {"slug": "lab-other", "organization": {"login": "elsewhere"}}
#: Who comes, as the provider tells it; the name that they get, their groups, whether they may come in.
PEOPLE: list[tuple[str, dict[str, Any], str, set[str], bool]] = [
    ("orcid", {"sub": "0000-0002-1825-0097", "name": "J. Carberry"}, "0000-0002-1825-0097", set(), True),
    ("orcid", {"sub": "0000-0001-5109-3700", "name": "L. Haak"}, "0000-0001-5109-3700", set(), False),
    ("google", {"email": "ada@example.edu", "hd": "example.edu", "verified_email": True}, "ada", set(), True),
    ("google", {"email": "ada@elsewhere.org", "verified_email": True}, "ada@elsewhere.org", set(), False),
    ("github", {"login": "eve"}, "eve", {"lab-baker"}, False),
    ("github", {"login": "ada"}, "ada", {"lab-baker"}, True),
    ("oidc", {"preferred_username": "ada", "groups": ["lab-baker"]}, "ada", {"lab-baker"}, True),
    ("oidc", {"preferred_username": "eve", "groups": ["cooks"]}, "eve", {"cooks"}, False),
    ("oidc", {"preferred_username": "max", "groups": ["operators"]}, "max", {"operators"}, True),
    ("cilogon", {"idp": "https://idp.example.edu/shibboleth", "eppn": "ada@example.edu"}, "ada", set(), True),
]


def load(name: str, monkeypatch: pytest.MonkeyPatch) -> Config:
    monkeypatch.setenv("HUB_URL", HUB)
    for key, value in ENVIRONMENT.get(name, {}).items():
        monkeypatch.setenv(key, value)
    return PyFileConfigLoader(f"{name}.py", path=str(FOLDER)).load_config()


def authenticator(config: Config) -> Any:
    hub = JupyterHub(config=config)
    return hub.authenticator_class(parent=hub)


@pytest.mark.parametrize("name", ENVIRONMENT)
def test_every_word_of_an_example_is_known_to_its_class(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    config = load(name, monkeypatch)
    made = authenticator(config)
    (section,) = [each for each in config if each != "JupyterHub"]
    assert section in {each.__name__ for each in type(made).__mro__}
    assert set(config[section]) <= set(made.traits(config=True)), "a word that nothing reads"
    assert made.get_callback_url(None) == f"{HUB}/hub/oauth_callback"
    for url in (made.authorize_url, made.token_url, made.userdata_url):
        assert url.startswith("https://")
    assert made.client_id
    assert made.client_secret == "s"
    assert made.enable_pkce or name == "github"


@pytest.mark.parametrize("name", ENVIRONMENT)
def test_what_is_not_set_stops_the_hub_by_name(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    needed = next(iter(ENVIRONMENT[name]))
    monkeypatch.delenv(needed, raising=False)
    monkeypatch.setenv("HUB_URL", HUB)
    for key, value in list(ENVIRONMENT[name].items())[1:]:
        monkeypatch.setenv(key, value)
    with pytest.raises(KeyError, match=needed):
        PyFileConfigLoader(f"{name}.py", path=str(FOLDER)).load_config()


@pytest.mark.parametrize(("name", "told", "user", "groups", "allowed"), PEOPLE)
def test_who_comes_is_named_grouped_and_let_in_or_not(
    name: str,
    told: dict[str, Any],
    user: str,
    groups: set[str],
    allowed: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = authenticator(load(name, monkeypatch))
    assert made.user_info_to_username(told) == user
    answer = {"access_token": "x", "token_type": "bearer"}
    state = {made.user_auth_state_key: told, "scope": [], "teams": [TEAM, OTHER], "token_response": answer}
    model: dict[str, Any] = {"name": user, "admin": None, "auth_state": state}
    if name == "github":
        monkeypatch.setattr(made, "_check_membership_allowed_organizations", _member)
    assert asyncio.run(_allowed(made, model)) == (groups, allowed)


async def _allowed(made: Any, model: dict[str, Any]) -> tuple[set[str], bool]:
    groups = await made.get_user_groups(model["auth_state"]) if made.manage_groups else set()
    if made.manage_groups:
        model["groups"] = groups
        model["admin"] = bool(groups & made.admin_groups) or None
    model["auth_state"][made.user_auth_state_key].setdefault("google_groups", [])
    unblocked = made.check_blocked_users(model["name"], model)
    return groups, bool(unblocked and await made.check_allowed(model["name"], model))


async def _member(organization: str, user: str, *_: Any) -> bool:
    """Stand in for GitHub's word on who belongs to an organisation."""
    return (organization, user) == ("Example", "ada")


def test_google_keeps_people_of_two_domains_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ENVIRONMENT, "google", {**ENVIRONMENT["google"], "GOOGLE_DOMAINS": "a.edu b.edu"})
    both = authenticator(load("google", monkeypatch))
    assert both.user_info_to_username({"email": "ada@a.edu"}) == "ada@a.edu"


def test_cilogon_refuses_other_institutions(monkeypatch: pytest.MonkeyPatch) -> None:
    from tornado.web import HTTPError

    made = authenticator(load("cilogon", monkeypatch))
    with pytest.raises(HTTPError):
        made.user_info_to_username({"idp": "https://idp.elsewhere.org", "eppn": "ada@example.edu"})


def test_the_service_of_the_example_goes_with_sign_in_that_brings_groups(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = load("jupyterhub_config", monkeypatch)
    hub = JupyterHub(config=config)
    (service,) = hub.services
    assert (service["name"], service["oauth_no_confirm"]) == ("foldsight", True)
    assert set(config["JupyterHub"]) <= set(hub.traits(config=True))
    # A Hub whose sign-in brings the groups refuses to start with groups of its own.
    assert not hub.load_groups
    guests = config["Spawner"]["oauth_client_allowed_scopes"]
    assert "custom:foldsight:annotate" in guests
    assert "custom:foldsight:predict" not in guests
