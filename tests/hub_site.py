"""A real JupyterHub for tests: proxy, Hub, the FoldSight service and users' servers, each a process.

The Hub reads ``deploy/jupyterhub/jupyterhub_config.py`` itself; only what a test must change comes on top.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.hub_browser import API

ROOT = Path(__file__).parents[1]
PROXY = ROOT / "node_modules" / ".bin" / "configurable-http-proxy"
REACH = "access:services!service=foldsight"
PEOPLE = ("alice", "bob", "carol")
#: Extensions of users' servers that no test needs.
_OTHERS = ("notebook", "notebook_shim", "nbclassic", "jupyter_lsp", "jupyter_server_terminals")
#: The collaboration account of Alice's and Bob's laboratory.
SHARED = "collab-baker"

_CONFIG = """
load_subconfig({deploy!r})
c.JupyterHub.bind_url = {url!r}
c.JupyterHub.hub_port = {hub_port}
c.ConfigurableHTTPProxy.api_url = {proxy_api!r}
c.ConfigurableHTTPProxy.command = [{proxy!r}]
c.JupyterHub.cookie_secret_file = "cookie_secret"
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.Authenticator.admin_users = set()
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = {homes!r} + "/{{username}}"
c.Spawner.cmd = [{python!r}, "-m", "jupyterhub.singleuser"]
c.Spawner.args = {args!r}
c.JupyterHub.redirect_to_server = False
c.Spawner.default_url = "/api"
c.Spawner.environment = {environment!r}
c.Spawner.http_timeout = 60
c.Spawner.start_timeout = 90
c.JupyterHub.load_groups = {{
    "lab-baker": {{"users": ["alice", "bob"]}},
    "foldsight-admins": {{"users": ["alice"]}},
}}
c.JupyterHub.services += [{{"name": "tester", "api_token": {tester!r}}}]
c.JupyterHub.load_roles += [
    {{"name": "tester", "services": ["tester"], "scopes": [
        "admin:users", "admin:servers", "admin:groups", "tokens", "access:servers", "access:services",
        "custom:foldsight:admin",
    ]}},
    # Alice and Bob enter the shared server of their laboratory.
    {{"name": "baker", "groups": ["lab-baker"], "scopes": ["access:servers!user={shared}"]}},
]
"""


class HubSite:
    """One running Hub.

    Attributes
    ----------
    url : str
        Where browsers go.
    home : Path
        Everything of this Hub; ``service`` in it is the service's data folder.
    """

    def __init__(self, home: Path, settings: str, lab: bool) -> None:
        self.home = home
        ports = _free_ports(4)
        self.url = f"http://127.0.0.1:{ports[0]}"
        self.service_url = f"http://127.0.0.1:{ports[3]}"
        self.tester = secrets.token_hex(16)
        self._api = httpx.Client(
            base_url=f"{self.url}/hub/api", headers={"Authorization": f"token {self.tester}"}, timeout=60,
            trust_env=False,
        )  # fmt: skip
        self.process: subprocess.Popen[bytes] | None = None
        config = _CONFIG.format(
            deploy=str(ROOT / "deploy/jupyterhub/jupyterhub_config.py"), url=self.url, hub_port=ports[1],
            proxy_api=f"http://127.0.0.1:{ports[2]}", proxy=str(PROXY), homes=str(home / "homes"),
            python=sys.executable, tester=self.tester, shared=SHARED, args=_server_args(lab),
            environment={"PATH": os.environ["PATH"], "PYTHONPATH": _path(), "OMP_NUM_THREADS": "1",
                "JUPYTER_PATH": str(home / "share")},
        )  # fmt: skip
        (home / "hub_config.py").write_text(config)
        (home / "foldsight.toml").write_text(settings)

    def start(self) -> None:
        """Start the Hub and wait until it and the service answer."""
        service = self.home / "service"
        service.mkdir(mode=0o700)
        (self.home / "homes").mkdir(mode=0o755)
        extensions = self.home / "share" / "labextensions" / "@foldsight"
        extensions.mkdir(parents=True)
        (extensions / "lab").symlink_to(ROOT / "jupyter_extension" / "foldsight_lab" / "labextension")
        environment = {
            **os.environ, "PYTHONPATH": _path(), "FOLDSIGHT_HOME": str(service), "FOLDSIGHT_NETWORK": "off",
            "FOLDSIGHT_HUB_CONFIG": str(self.home / "foldsight.toml"),
            "FOLDSIGHT_SERVICE_LISTEN": self.service_url, "CONFIGPROXY_AUTH_TOKEN": secrets.token_hex(16),
        }  # fmt: skip
        words = [sys.executable, "-m", "jupyterhub", "-f", str(self.home / "hub_config.py")]
        with (self.home / "hub.log").open("ab") as log:
            self.process = subprocess.Popen(
                words, cwd=self.home, env=environment, stdout=log, stderr=log, start_new_session=True
            )
        self.until(self._up, 60)

    def _up(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log()
        with contextlib.suppress(httpx.HTTPError):
            for base in (self.service_url, self.url):
                answer = httpx.get(f"{base}/services/foldsight{API}/projects", timeout=5, trust_env=False)
                if answer.headers.get("content-type") != "application/problem+json":  # nobody is let in
                    return False
            return True
        return False

    @property
    def base(self) -> str:
        """What scripts put into ``FOLDSIGHT_URL``."""
        return f"{self.url}/services/foldsight"

    @property
    def api_url(self) -> str:
        """The interface of the service, through the Hub's proxy."""
        return self.base + API

    def server_url(self, user: str) -> str:
        """The same interface as a user's own server gives it."""
        return f"{self.url}/user/{user}{API}"

    def token(self, user: str, *scopes: str, seconds: int | None = None) -> dict[str, Any]:
        """Make a token of a user's as the Hub's token page would; return ``token`` and ``id``."""
        answer = self.ask_token(user, *scopes, seconds=seconds)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    def ask_token(self, user: str, *scopes: str, seconds: int | None = None) -> httpx.Response:
        """Ask the Hub for a token of a user's; it may refuse."""
        body = {"scopes": list(scopes), "note": "test", **({"expires_in": seconds} if seconds else {})}
        return self._api.post(f"/users/{user}/tokens", json=body)

    def may(self, user: str, scope: str = "predict") -> str:
        """Return a token of a user's for the service with one scope of FoldSight."""
        return str(self.token(user, REACH, f"custom:foldsight:{scope}")["token"])

    def revoke(self, user: str, token_id: str) -> None:
        """Revoke a token."""
        assert self._api.delete(f"/users/{user}/tokens/{token_id}").status_code == 204

    def add_users(self, *users: str) -> None:
        """Make users known to the Hub."""
        assert self._api.post("/users", json={"usernames": list(users)}).status_code in (201, 409)

    def regroup(self, method: str, group: str, user: str) -> None:
        """Put a user into a group (POST) or out of it (DELETE)."""
        answer = self._api.request(method, f"/groups/{group}/users", json={"users": [user]})
        assert answer.status_code == 200, answer.text

    def start_servers(self, *users: str) -> None:
        """Start the servers of users, all at once, and wait for them."""
        with ThreadPoolExecutor(len(users)) as threads:
            answers = list(threads.map(lambda user: self._api.post(f"/users/{user}/server"), users))
        assert {answer.status_code for answer in answers} <= {201, 202}, self.log()
        for user in users:
            self.until(partial(self._serves, user), 90)

    def _serves(self, user: str) -> bool:
        return bool(self._api.get(f"/users/{user}").json()["server"])

    def workers(self) -> int:
        """Return how many workers the service has."""
        headers = {"Authorization": f"token {self.may('alice')}"}
        told = httpx.get(f"{self.api_url}/health", headers=headers, trust_env=False).json()
        return int(told.get("workers", 0))

    def log(self) -> str:
        """Return the end of everything's log."""
        return (self.home / "hub.log").read_text(errors="replace")[-6000:]

    def until(self, condition: Callable[[], object], seconds: float) -> None:
        """Wait for a condition to come true."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.1)

    def processes(self, *words: str) -> list[int]:
        """Return the processes of this Hub whose command line holds all words."""
        import psutil

        assert self.process is not None
        found = []
        for process in psutil.Process(self.process.pid).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                line = " ".join(process.cmdline())
                if all(word in line for word in words):
                    found.append(process.pid)
        return found

    def stop(self) -> None:
        """Stop the Hub, and with it the service and all servers."""
        self._api.close()
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            raise


def _path() -> str:
    """Everything that a process needs to find FoldSight as it lies here, and the tests' engines."""
    ours = [
        ROOT / "tests/integration/engines", ROOT / "tests", ROOT, ROOT / "server_ext", ROOT / "widgets",
    ]  # fmt: skip
    # What the caller has put first stays first: another JupyterHub, to try this with.
    return os.pathsep.join([*filter(None, [os.environ.get("PYTHONPATH")]), *map(str, ours)])


