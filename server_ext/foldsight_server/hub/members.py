"""Groups of the Hub as organisations: who is in the group is in the organisation."""

from __future__ import annotations

from foldsight.errors import NotAllowed
from foldsight.plans import PLANS, cheapest_with, larger
from foldsight_server.hub.people import Person
from foldsight_server.hub.settings import Group, HubSettings
from foldsight_server.identity import Identity
from foldsight_server.service import Service
from foldsight_server.store.access import Connection, jsonb, known, one
from foldsight_server.store.queries import sql

#: Who answers for an organisation whose owner nobody has named; no Hub's user has such a name.
HUB = ("hub:", "JupyterHub")


class Members:
    """Keeps organisations as the Hub has its groups.

    Parameters
    ----------
    service : Service
    settings : HubSettings
    """

    def __init__(self, service: Service, settings: HubSettings) -> None:
        self._service, self.settings = service, settings
        self._ready = False

    async def _set_up(self) -> None:
        """Make or change the organisations that the operator's file names; once, by whoever comes first."""
        await self._service.start()
        if self._ready:
            return
        async with self._service.database.connection() as connection, connection.transaction():
            for name, group in sorted(self.settings.organizations.items()):
                await self._organization(connection, name, group)
        self._ready = True

    async def _organization(self, connection: Connection, name: str, group: Group) -> None:
        owner = (group.owner, group.owner) if group.owner else HUB
        values = {
            "group": name, "name": group.organization, "owner": owner[0], "plan": group.plan,
            "default_plan": self.settings.plan, "account": group.account, "region": group.region,
        }  # fmt: skip
        await _user(connection, *owner)
        await connection.execute(sql("hub_organization"), values)
        await connection.execute(sql("hub_owner"), values)
        if group.account:
            await _user(connection, group.account, group.account)
            await connection.execute(sql("hub_account"), values)

    async def welcome(self, person: Person) -> Identity:
        """Put a person into the organisations of their groups, out of all others, and return the caller.

        Raises
        ------
        NotAllowed
            When they come by a script, and no plan of theirs has that.
        """
        await self._set_up()
        organizations = self.settings.organizations
        paying = [name for name, group in organizations.items() if group.account == person.id]
        groups = sorted({*paying, *(person.groups & organizations.keys())})
        given = self.settings.plan_of(person.groups)
        async with self._service.database.connection() as connection, connection.transaction():
            paid = await one(connection, "paid_plan", {"account": person.id})
            plan = given if paid is None else larger(given, PLANS[paid["plan"]])
            identity = Identity(person.id, person.name, plan, person.may)
            await known(connection, identity)
            await _move(connection, identity, groups)
            if person.script:
                await _need_api(connection, identity)
            payer = await one(connection, "hub_payer", {"group": paying[0]}) if paying else None
        if payer is None:
            return identity
        return Identity(person.id, person.name, PLANS[payer["plan"]], person.may, payer["account"])


async def _need_api(connection: Connection, identity: Identity) -> None:
    """Refuse a token for scripts where neither the person's plan nor one of their organisations' has such."""
    rows = await (await connection.execute(sql("list_orgs"), {"caller": identity.id})).fetchall()
    if not any("api" in plan.features for plan in (identity.plan, *(PLANS[row["plan"]] for row in rows))):
        raise NotAllowed(
            f"The plan {identity.plan.title} has no tokens for scripts.",
            hint=f"{cheapest_with('api').title} has; notebooks on the Hub need none.",
        )


async def _move(connection: Connection, identity: Identity, groups: list[str]) -> None:
    values = {"user_id": identity.id, "groups": groups}
    for action in ("join", "leave"):
        moved = await (await connection.execute(sql(f"hub_{action}"), values)).fetchall()
        for row in moved:
            facts = jsonb({"user": identity.id, "by": "JupyterHub's groups"})
            held = {"caller": identity.id, "project_id": None, "subject": row["org_id"], "facts": facts}
            await connection.execute(sql("audit"), {**held, "action": f"organization.member.{action}"})


async def _user(connection: Connection, user_id: str, name: str) -> None:
    await connection.execute(sql("hub_known_user"), {"user_id": user_id, "user_name": name})
