"""A request that carries a key takes effect once, however often it is sent."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable

import msgspec

from foldsight.errors import BadRequest, Conflict, FoldSightError
from foldsight_server.api.calls import Call, Response
from foldsight_server.api.problems import failure
from foldsight_server.store.keys import Key, Keys

KEY_HEADER = "idempotency-key"
_KEY = re.compile(r"[!-~]{1,200}")


async def once(keys: Keys, call: Call, what: str, handler: Callable[[Call], Awaitable[Response]]) -> Response:
    """Handle a call, or answer as it was answered before.

    What the service itself broke is not kept, nor a refusal that time lifts: the caller shall
    try again.

    Parameters
    ----------
    keys : Keys
    call : Call
    what : str
        Method and path.
    handler : callable

    Raises
    ------
    BadRequest
        When the key was used for another request.
    Conflict
        When the first request with this key has no answer yet.
    """
    key = _key(call, what)
    if not await keys.claim(key):
        return await _again(keys, key)
    try:
        response = await handler(call)
    except FoldSightError as error:
        if not error.refused or error.status == 429:
            await keys.drop(key)
            raise
        response = failure(error)
    except BaseException:
        await keys.drop(key)
        raise
    answer = msgspec.json.encode((response.content_type, response.encoded().decode()))
    await keys.keep(key, response.status, answer)
    return response


async def _again(keys: Keys, key: Key) -> Response:
    row = await keys.answered(key)
    if row is not None and row["fingerprint"] != key.fingerprint:
        raise BadRequest("This key was used for another request.", hint="Make a key for each request.")
    if row is None or row["status"] is None:
        raise Conflict("The first request with this key is not answered yet.", hint="Ask again soon.")
    kind, text = msgspec.json.decode(row["answer"], type=tuple[str, str])
    return Response(text.encode(), row["status"], kind, {"Idempotency-Replayed": "true"})


def _key(call: Call, what: str) -> Key:
    text = call.headers[KEY_HEADER]
    if not _KEY.fullmatch(text):
        raise BadRequest("The idempotency key is no word of at most 200 ASCII signs.", hint="Use a UUID.")
    asked = msgspec.json.encode((what, sorted(call.query.items())))
    return Key(call.identity.id, text, hashlib.sha256(asked + b"\0" + call.body).hexdigest())
