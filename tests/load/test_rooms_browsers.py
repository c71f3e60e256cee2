"""Browsers in one room on a structure of 400 residues: nothing lost or twice, and how long things take.

``FOLDSIGHT_ROOM_BROWSERS`` (3) is how many, two to five; ``FOLDSIGHT_LOAD_SECONDS`` how long (600 is the
acceptance run). Every browser runs the front end's own client of rooms in a page without 3D; times run from
the call of the one to the document, or the list of people, of the other, by the clock of the machine that
they share. Browsers, server and database share its cores too.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from tests.browser.lab import Lab
from tests.browser.people import Person
from tests.browser.programs import running_chromium, running_lab
from tests.load.report import SECONDS, record

BROWSERS = int(os.environ.get("FOLDSIGHT_ROOM_BROWSERS", "3"))
#: Edits and pointer moves of each person in a second.
EDITS, MOVES = 2, 25
pytestmark = pytest.mark.timeout(SECONDS + 300)
#: Milliseconds at the 95th percentile.
BARS = {"annotations": 50.0, "cursors": 100.0}


def test_browsers_in_one_room(tmp_path: Path) -> None:
    with running_lab(tmp_path) as lab, running_chromium() as chromium:
        people = [Person(lab, chromium, "local-browsers", number) for number in range(BROWSERS)]
        for person in people:
            person.begin("person.work(arg[0], arg[1], arg[2])", [SECONDS, EDITS, MOVES])
        for person in people:
            person.end()
        documents = _documents(people)
        reports = [person.ask("person.report()") for person in people]
        kept = _kept(lab)
        for person in people:
            person.close()
    wanted = sorted(note for report in reports for note in report["mine"])
    apart = sum(document != documents[0] for document in documents)
    record(f"{BROWSERS} browsers, {SECONDS:g} s: documents that differ", apart, 0)
    record(
        "annotations lost or twice", len(set(wanted) ^ set(documents[0])) + abs(len(kept) - len(wanted)), 0
    )
    assert apart == 0
    assert sorted(documents[0]) == sorted(kept) == wanted
    assert all(documents[0][note]["label"] == kept[note]["label"] for note in wanted)
    assert sum(report["taken"] for report in reports) > 0 or SECONDS < 10, "something was undone"
    assert [report["words"] for report in reports] == [""] * BROWSERS
    _tell("annotations", [(report["said"], report["heard"]) for report in reports])
    _tell("cursors", [(report["pointed"], report["seen"]) for report in reports])


def _documents(people: list[Person]) -> list[dict[str, Any]]:
    """Return what each browser holds, once they agree or have had ten seconds to."""
    for _ in range(100):
        found = [person.ask("person.document()") for person in people]
        if all(document == found[0] for document in found):
            break
        people[0].page.wait_for_timeout(100)
    return found


def _kept(lab: Lab) -> dict[str, dict[str, Any]]:
    """Return what the server holds, by REST."""
    url = f"{lab.url}foldsight/api/v1/rooms/local-browsers/annotations"
    answer = httpx.get(url, headers={"Authorization": f"token {lab.token}"}, timeout=60, trust_env=False)
    answer.raise_for_status()
    return {row["id"]: row for row in answer.json()["annotations"]}


def _tell(name: str, books: list[tuple[dict[str, float], dict[str, float]]]) -> None:
    times = [
        heard[token] - at
        for number, (said, _) in enumerate(books)
        for other, (_, heard) in enumerate(books)
        if other != number
        for token, at in said.items()
        if token in heard
    ]
    median, p95 = np.percentile(times, [50, 95])
    print(f"\n{BROWSERS} browsers, {name}: {len(times)} arrivals, median {median:.1f} ms, p95 {p95:.1f} ms")
    record(f"{BROWSERS} browsers, {SECONDS:g} s, {name}, p95", float(p95), BARS[name], "ms")
