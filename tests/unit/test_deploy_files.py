"""Compose file, systemd units, the TLJH plugin and Binder: as far as can be told without running them."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pluggy
import pytest
import yaml

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
COMPOSE = yaml.safe_load((DEPLOY / "compose" / "compose.yaml").read_text())
SECRET = re.compile(r"(FOLDSIGHT_TOKEN|FOLDSIGHT_DATABASE_URL|API_TOKEN|PASSWORD|HUB_TOKEN)$")


def on_networks(name: str) -> set[str]:
    return set(COMPOSE["services"][name]["networks"])


def test_compose_keeps_what_must_not_meet_apart() -> None:
    assert not on_networks("worker") & on_networks("postgres")
    assert not on_networks("hub") & (on_networks("scheduler") | on_networks("postgres"))
    assert {name for name, net in COMPOSE["networks"].items() if net.get("internal")} == {"inside", "workers"}
    assert [name for name, held in COMPOSE["services"].items() if "ports" in held] == ["hub"]
    assert COMPOSE["services"]["hub"]["ports"] == ["127.0.0.1:8000:8000"]


def test_compose_writes_no_secret_down_and_names_only_what_there_is() -> None:
    targets = re.findall(r"^FROM \S+ AS (\w+)", (DEPLOY / "images" / "Dockerfile").read_text(), re.M)
    for held in COMPOSE["services"].values():
        assert [name for name in held.get("environment", {}) if SECRET.search(name)] == []
        assert set(held.get("secrets", [])) <= COMPOSE["secrets"].keys()
        assert set(held["networks"]) <= COMPOSE["networks"].keys()
        if "build" in held:
            assert held["build"]["target"] in targets
            folder = (DEPLOY / "compose" / held["build"]["context"]).resolve()
            assert (folder / held["build"]["dockerfile"]).is_file()


def _dask(words: list[str]) -> None:
    """Refuse options that ``dask`` does not know."""
    from distributed.cli import dask_scheduler, dask_worker

    command = {"worker": dask_worker.main, "scheduler": dask_scheduler.main}[words[1]]
    known = {option for held in command.params for option in (*held.opts, *held.secondary_opts)}
    assert {word for word in words if word.startswith("--")} <= known


def _started_by(path: Path) -> list[str]:
    return re.findall(r"^ExecStart=/opt/foldsight/bin/(.*)", path.read_text(), re.M)[0].split()


def _commands() -> list[list[str]]:
    found = [held["command"] for held in COMPOSE["services"].values() if "command" in held]
    found += [_started_by(path) for path in UNITS]
    chart = (DEPLOY / "helm" / "foldsight" / "templates" / "workers.yaml").read_text()
    pairs = re.findall(r"command: \[(dask.*)\]\n\s+args: \[(.*)\]", chart)
    found += [[word.strip('" ') for word in ", ".join(pair).split(",")] for pair in pairs]
    return [words for words in found if words[0] == "dask"]


def test_every_scheduler_and_worker_is_started_with_words_that_dask_knows() -> None:
    found = _commands()
    assert sorted(words[1] for words in found) == ["scheduler"] * 3 + ["worker"] * 3
    for words in found:
        _dask(words)
        assert "--tls-key" in words
        if words[1] == "worker":
            assert words[words.index("--preload") + 1] == "foldsight_server.dispatch.preload"
            assert words[words.index("--resources") + 1] == "FOLD=1"
            assert importlib.util.find_spec("foldsight_server.dispatch.preload")


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_units_are_hardened(path: Path) -> None:
    text = path.read_text()
    for word in (
        "NoNewPrivileges=yes",
        "ProtectSystem=strict",
        "ProtectHome=yes",
        "CapabilityBoundingSet=\n",
    ):
        assert word in text
    assert not [line for line in text.splitlines() if re.match(r"Environment=.*(TOKEN|DATABASE_URL)", line)]
    assert ("User=foldsight\n" in text) == (path.name == "foldsight.service")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed here")
@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_systemd_takes_the_units(path: Path, tmp_path: Path) -> None:
    name = path.name.replace("@", "@0")
    # The programs of an installation are not here; any program does.
    text = path.read_text().replace("/opt/foldsight/bin/python", "/bin/true")
    (tmp_path / name).write_text(text.replace("/opt/foldsight/bin/dask", "/bin/true"))
    command = ["systemd-analyze", "verify", "--man=no", str(tmp_path / name)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert [line for line in done.stderr.splitlines() if path.stem.split("@")[0] in line] == []


class Specification:
    """The hooks of TLJH that the plugin uses, with the arguments that TLJH gives."""

    hookspec = pluggy.HookspecMarker("tljh")

    @hookspec
    def tljh_extra_user_pip_packages(self) -> None:
        """Packages of people."""

    @hookspec
    def tljh_extra_hub_pip_packages(self) -> None:
        """Packages of the Hub."""

    @hookspec
    def tljh_custom_jupyterhub_config(self, c: Any) -> None:
        """The Hub's configuration."""

    @hookspec
    def tljh_post_install(self) -> None:
        """After all."""


