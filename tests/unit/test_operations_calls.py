"""Operations without a service: what they ask, and that blocking and awaiting ask the same."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from foldsight.calls import (
    Ask,
    Awaiting,
    Blocking,
    FindAgain,
    Flow,
    Pages,
    Pause,
    Step,
    ask,
    listing,
    operation,
)
from foldsight.client import Address, AsyncClient, Client
from foldsight.errors import Failed, NotFound, ServiceUnavailable
from foldsight.job_calls import JobOperations
from foldsight.workspace import AsyncWorkspace, Workspace, WorkspaceOperations


class Answer:
    """A response in JSON."""

    def __init__(self, body: Any) -> None:
        self._body, self.content = body, repr(body).encode()

    def json(self) -> Any:
        return self._body


class Script:
    """Answers steps in order, and keeps them."""

    def __init__(self, *answers: Any) -> None:
        self.answers, self.steps = list(answers), []

    def __call__(self, step: Step) -> Any:
        self.steps.append(step)
        if not isinstance(step, Ask):
            return None
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return step.read(Answer(answer))


class Doing(JobOperations, Blocking):
    def __init__(self, script: Script) -> None:
        self._script = script

    def step(self, step: Step) -> Any:
        return self._script(step)


class Waiting(JobOperations, Awaiting):
    def __init__(self, script: Script) -> None:
        self._script = script

    async def step(self, step: Step) -> Any:
        await asyncio.sleep(0)
        return self._script(step)


def both(call: Callable[[Any], Any], *answers: Any) -> tuple[Any, list[Step]]:
    """Do the same with both kinds; what they ask and return must not differ."""
    one, two = Script(*answers), Script(*answers)

    async def awaited() -> Any:
        return await call(Waiting(two))

    found = call(Doing(one))
    assert asyncio.run(awaited()) == found
    assert [shown(step) for step in one.steps] == [shown(step) for step in two.steps]
    return found, one.steps


def shown(step: Step) -> Any:
    return (step.method, step.path, step.options) if isinstance(step, Ask) else type(step)


def test_one_call_is_asked_and_read() -> None:
    found, (step,) = both(lambda client: client.jobs("queued", limit=3), {"jobs": [{"id": "1"}]})
    assert found == [{"id": "1"}]
    assert shown(step) == ("GET", "/jobs", {"params": {"limit": 3, "state": "queued"}})
    assert both(lambda client: client.jobs(), {"jobs": []})[1][0].options == {"params": {"limit": 50}}


def test_several_calls_make_one_result() -> None:
    job = {"id": "j", "result": {"files": [{"name": "a"}, {"name": "b"}]}}
    found, steps = both(lambda client: client.files(job), 1, 2)
    assert found == {"a": b"1", "b": b"2"}
    assert [step.path for step in steps if isinstance(step, Ask)] == ["/jobs/j/files/a", "/jobs/j/files/b"]


def state(word: str, version: int) -> dict[str, Any]:
    return {"id": "j", "state": word, "version": version}


def test_waiting_outlasts_a_restart_and_tells_of_each_change_once() -> None:
    seen: list[str] = []
    answers = [
        state("queued", 0), state("queued", 0), ServiceUnavailable("gone"), ServiceUnavailable("gone"),
        state("running", 1), state("done", 2),
    ]  # fmt: skip
    found, steps = both(lambda client: client.wait("j", lambda job: seen.append(job["state"])), *answers)
    assert found["state"] == "done"
    assert seen == ["queued", "running", "done"] * 2
    assert [type(step) for step in steps[2:7]] == [Ask, Pause, FindAgain, Ask, Pause]
    pauses = [step.seconds for step in steps if isinstance(step, Pause)]
    assert pauses == [0.2, 0.4]
    assert steps[0].options["params"] == {"wait": 0, "since": 0}


def test_who_wants_no_news_is_answered_at_the_end() -> None:
    found, steps = both(lambda client: client.wait("j"), state("running", 1), state("done", 2))
    assert found["state"] == "done"
    assert steps[0].options["params"] == {"wait": 20.0, "until": "ended"}


def test_other_errors_end_the_waiting() -> None:
    with pytest.raises(NotFound):
        Doing(Script(NotFound("no job"))).wait("j")
    with pytest.raises(Failed, match="had not ended after 0 s"):
        Doing(Script()).wait("j", timeout=0)


class _Lists:
    @listing
    def things(self, kind: str) -> Pages:
        """Yield things."""
        return Pages("/things", "things", {"kind": kind})

    @operation
    def twice(self) -> Flow[list[Any]]:
        """Ask twice, and take a refusal for an answer."""
        first = yield ask("GET", "/a")
        try:
            second = yield ask("GET", "/b")
        except NotFound:
            second = {}
        return [first, second]


class _Now(_Lists, Doing):
    pass


class _Later(_Lists, Waiting):
    pass


def test_a_list_is_read_page_by_page_and_no_further_than_it_is_wanted() -> None:
    answers = [{"things": [{"n": 1}, {"n": 2}], "next": "x"}, {"things": [{"n": 3}], "next": None}]
    script = Script(*answers)
    rows = _Now(script).things("k")
    assert script.steps == []
    assert [next(rows)["n"], next(rows)["n"]] == [1, 2]
    assert len(script.steps) == 1
    assert [row["n"] for row in rows] == [3]
    assert [step.options["params"] for step in script.steps] == [{"kind": "k"}, {"kind": "k", "cursor": "x"}]

    async def read() -> list[int]:
        return [row["n"] async for row in _Later(Script(*answers)).things("k")]

    assert asyncio.run(read()) == [1, 2, 3]


def test_a_flow_may_catch_what_its_step_met() -> None:
    assert _Now(Script({"a": 1}, NotFound("b"))).twice() == [{"a": 1}, {}]
    assert asyncio.run(_Later(Script({"a": 1}, NotFound("b"))).twice()) == [{"a": 1}, {}]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "pair", [(Client, AsyncClient, JobOperations), (Workspace, AsyncWorkspace, WorkspaceOperations)]
)
def test_nothing_is_written_twice_and_all_of_it_has_its_sentence(pair: tuple[type, type, type]) -> None:
    sync, awaited, shared = pair
    for name, found in vars(shared).items():
        if isinstance(found, operation | listing):
            assert name not in vars(sync), name
            assert name not in vars(awaited), name
            assert found.__doc__
    # Only what opens, closes and does may differ.
    own = {name for name in vars(awaited) if not name.startswith("__")}
    assert own <= {"step", "do", "each", "close", "workspace", "_find_again"}


def test_a_method_shows_its_signature_and_text_as_any_other() -> None:
    method = Doing(Script()).analyse
    assert method.__doc__.startswith("Queue an analysis")  # type: ignore[union-attr]
    assert list(inspect.signature(method).parameters) == ["kind", "inputs", "name", "settings"]


def test_those_who_wait_together_find_a_restarted_service_once(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    new = Address("http://127.0.0.1:4242", "t", "running")

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=state("done", 1))

    def open_at(address: Address) -> httpx.AsyncClient:
        opened.append(address.url)
        return httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url=address.url)

    monkeypatch.setattr("foldsight.client._running_service", lambda: new)

    async def work() -> list[str]:
        # Nobody listens on port 9: the service that was there has gone.
        async with AsyncClient(Address("http://127.0.0.1:9", "t", "running")) as client:
            client._open = open_at  # type: ignore[assignment]
            jobs = await asyncio.gather(*(client.wait(f"j{number}", timeout=30) for number in range(5)))
            return [job["state"] for job in jobs]

    assert asyncio.run(work()) == ["done"] * 5
    assert opened == [new.url]


def test_a_service_of_others_is_waited_for_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("foldsight.client._running_service", lambda: pytest.fail("none was asked for"))

    async def work() -> None:
        async with AsyncClient(Address("http://127.0.0.1:9", "t", "hub")) as client:
            await client.step(FindAgain())
            assert client.address.url == "http://127.0.0.1:9"

    asyncio.run(work())
