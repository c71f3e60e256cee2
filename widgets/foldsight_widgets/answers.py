""":class:`Answer`: what a page will say."""

from __future__ import annotations

from concurrent.futures import Future
from typing import TypeVar

from foldsight.errors import Failed

T = TypeVar("T")

#: A kernel takes in the page's answer only when no cell runs, so waiting longer seldom helps.
PATIENCE = 5.0


class Answer(Future[T]):
    """The answer of a page to a command; the page gives it once the cell that asked is over."""

    def result(self, timeout: float | None = PATIENCE) -> T:
        """Return the answer.

        Raises
        ------
        Failed
            When the page has not answered in time, or could not do what was asked.
        """
        try:
            return super().result(timeout)
        except TimeoutError:
            raise Failed(
                "The page has not answered yet.",
                hint="It answers when no cell runs: ask in one cell and take the result in the next.",
            ) from None
