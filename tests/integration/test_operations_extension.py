"""Inside a Jupyter server: request ids, an archive that is streamed, no page of the operator's."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_server.serverapp import ServerApp
from tornado.httpclient import HTTPClientError

pytest_plugins = ["pytest_jupyter.jupyter_server"]

API = ("foldsight", "api", "v1")


@pytest.fixture
def jp_server_config(home: Path) -> dict[str, Any]:
    return {"ServerApp": {"jpserver_extensions": {"foldsight_server": True}}}


@pytest.fixture(autouse=True)
def jp_server_cleanup(jp_asyncio_loop: Any, home: Path) -> Iterator[None]:
    """The plugin's own fixture, but done before the data folder goes."""
    yield
    jp_asyncio_loop.run_until_complete(ServerApp.instance()._cleanup())
    ServerApp.clear_instance()


async def test_an_export_is_streamed_and_answers_carry_the_callers_request_id(
    jp_fetch: Callable[..., Any],
) -> None:
    answer = await jp_fetch(*API, "account", "export", headers={"X-Request-ID": "notebook-7"})
    assert answer.headers["Content-Type"] == "application/x-tar"
    assert answer.headers["X-Request-ID"] == "notebook-7"
    with tarfile.open(fileobj=io.BytesIO(answer.body)) as held:
        assert "account-0001.ndjson" in held.getnames()
    log = await jp_fetch(*API, "audit")
    assert log.headers["Content-Type"] == "application/x-ndjson"


async def test_metrics_of_the_service_are_no_page_of_a_users_server(jp_fetch: Callable[..., Any]) -> None:
    with pytest.raises(HTTPClientError, match="404"):
        await jp_fetch(*API, "metrics")
