"""What an operator says of their Hub: which groups are organisations, and by which plans.

A TOML file named by ``FOLDSIGHT_HUB_CONFIG``; every part may be left out::

    plan = "institute"             # of everybody's own account

    [groups.lab-baker]
    organization = "Baker lab"     # the group fills this organisation
    plan = "lab"                   # of the organisation
    owner = "baker"                # who answers for it; else JupyterHub itself
    account = "collab-baker"       # shared server: what it predicts, the organisation pays
    members = "researcher"         # plan of its members' own accounts
    region = "eu"                  # where its projects' files lie and jobs run; of FOLDSIGHT_REGIONS
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import msgspec

from foldsight.errors import BadFile
from foldsight.plans import PLANS, Plan, larger

_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class Group(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a group of the Hub gives to its members."""

    organization: _Name | None = None
    plan: str | None = None
    owner: _Name | None = None
    account: _Name | None = None
    members: str | None = None
    region: str | None = None


class HubSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    plan: str = "institute"
    groups: dict[_Name, Group] = {}

    @property
    def organizations(self) -> dict[str, Group]:
        """The groups that fill an organisation."""
        return {name: group for name, group in self.groups.items() if group.organization}

    def plan_of(self, groups: frozenset[str]) -> Plan:
        """Return the plan of a person's own account: the best that their groups give."""
        named = [group.members for name, group in self.groups.items() if name in groups and group.members]
        return larger(PLANS[self.plan], *(PLANS[name] for name in named))


def read_settings(environment: Mapping[str, str] = os.environ) -> HubSettings:
    """Read the file that ``FOLDSIGHT_HUB_CONFIG`` names; without one everybody has the plan Institute.

    Raises
    ------
    BadFile
        When it cannot be read or says what cannot be.
    """
    named = environment.get("FOLDSIGHT_HUB_CONFIG")
    if not named:
        return HubSettings()
    try:
        settings = msgspec.convert(tomllib.loads(Path(named).read_text("utf-8")), HubSettings)
    except (OSError, ValueError) as fault:  # msgspec's and tomllib's errors are ValueErrors
        raise BadFile(f"{named} cannot be read: {fault}.", hint="docs/operators/jupyterhub.md.") from None
    _check(settings, named)
    return settings


def _check(settings: HubSettings, named: str) -> None:
    # A laptop's plan opens what only the one user of a laptop may have.
    known = [name for name in PLANS if name != "embedded"]
    asked = [settings.plan]
    for name, group in settings.groups.items():
        asked += [plan for plan in (group.plan, group.members) if plan]
        if not group.organization and (group.plan or group.owner or group.account or group.region):
            raise BadFile(
                f"{named}: group {name} has no organization for its plan, owner, account or region.",
                hint='Add organization = "...".',
            )
    wrong = [plan for plan in asked if plan not in known]
    if wrong:
        raise BadFile(f"{named}: there is no plan {wrong[0]!r}.", hint=f"Use one of {', '.join(known)}.")
    accounts = [group.account for group in settings.groups.values() if group.account]
    if len(set(accounts)) < len(accounts):
        raise BadFile(f"{named}: two groups have the same account.", hint="An account has one payer.")