def plugin() -> Any:
    manager = pluggy.PluginManager("tljh")
    manager.add_hookspecs(Specification)
    spec = importlib.util.spec_from_file_location("tljh_foldsight", DEPLOY / "tljh" / "tljh_foldsight.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    manager.register(module)
    manager.check_pending()
    return manager.hook


def test_the_tljh_plugin_adds_the_service_and_keeps_what_is_there() -> None:
    hook = plugin()
    assert hook.tljh_extra_user_pip_packages() == [["foldsight"]]
    assert hook.tljh_extra_hub_pip_packages() == [["foldsight[hub]"]]
    hub = SimpleNamespace(services=[{"name": "cull-idle"}], load_roles=[{"name": "mine"}])
    config = SimpleNamespace(JupyterHub=hub, Spawner=SimpleNamespace())
    hook.tljh_custom_jupyterhub_config(c=config)
    assert [service["name"] for service in hub.services] == ["cull-idle", "foldsight"]
    assert hub.services[1]["user"] == "foldsight"
    example = SimpleNamespace(JupyterHub=SimpleNamespace(), Spawner=SimpleNamespace())
    source = (DEPLOY / "jupyterhub" / "jupyterhub_config.py").read_text()
    exec(compile(source, "jupyterhub_config.py", "exec"), {"get_config": lambda: example})
    assert hub.custom_scopes == example.JupyterHub.custom_scopes
    assert hub.load_roles[1:] == example.JupyterHub.load_roles
    assert config.Spawner.oauth_client_allowed_scopes == example.Spawner.oauth_client_allowed_scopes


def test_the_tljh_plugin_is_found_by_its_entry_point() -> None:
    project = tomllib.loads((DEPLOY / "tljh" / "pyproject.toml").read_text())
    assert project["project"]["entry-points"]["tljh"] == {"foldsight": "tljh_foldsight"}


def test_the_hub_of_compose_leaves_starting_the_service_to_compose(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOLDSIGHT_HUB_TOKEN", "t" * 32)
    config = SimpleNamespace(JupyterHub=SimpleNamespace(), Spawner=SimpleNamespace())

    def load(path: str) -> None:
        source = (DEPLOY / "jupyterhub" / Path(path).name).read_text()
        exec(compile(source, path, "exec"), {"get_config": lambda: config})

    source = (DEPLOY / "compose" / "jupyterhub_config.py").read_text()
    names = {"get_config": lambda: config, "load_subconfig": load}
    exec(compile(source, "jupyterhub_config.py", "exec"), names)
    (service,) = config.JupyterHub.services
    assert (service["url"], service["api_token"]) == ("http://service:10101", "t" * 32)
    assert not {"command", "environment"} & service.keys()


def test_binder_builds_what_the_project_declares() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    environment = yaml.safe_load((ROOT / "binder" / "environment.yml").read_text())
    (python,) = [item for item in environment["dependencies"] if item.startswith("python=")]
    assert f"Programming Language :: Python :: {python.partition('=')[2]}" in project["classifiers"]
    post = ROOT / "binder" / "postBuild"
    assert os.access(post, os.X_OK) or sys.platform == "win32"
    (extras,) = re.findall(r"'\.\[([\w,]+)\]'", post.read_text())
    assert set(extras.split(",")) <= project["optional-dependencies"].keys()
    assert (ROOT / "constraints.txt").is_file()
    subprocess.run(["bash", "-n", str(post)], check=True)
