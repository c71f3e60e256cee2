"""Jobs that become predictions: :class:`Fold`, and :class:`Folds` for several records."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, overload

from foldsight.errors import BadRequest, Cancelled, FoldSightError, error_from_dict
from foldsight.jobs import FINAL
from foldsight.typing import Json

if TYPE_CHECKING:
    from foldsight.client import Client
    from foldsight.prediction import Prediction


class Fold:
    """One sequence being folded, and then its prediction.

    Every public attribute of :class:`~foldsight.prediction.Prediction` is here too and
    waits for the result when it has to.

    Attributes
    ----------
    job : dict
        The job as the service last told it.
    """

    def __init__(self, service: Client, job: Json) -> None:
        self._service = service
        self._prediction: Prediction | None = None
        self.job = job

    @property
    def id(self) -> str:
        """Id of the job."""
        return str(self.job["id"])

    @property
    def name(self) -> str:
        """Name of the sequence."""
        return str(self.job["name"])

    @property
    def over(self) -> bool:
        """Whether nothing more will happen."""
        return self.job["state"] in FINAL

    @property
    def state(self) -> str:
        """``queued``, ``running``, ``done``, ``failed`` or ``cancelled``, as of now."""
        if not self.over:
            self.job = self._service.get(self.id)
        return str(self.job["state"])

    @property
    def status(self) -> str:
        """The state in a sentence."""
        return status_of(self.job)

    @property
    def error(self) -> FoldSightError | None:
        """Why there is no structure, or None."""
        if self.job["state"] == "cancelled":
            return Cancelled(f"{self.name} was cancelled.")
        if self.job["state"] != "failed":
            return None
        return error_from_dict(self.job.get("error") or {})

    def wait(
        self, timeout: float | None = None, *, on_change: Callable[[Json], object] | None = None
    ) -> Fold:
        """Wait until the job is over, whatever came of it.

        Parameters
        ----------
        timeout : float, optional
            In seconds.
        on_change : callable, optional
            Called with the job at each change.

        Raises
        ------
        Failed
            When the time is up.
        """

        def changed(job: Json) -> None:
            self.job = job
            assert on_change is not None
            on_change(job)

        if not self.over:
            self.job = self._service.wait(self.id, None if on_change is None else changed, timeout)
        return self

    def result(self, timeout: float | None = None) -> Prediction:
        """Return the prediction, waiting for it.

        Raises
        ------
        Refused
            When no structure can be given for this sequence.
        Failed
            When something broke, was cancelled, or the time is up.
        """
        if self._prediction is None:
            fault = self.wait(timeout).error
            if fault is not None:
                raise fault
            from foldsight.io.bundle import from_bundle

            found = from_bundle(self._service.files(self.job))
            # The service gives one result for one sequence, whatever name it was asked under.
            self._prediction = replace(found, manifest=replace(found.manifest, name=self.name))
        return self._prediction

    def cancel(self) -> None:
        """Ask the service to stop the job."""
        self.job = self._service.cancel(self.id)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in _prediction_names():
            raise AttributeError(f"'Fold' object has no attribute {name!r}")
        return getattr(self.result(), name)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *_prediction_names()})

    def __repr__(self) -> str:
        if self._prediction is not None:
            return f"<Fold {self._prediction}>"
        return f"<Fold {self.name}: {self.status}>"

    def _ipython_display_(self) -> None:
        from foldsight.api.live import show

        show(self)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        from foldsight.api.live import bundle_of

        return bundle_of(self)


class Folds(Sequence[Fold]):
    """Several sequences being folded, in their order; ``folds["name"]`` finds one by name."""

    def __init__(self, folds: Sequence[Fold]) -> None:
        self._folds = tuple(folds)

    @overload
    def __getitem__(self, key: int | str) -> Fold: ...
    @overload
    def __getitem__(self, key: slice) -> Folds: ...
    def __getitem__(self, key: int | str | slice) -> Fold | Folds:
        if isinstance(key, slice):
            return Folds(self._folds[key])
        if isinstance(key, int):
            return self._folds[key]
        named = [fold for fold in self._folds if fold.name == key]
        if not named:
            raise BadRequest(
                f"There is no {key!r} here.", hint=f"There are {', '.join(fold.name for fold in self)}."
            )
        return named[0]

    def __len__(self) -> int:
        return len(self._folds)

    def wait(self, timeout: float | None = None) -> Folds:
        """Wait until all are over; see :meth:`Fold.wait`."""
        until = None if timeout is None else time.monotonic() + timeout
        for fold in self._folds:
            fold.wait(None if until is None else max(0.0, until - time.monotonic()))
        return self

    def results(self, timeout: float | None = None) -> list[Prediction | FoldSightError]:
        """Return, for each, its prediction or why there is none."""
        self.wait(timeout)
        return [fold.error or fold.result() for fold in self._folds]

    def cancel(self) -> None:
        """Cancel those that are not over."""
        for fold in self._folds:
            if not fold.over:
                fold.cancel()

    def __repr__(self) -> str:
        return "\n".join(f"{fold.name}: {fold.status}" for fold in self._folds)

    def _ipython_display_(self) -> None:
        from foldsight.api.live import show_all

        show_all(self)


def status_of(job: Json) -> str:
    """Return the state of a job in a sentence.

    >>> status_of({"state": "running", "progress": 0.4, "message": "threading"})
    'running, 40 %: threading'
    """
    state, error = str(job["state"]), job.get("error") or {}
    if state == "failed":
        word = "refused" if error.get("refused") else "failed"
        return f"{word}: {error.get('message', '')} {error.get('hint', '')}".strip()
    if state == "running":
        return f"running, {100 * float(job.get('progress') or 0):.0f} %: {job.get('message') or 'working'}"
    if state == "queued" and job.get("position"):
        return f"queued, {job['position']} before it"
    if state == "done":
        return "done, from the cache" if job.get("cached") else state
    return state


def _prediction_names() -> frozenset[str]:
    from foldsight.prediction import Prediction

    names = {name for name in dir(Prediction) if not name.startswith("_")}
    return frozenset(names | set(Prediction.__dataclass_fields__))