def _server_args(lab: bool) -> list[str]:
    """Users' servers with FoldSight and nothing else but JupyterLab if asked: they start much sooner."""
    wanted = {**dict.fromkeys(_OTHERS, False), "foldsight_server": True, "jupyterlab": lab}
    root = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    shown = ["--LabApp.expose_app_in_browser=True", "--LabApp.news_url=None"] if lab else []
    return [f"--ServerApp.jpserver_extensions={wanted!r}", *root, *shown]


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        held = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in held:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in held]


SETTINGS = f"""
plan = "lab"

[groups.lab-baker]
organization = "Baker lab"
plan = "lab"
owner = "alice"
account = "{SHARED}"
"""


@contextlib.contextmanager
def running_hub(settings: str = SETTINGS, *, lab: bool = False) -> Iterator[HubSite]:
    """Give a running Hub; everything of it is gone at the end. Skips where there is no proxy for it."""
    if shutil.which("node") is None or not PROXY.exists():
        pytest.skip("configurable-http-proxy is not here: npm ci, with Node on the path")
    pytest.importorskip("jupyterhub")
    # A short path, for the database's socket; open, for its own user.
    home = Path(tempfile.mkdtemp(prefix="fshub"))
    home.chmod(0o755)
    site = HubSite(home, settings, lab)
    try:
        site.start()
        site.add_users(*PEOPLE, SHARED)
        yield site
    finally:
        site.stop()
        _stop_database(home / "service")
        shutil.rmtree(home, ignore_errors=True)


def _stop_database(service: Path) -> None:
    from foldsight_server.store.embedded import EmbeddedPostgres

    if (service / "postgres").exists():
        EmbeddedPostgres(service / "postgres").stop()
