"""Everything that FoldSight raises on purpose.

::

    FoldSightError
    +-- Refused                     what was asked cannot be done as asked (exit status 2)
    |   +-- BadSequence             a sequence or FASTA file breaks the rules
    |   +-- BadFile                 a file cannot be read as what it should be
    |   +-- BadRequest              an argument, selection or request body is wrong
    |   +-- NotFound                the named thing does not exist
    |   +-- WrongMethod             a path of the REST interface does not take this method
    |   +-- NotSignedIn             nobody knows the caller, or not any more
    |   +-- NotAllowed              the caller may not do this
    |   +-- QuotaExceeded           the plan's allowance for the period is used up
    |   +-- TooManyRequests         more calls in a minute than the service takes
    |   +-- Conflict                the same is being done right now, or was done differently
    |   +-- NoStructure             no engine of the chain can give a structure
    |   +-- EngineUnavailable       the chosen engine cannot run here
    |   +-- ConsentNeeded           a download or upload that the user has not agreed to
    |   +-- NetworkOff              the network setting forbids what was asked
    +-- Failed                      the request was good and we broke it (exit status 1)
        +-- EngineFailed            an engine stopped or gave an impossible structure
        +-- SourceFailed            a remote service did not answer as documented
        +-- ServiceUnavailable      the FoldSight service cannot be reached or started
        +-- Cancelled               the job was cancelled while it ran

Bad input is *refused*, never *failed*. The message is one sentence that names the
fault; ``hint`` is what to do about it.
"""

from __future__ import annotations

from typing import Any, ClassVar


class FoldSightError(Exception):
    """Base of all errors of FoldSight.

    Parameters
    ----------
    message : str
        One sentence that names the fault, safe to show to a user.
    hint : str, optional
        What to do: the remedy or the command that would help.
    **details
        Facts a program may want (file, record, line, column, residue...). JSON values.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "error"
    refused: ClassVar[bool] = False

    def __init__(self, message: str, *, hint: str = "", **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.details = details

    def __str__(self) -> str:
        return f"{self.message} {self.hint}" if self.hint else self.message

    def to_dict(self) -> dict[str, Any]:
        """Return the error as it travels in JSON (REST, job rows, ``--json``)."""
        return {
            "code": self.code,
            "message": self.message,
            "hint": self.hint,
            "refused": self.refused,
            "details": self.details,
        }

    def _render_traceback_(self) -> list[str]:
        """Show one sentence in IPython: the fault lies in the request or in a worker, not in the cell."""
        return [f"{type(self).__name__}: {self}"]

    def __reduce__(self) -> tuple[Any, ...]:
        return (error_from_dict, (self.to_dict(),))


class Refused(FoldSightError):
    """What was asked cannot be done as asked; nothing was changed."""

    status = 422
    code = "refused"
    refused = True


class BadSequence(Refused):
    """A sequence or FASTA file breaks the rules."""

    code = "bad_sequence"


class BadFile(Refused):
    """A file cannot be read as what it should be."""

    code = "bad_file"


class BadRequest(Refused):
    """An argument, selection or request body is wrong."""

    status = 400
    code = "bad_request"


class NotFound(Refused):
    """The named thing does not exist."""

    status = 404
    code = "not_found"


class WrongMethod(Refused):
    """A path of the REST interface does not take this method; ``details["allow"]`` names those it takes."""

    status = 405
    code = "wrong_method"


class NotSignedIn(Refused):
    """Nobody knows the caller, or not any more."""

    status = 401
    code = "not_signed_in"


class NotAllowed(Refused):
    """The caller may not do this."""

    status = 403
    code = "not_allowed"


class QuotaExceeded(Refused):
    """The plan's allowance for the period is used up."""

    status = 429
    code = "quota_exceeded"


class TooManyRequests(Refused):
    """More calls in a minute than the service takes; ``details["retry_after"]`` is in seconds."""

    status = 429
    code = "too_many_requests"


class Conflict(Refused):
    """The same is being done right now, or was done differently."""

    status = 409
    code = "conflict"


class NoStructure(Refused):
    """No engine of the chain can give a structure for this sequence."""

    code = "no_structure"


class EngineUnavailable(Refused):
    """The chosen engine cannot run here."""

    status = 409
    code = "engine_unavailable"


class ConsentNeeded(Refused):
    """A download or upload that the user has not agreed to."""

    status = 409
    code = "consent_needed"


class NetworkOff(Refused):
    """The network setting forbids what was asked."""

    status = 409
    code = "network_off"


class Failed(FoldSightError):
    """The request was good and we broke it."""

    code = "failed"


class EngineFailed(Failed):
    """An engine stopped or gave an impossible structure."""

    code = "engine_failed"


class SourceFailed(Failed):
    """A remote service did not answer as documented."""

    status = 502
    code = "source_failed"


class ServiceUnavailable(Failed):
    """The FoldSight service cannot be reached or started."""

    status = 503
    code = "service_unavailable"


class Cancelled(Failed):
    """The job was cancelled while it ran."""

    status = 409
    code = "cancelled"


def _tree(root: type[FoldSightError]) -> dict[str, type[FoldSightError]]:
    found = {root.code: root}
    for child in root.__subclasses__():
        found.update(_tree(child))
    return found


def error_from_dict(data: dict[str, Any]) -> FoldSightError:
    """Rebuild an error from :meth:`FoldSightError.to_dict`.

    An unknown code becomes the nearest base class, so that an older client can
    still tell *refused* from *failed*.
    """
    fallback: type[FoldSightError] = Refused if data.get("refused") else Failed
    kind = _tree(FoldSightError).get(str(data.get("code")), fallback)
    details = {str(k): v for k, v in dict(data.get("details") or {}).items()}
    message = str(data.get("message") or "something went wrong")
    return kind(message, hint=str(data.get("hint") or ""), **details)
