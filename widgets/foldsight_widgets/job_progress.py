""":class:`JobProgress`: one job as it runs, with a way to cancel it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import anywidget
import traitlets

from foldsight_widgets.assets import asset


class JobProgress(anywidget.AnyWidget):
    """State, progress, message and place in the queue of one job.

    Parameters
    ----------
    job : mapping, optional
        The job as the REST interface gives it; assign again at each change.

    Examples
    --------
    >>> progress = JobProgress(client.job(id))       # doctest: +SKIP
    >>> progress.on_cancel(lambda: client.cancel(id))     # doctest: +SKIP
    """

    _esm = asset("job-progress.js")
    job = traitlets.Dict().tag(sync=True)

    def __init__(self, job: Mapping[str, Any] | None = None) -> None:
        super().__init__(job=dict(job or {}))
        self._cancel: list[Callable[[], object]] = []
        self.on_msg(self._receive)

    def on_cancel(self, callback: Callable[[], object]) -> None:
        """Call ``callback`` when the user presses *Cancel*."""
        self._cancel.append(callback)

    def _receive(self, _widget: object, content: Mapping[str, Any], _buffers: object) -> None:
        if content.get("type") == "cancel":
            for callback in self._cancel:
                callback()

    def __repr__(self) -> str:
        if not self.job:
            return "JobProgress()"
        percent = round(100 * float(self.job.get("progress") or 0.0))
        return f"{self.job.get('name', 'job')}: {self.job.get('state')}, {percent} %"
