"""What a user of a Hub can reach from their own server: nothing that is not theirs."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import ssl
import subprocess
from collections.abc import Iterator
from typing import Any

import psutil
import pytest

from tests.hub_browser import Browser, in_kernel
from tests.hub_site import HubSite, running_hub

#: Somebody who is nobody in particular.
NOBODY = 65534


@pytest.fixture(scope="module")
def site() -> Iterator[HubSite]:
    with running_hub() as found:
        found.start_servers("alice")
        # One call, so that the service has a database, and a cluster with it.
        found.until(lambda: found.workers(), 60)
        yield found


@pytest.fixture(scope="module")
def service(site: HubSite) -> list[psutil.Process]:
    """The service and all that it started."""
    (first, *_) = site.processes("-m foldsight_server")
    return [psutil.Process(first), *psutil.Process(first).children(recursive=True)]


@pytest.fixture(scope="module")
def secrets(site: HubSite, service: list[psutil.Process]) -> dict[str, str]:
    """Everything that only the Hub and its services may know, by what it is."""
    held = service[0].environ()
    assert site.process is not None
    hub = psutil.Process(site.process.pid).environ()
    return {
        "token of the service": held["JUPYTERHUB_API_TOKEN"],
        "token of another service": site.tester,
        "token of the proxy": hub["CONFIGPROXY_AUTH_TOKEN"],
        "secret of the Hub's cookies": (site.home / "cookie_secret").read_text().strip(),
        "data folder": held["FOLDSIGHT_HOME"],
    }


def test_a_servers_environment_holds_its_own_token_and_no_other_secret(
    site: HubSite, secrets: dict[str, str]
) -> None:
    browser: Browser = Browser(site.url, "alice")
    browser.enter("alice")
    code = "import json, os; print(json.dumps(dict(os.environ)))"
    kernel: dict[str, str] = json.loads(asyncio.run(in_kernel(browser, "alice", code)))
    browser.close()
    (server,) = site.processes("jupyterhub.singleuser")
    for held in (kernel, psutil.Process(server).environ()):
        text = json.dumps(held)
        assert [name for name, secret in secrets.items() if secret in text] == []
        assert [name for name in held if name.startswith("FOLDSIGHT_")] == []
        assert held["JUPYTERHUB_USER"] == "alice"


def test_a_servers_files_hold_no_secret(site: HubSite, secrets: dict[str, str]) -> None:
    files = [path for path in (site.home / "homes" / "alice").rglob("*") if path.is_file()]
    assert files
    for path in files:
        text = path.read_bytes()
        assert [name for name, secret in secrets.items() if secret.encode() in text] == [], path


def test_what_the_service_starts_does_not_inherit_its_token(
    service: list[psutil.Process], secrets: dict[str, str]
) -> None:
    assert len(service) > 2, "no database and no cluster"
    for process in service[1:]:
        with contextlib.suppress(psutil.NoSuchProcess):
            assert secrets["token of the service"] not in json.dumps(process.environ()), process.cmdline()


def test_the_services_folder_is_its_own(site: HubSite) -> None:
    assert (site.home / "service").stat().st_mode & 0o077 == 0


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can act as another user")
def test_another_user_of_the_machine_reads_nothing_of_the_service(
    site: HubSite, service: list[psutil.Process]
) -> None:
    for process in service:
        for name in ("environ", "mem", "maps", "fd/0", "cwd"):
            assert as_another("cat", f"/proc/{process.pid}/{name}") == b"", (process.cmdline(), name)
    folder = site.home / "service"
    assert as_another("ls", str(folder)) == b""
    assert as_another("find", str(folder), "-type", "f") == b""
    for path in list(folder.rglob("*"))[:200]:
        if path.is_file() or path.is_socket():
            assert as_another("cat", str(path)) == b"", path


def as_another(*words: str) -> bytes:
    done = subprocess.run(words, user=NOBODY, group=NOBODY, extra_groups=[], capture_output=True, check=False)
    assert done.returncode != 0, (words, done.stdout[:200])
    return done.stdout


def test_whatever_the_service_listens_on_wants_a_token_or_a_certificate(
    site: HubSite, service: list[psutil.Process]
) -> None:
    ports = {port for process in service for port in _ports(process)}
    assert len(ports) >= 2, "the service and its scheduler"
    for port in ports:
        assert b" 200 " not in _said(port, tls=False).partition(b"\r\n")[0], port
        assert _said(port, tls=True) == b"", port


def _ports(process: psutil.Process) -> list[int]:
    with contextlib.suppress(psutil.NoSuchProcess):
        found: Any = process.net_connections("tcp")
        return [each.laddr.port for each in found if each.status == psutil.CONN_LISTEN]
    return []


def _said(port: int, *, tls: bool) -> bytes:
    """What comes back from a port for one who has nothing to show."""
    anyone = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    anyone.check_hostname, anyone.verify_mode = False, ssl.CERT_NONE
    with contextlib.ExitStack() as stack:
        line = stack.enter_context(socket.create_connection(("127.0.0.1", port), 5))
        try:
            if tls:
                line = stack.enter_context(anyone.wrap_socket(line))
            line.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            return line.recv(200)
        except (ssl.SSLError, OSError):
            return b""
