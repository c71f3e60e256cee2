"""People in a room by the front end's own client, each in a browser of their own without Jupyter's page.

What is timed is when the document hears of a change, not when a panel is painted.
"""

from __future__ import annotations

import subprocess
from functools import cache
from typing import Any

import pytest

from tests.browser.lab import Lab
from tests.browser.programs import ROOT

_PERSON = ROOT / "tests" / "browser" / "room_person.js"


@cache
def client_code() -> str:
    """Return the client of rooms as one script, built from the front end's sources."""
    builder = ROOT / "node_modules" / ".bin" / "esbuild"
    if not builder.exists():
        pytest.skip("esbuild is not here: npm ci")
    words = ["widgets/js/src/room/room.ts", "--bundle", "--format=iife", "--global-name=Rooms"]
    done = subprocess.run([builder, *words], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout


class Person:
    """One browser in a room."""

    def __init__(self, lab: Lab, chromium: Any, room: str, number: int) -> None:
        # The page's own rules would forbid scripts that a test brings.
        self.context = chromium.new_context(bypass_csp=True)
        self.page = self.context.new_page()
        self.page.goto(f"{lab.url}api/status?token={lab.token}")
        self.page.evaluate(client_code() + ";globalThis.Rooms = Rooms;null")
        self.page.evaluate(_PERSON.read_text("utf-8") + ";null")
        self.ask("enter('/', arg[0], arg[1]).then(person => person.settled())", [room, number])

    def ask(self, expression: str, arg: object = None) -> Any:
        """Evaluate JavaScript; a promise is waited for."""
        return self.page.evaluate(f"arg => {expression}", arg)

    def begin(self, expression: str, arg: object = None) -> None:
        """Begin something that :meth:`end` waits for."""
        self.ask(f"{{ globalThis.going = {expression}; }}", arg)

    def end(self) -> None:
        """Wait for what was begun."""
        self.ask("globalThis.going")

    def close(self) -> None:
        """Leave the room and close the browser."""
        self.ask("person.room.close()")
        self.context.close()
