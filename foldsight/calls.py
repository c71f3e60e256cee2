"""Calls of the service as values: what to ask and how to read the answer, without asking.

An operation is written once and says nothing of how it is done. Whoever does it is either
:class:`Blocking` or :class:`Awaiting`; the same operation then returns its result, or an awaitable
of it::

    class Operations:
        @operation
        def project(self, project: str) -> Ask[Json]:
            return ask("GET", f"/projects/{project}")

    class Workspace(Operations, Blocking): ...        # .project(id) -> Json
    class AsyncWorkspace(Operations, Awaiting): ...   # await .project(id) -> Json

What takes several calls is a :data:`Flow`: it yields what it wants done, is sent the answer or
thrown the error, and returns the result.
"""

from __future__ import annotations

import functools
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field
from types import MethodType
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar, overload

from foldsight.errors import FoldSightError
from foldsight.typing import Json

T = TypeVar("T")
P = ParamSpec("P")


def json_of(response: Any) -> Any:
    """Read an answer as JSON."""
    return response.json()


def bytes_of(response: Any) -> bytes:
    """Read an answer as it came."""
    return bytes(response.content)


def under(name: str) -> Callable[[Any], list[Json]]:
    """Return what reads the rows that an answer has under a name."""

    def read(response: Any) -> list[Json]:
        found: list[Json] = response.json()[name]
        return found

    return read


def nothing_of(_: Any) -> None:
    """Read nothing: that there was an answer is all."""


@dataclass(frozen=True)
class Ask(Generic[T]):
    """One call: ``options`` are those of a request of httpx, ``read`` makes the result of its response."""

    method: str
    path: str
    read: Callable[[Any], T]
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Pages:
    """A list that comes in pages, under ``name``; ``cursor`` asks for the page that ``next`` named."""

    path: str
    name: str
    query: Mapping[str, Any] = field(default_factory=dict)
    cursor: str = "cursor"
    next: str = "next"

    def page(self, at: Any = None) -> Ask[tuple[list[Json], Any]]:
        """Return the call of one page: of its rows, and of where the next one is, None after the last."""
        params = {**self.query, **({} if at is None else {self.cursor: at})}

        def read(response: Any) -> tuple[list[Json], Any]:
            found = response.json()
            return found[self.name], found[self.next]

        return Ask("GET", self.path, read, {"params": params})


@dataclass(frozen=True)
class Pause:
    """Wait so many seconds."""

    seconds: float


@dataclass(frozen=True)
class FindAgain:
    """Look where the service is now: a local one has another port when it starts again."""


Step = Ask[Any] | Pause | FindAgain
Flow = Generator[Step, Any, T]


def ask(method: str, path: str, **options: Any) -> Ask[Json]:
    """Return a call whose answer is a JSON object."""
    return Ask(method, path, json_of, options)


def tell(method: str, path: str, **options: Any) -> Ask[None]:
    """Return a call whose answer says nothing."""
    return Ask(method, path, nothing_of, options)


def post(path: str, body: Mapping[str, Any] | None = None) -> Ask[Json]:
    """Return a POST that takes effect once, however often it is sent."""
    return ask("POST", path, headers=once(), **({} if body is None else {"json": dict(body)}))


def rows(path: str, name: str, **query: Any) -> Ask[list[Json]]:
    """Return the call of a list that comes whole."""

    return Ask("GET", path, under(name), {"params": given(**query)})


def pages(path: str, name: str, **query: Any) -> Pages:
    """Return the calls of a list that comes in pages."""
    return Pages(path, name, given(**query))


def once() -> dict[str, str]:
    """Return the header with a key of one request, so that what is sent twice takes effect once."""
    return {"Idempotency-Key": str(uuid.uuid4())}


def given(**values: Any) -> dict[str, Any]:
    """Return what was given: no None, and no False, which is what the service takes for granted."""
    kept = {name: value for name, value in values.items() if value is not None and value is not False}
    return {name: "true" if value is True else value for name, value in kept.items()}


class Blocking:
    """Does operations and returns what comes of them."""

    def step(self, step: Step) -> Any:
        """Do one step and return its result."""
        raise NotImplementedError

    def do(self, work: Ask[T] | Flow[T]) -> T:
        """Do an operation."""
        if isinstance(work, Ask):
            found: T = self.step(work)
            return found
        resume: Callable[[], Step] = functools.partial(next, work)
        while True:
            try:
                wanted = resume()
            except StopIteration as end:
                result: T = end.value
                return result
            try:
                resume = functools.partial(work.send, self.step(wanted))
            except FoldSightError as fault:
                resume = functools.partial(work.throw, fault)

    def each(self, listed: Pages) -> Iterator[Json]:
        """Yield the rows of a list, page by page as they are read."""
        at: Any = None
        while True:
            found, at = self.do(listed.page(at))
            yield from found
            if at is None:
                return


class Awaiting:
    """Does operations and gives what comes of them when it is there."""

    async def step(self, step: Step) -> Any:
        """Do one step and return its result."""
        raise NotImplementedError

    async def do(self, work: Ask[T] | Flow[T]) -> T:
        """Do an operation."""
        if isinstance(work, Ask):
            found: T = await self.step(work)
            return found
        resume: Callable[[], Step] = functools.partial(next, work)
        while True:
            try:
                wanted = resume()
            except StopIteration as end:
                result: T = end.value
                return result
            try:
                resume = functools.partial(work.send, await self.step(wanted))
            except FoldSightError as fault:
                resume = functools.partial(work.throw, fault)

    async def each(self, listed: Pages) -> AsyncIterator[Json]:
        """Yield the rows of a list, page by page as they are read."""
        at: Any = None
        while True:
            found, at = await self.do(listed.page(at))
            for row in found:
                yield row
            if at is None:
                return


class operation(Generic[P, T]):
    """A method that describes an operation; called, it is done."""

    def __init__(self, describe: Callable[Concatenate[Any, P], Ask[T] | Flow[T]]) -> None:
        @functools.wraps(describe)
        def call(doer: Any, *values: P.args, **named: P.kwargs) -> Any:
            return doer.do(describe(doer, *values, **named))

        self._call, self.__doc__ = call, describe.__doc__

    @overload
    def __get__(self, doer: None, kind: type) -> operation[P, T]: ...
    @overload
    def __get__(self, doer: Blocking, kind: type) -> Callable[P, T]: ...
    @overload
    def __get__(self, doer: Awaiting, kind: type) -> Callable[P, Awaitable[T]]: ...
    def __get__(self, doer: Blocking | Awaiting | None, kind: type) -> Any:
        """Return the method of an instance."""
        return self if doer is None else MethodType(self._call, doer)


class listing(Generic[P]):
    """A method that describes a list; called, its rows are yielded."""

    def __init__(self, describe: Callable[Concatenate[Any, P], Pages]) -> None:
        @functools.wraps(describe)
        def call(doer: Any, *values: P.args, **named: P.kwargs) -> Any:
            return doer.each(describe(doer, *values, **named))

        self._call, self.__doc__ = call, describe.__doc__

    @overload
    def __get__(self, doer: None, kind: type) -> listing[P]: ...
    @overload
    def __get__(self, doer: Blocking, kind: type) -> Callable[P, Iterator[Json]]: ...
    @overload
    def __get__(self, doer: Awaiting, kind: type) -> Callable[P, AsyncIterator[Json]]: ...
    def __get__(self, doer: Blocking | Awaiting | None, kind: type) -> Any:
        """Return the method of an instance."""
        return self if doer is None else MethodType(self._call, doer)
