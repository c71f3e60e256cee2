"""The server dies while people write, or refuses what they write: what the browsers make of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.browser.people import Person
from tests.browser.programs import LabProcess, chromium_path, lab_process

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

#: Two people write something every so many milliseconds, for so long.
WRITE = """(async () => {
    const until = Date.now() + arg;
    while (Date.now() < until) {
        person.add(`${person.mine.length}`);
        await new Promise(resolve => setTimeout(resolve, 60));
    }
    await person.settled();
})()"""


def test_a_server_that_is_killed_loses_nothing_and_doubles_nothing(chromium: Any, tmp_path: Path) -> None:
    if chromium_path() is None:
        pytest.skip("Chromium is not installed (package 'chromium')")
    with lab_process(tmp_path) as process:
        people = [Person(process.lab, chromium, "local-room", number) for number in (1, 2)]
        for person in people:
            person.begin(WRITE, 5000)
        people[0].page.wait_for_function("person.mine.length > 5 && person.room.connection.saved > 5")
        # What the server has said to be in its log.
        acknowledged = people[0].ask("person.mine.slice(0, person.room.connection.saved)")
        process.kill()
        people[0].page.wait_for_function("person.room.connection.link === 'waiting'")
        assert "What you write is kept" in people[0].ask("person.room.words")
        process.start()
        for person in people:
            person.end()
        wanted = sorted(note for person in people for note in person.ask("person.mine"))
        for person in people:
            person.page.wait_for_function(
                "wanted => Object.keys(person.document()).length === wanted", arg=len(wanted)
            )
        held = [person.ask("person.document()") for person in people]
        kept = rows(process.lab.url, process.lab.token)
        assert [person.ask("person.room.words") for person in people] == ["", ""]
        for person in people:
            person.close()
    assert len(acknowledged) > 5
    assert set(acknowledged) <= {row["id"] for row in kept}
    assert sorted(row["id"] for row in kept) == sorted(held[0]) == wanted
    assert held[0] == held[1]


#: Everybody may look at what FoldSight has and nobody may write.
LOOKERS = """
from jupyter_server.auth import Authorizer

class Lookers(Authorizer):
    def is_authorized(self, handler, user, action, resource):
        return resource != "foldsight" or action == "read"

c.ServerApp.authorizer_class = Lookers
"""


def test_what_a_viewer_writes_is_refused_taken_back_and_told(chromium: Any, tmp_path: Path) -> None:
    if chromium_path() is None:
        pytest.skip("Chromium is not installed (package 'chromium')")
    process = LabProcess(tmp_path)
    (tmp_path / "config" / "jupyter_server_config.py").write_text(LOOKERS)
    try:
        process.start()
        viewer = Person(process.lab, chromium, "local-room", 1)
        assert viewer.ask("person.room.may") == {"comment": False, "edit": False}
        # No panel offers it; a page that was changed does.
        viewer.ask("person.add('mine')")
        viewer.page.wait_for_function("person.room.words.includes('viewer')")
        viewer.page.wait_for_function("person.room.connection.synced && !person.room.all().length")
        assert rows(process.lab.url, process.lab.token) == []
        viewer.close()
    finally:
        process.stop()


def rows(url: str, token: str) -> list[dict[str, Any]]:
    """Return what the server holds, by REST."""
    place = f"{url}foldsight/api/v1/rooms/local-room/annotations"
    answer = httpx.get(place, headers={"Authorization": f"token {token}"}, timeout=60, trust_env=False)
    answer.raise_for_status()
    found: list[dict[str, Any]] = answer.json()["annotations"]
    return found
