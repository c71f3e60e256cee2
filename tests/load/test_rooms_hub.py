"""Two people of a real JupyterHub, each through a server of their own, in one room for the set time."""

from __future__ import annotations

import asyncio

import pytest

from foldsight.io.pdb_writer import pdb_text
from tests.hub_browser import Browser
from tests.hub_site import running_hub
from tests.integration.test_hub_servers import at_service, joined, lab_project
from tests.load.people import PROTEIN, Person, work_together
from tests.load.report import SECONDS

pytestmark = pytest.mark.timeout(SECONDS + 300)


def test_people_on_two_servers_of_a_hub() -> None:
    with running_hub() as site:
        site.start_servers("alice", "bob")
        browsers = {user: Browser(site.url, user) for user in ("alice", "bob")}
        for user, browser in browsers.items():
            browser.enter(user)
        project = lab_project(site, bob="editor")
        path = f"/projects/{project}/structures?name=400.pdb"
        structure = at_service(site, "alice", "POST", path, content=pdb_text(PROTEIN).encode())["id"]

        async def go() -> None:
            clients = [await joined(site, browsers[user], user, user, project) for user in browsers]
            people = [Person(client, number, structure=structure) for number, client in enumerate(clients)]
            await work_together(
                "two servers of a Hub", people, lambda: joined(site, browsers["bob"], "bob", "bob", project)
            )

        asyncio.run(go())
        for browser in browsers.values():
            browser.close()
