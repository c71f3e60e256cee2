"""The Helm chart: by Helm itself where it is installed, and by its structure everywhere."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import reduce
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

ROOT = Path(__file__).parents[2]
CHART = ROOT / "deploy" / "helm" / "foldsight"
VALUES: dict[str, Any] = yaml.safe_load((CHART / "values.yaml").read_text())
SCHEMA = json.loads((CHART / "values.schema.json").read_text())
TEMPLATES = sorted((CHART / "templates").glob("*.yaml"))
OVERLAY = yaml.safe_load((CHART / "zero-to-jupyterhub.yaml").read_text())
SECRETS = {"FOLDSIGHT_DATABASE_URL", "JUPYTERHUB_API_TOKEN", "FOLDSIGHT_METRICS_TOKEN"}


def skeletons(path: Path) -> Iterator[dict[str, Any]]:
    """The documents of a template with a word in place of each value; not what Helm renders.

    Helpers stand as ``helper: name``, so that who includes which can be seen.
    """
    text = re.sub(r"^\s*{{-? (if|end|range).*\n", "", path.read_text(), flags=re.M)
    text = re.sub(r'{{- include "foldsight\.(\w+)" \. \| nindent (\d+) }}', _helper, text)
    text = re.sub(r"^(\s*){{- toYaml .*}}$", r"\1value: x", text, flags=re.M)
    yield from filter(None, yaml.safe_load_all(re.sub(r"{{ .*? }}", "x", text)))


def _helper(found: re.Match[str]) -> str:
    return f"helper-{found[1]}: true"


DOCUMENTS = {
    (found["kind"], found["metadata"]["name"]): found for path in TEMPLATES for found in skeletons(path)
}


def pods() -> dict[str, dict[str, Any]]:
    found = {
        name: held["spec"]["template"]["spec"]
        for (kind, name), held in DOCUMENTS.items()
        if kind == "Deployment"
    }
    job = DOCUMENTS["CronJob", "x-backup"]["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    return {**found, "x-backup": job}


def test_what_there_is() -> None:
    assert sorted(f"{kind} {name}" for kind, name in DOCUMENTS) == [
        "CronJob x-backup",
        "Deployment x-scheduler",
        "Deployment x-service",
        "Deployment x-worker",
        "NetworkPolicy x-scheduler",
        "NetworkPolicy x-service",
        "NetworkPolicy x-worker",
        "PodDisruptionBudget x-service",
        "ScaledObject x-worker",
        "Service x",
        "Service x-scheduler",
        "ServiceMonitor x",
    ]


def test_the_values_fit_the_schema() -> None:
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    jsonschema.validate(VALUES, SCHEMA)
    assert (VALUES["service"]["replicas"], VALUES["autoscaling"]["enabled"]) == (2, True)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("service.objectsUrl", "file:///data"),
        ("service.secret", "postgres://user:password@host/db"),
        ("service.replicas", 0),
        ("podSecurity.user", 0),
        ("worker.egressPorts", [5432]),
        ("service.databaseUrl", "postgres://host/db"),
    ],
)
def test_values_that_would_hurt_are_refused(path: str, value: object) -> None:
    part, name = path.split(".")
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**VALUES, part: {**VALUES[part], name: value}}, SCHEMA)


def test_templates_use_what_values_give_and_nothing_is_given_in_vain() -> None:
    text = "".join(path.read_text() for path in (CHART / "templates").iterdir())
    used = set(re.findall(r"\.Values\.([\w.]+)", text))
    for path in used:
        reduce(lambda held, name: held[name], path.split("."), VALUES)
    given = {f"{part}.{name}" for part, held in VALUES.items() for name in held}
    assert given - {".".join(path.split(".")[:2]) for path in used} == set()


def test_pods_run_as_nobody_in_particular_and_write_nowhere_but_in_their_own_folders() -> None:
    helpers = (CHART / "templates" / "_helpers.tpl").read_text()
    for word in ("runAsNonRoot: true", "automountServiceAccountToken: false", "type: RuntimeDefault"):
        assert word in helpers
    for word in ("readOnlyRootFilesystem: true", "allowPrivilegeEscalation: false", "drop: [ALL]"):
        assert word in helpers
    for name, pod in pods().items():
        assert pod["helper-pod"], name
        volumes = {volume["name"] for volume in pod["volumes"]}
        for container in pod["containers"]:
            assert container["helper-container"], name
            assert container["resources"], name
            assert {mount["name"] for mount in container["volumeMounts"]} == volumes
            assert "/tmp" in {mount["mountPath"] for mount in container["volumeMounts"]}


def test_what_runs_on_has_probes() -> None:
    service, scheduler, worker = (
        pods()[f"x-{name}"]["containers"][0] for name in ("service", "scheduler", "worker")
    )
    assert service["livenessProbe"]["httpGet"]["path"] == "/services/foldsight/health"
    assert service["readinessProbe"]["httpGet"]["path"] == "/services/foldsight/ready"
    for container in (scheduler, worker):
        assert (
            container["livenessProbe"]["tcpSocket"]
            == container["readinessProbe"]["tcpSocket"]
            == {"port": "dask"}
        )


def test_secrets_come_by_reference_and_only_to_the_service() -> None:
    for name, pod in pods().items():
        (container,) = pod["containers"]
        held = {item["name"]: item for item in container["env"]}
        secret = SECRETS & held.keys()
        assert all("secretKeyRef" in held[word]["valueFrom"] for word in secret)
        assert bool(secret) == (name in ("x-service", "x-backup")), name
        assert ("envFrom" in container) == (name in ("x-service", "x-backup")), name


def test_workers_are_started_as_the_dispatcher_expects() -> None:
    words = " ".join(pods()["x-worker"]["containers"][0]["args"])
    assert "--preload foldsight_server.dispatch.preload" in words
    assert "--resources FOLD=1" in words
    env = pods()["x-scheduler"]["containers"][0]["env"]
    assert {"name": "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES", "value": "0"} in env


def _components(rules: list[dict[str, Any]], side: str) -> set[str]:
    peers = [peer for rule in rules for peer in rule.get(side, [{}])]
    return {
        peer["podSelector"]["matchLabels"].get("app.kubernetes.io/component", "another")
        for peer in peers
        if "podSelector" in peer
    }


def test_only_the_service_and_workers_reach_the_scheduler() -> None:
    policy = DOCUMENTS["NetworkPolicy", "x-scheduler"]["spec"]
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert _components(policy["ingress"], "from") == {"service", "worker"}
    (users,) = OVERLAY["singleuser"]["networkPolicy"]["egress"]
    assert _components([users], "to") == {"service"}


def test_workers_do_not_reach_the_database() -> None:
    policy = DOCUMENTS["NetworkPolicy", "x-worker"]["spec"]
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert _components(policy["egress"], "to") == {"scheduler"}
    to_anybody = [rule["ports"] for rule in policy["egress"] if "to" not in rule]
    assert [{port["port"] for port in ports} for ports in to_anybody] == [{53}]
    (outside,) = [
        peer["ipBlock"] for rule in policy["egress"] for peer in rule.get("to", []) if "ipBlock" in peer
    ]
    assert {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"} <= set(outside["except"])


def test_the_overlay_has_the_scopes_and_roles_of_the_example_for_a_hub() -> None:
    config = _Recorder()
    source = (ROOT / "deploy" / "jupyterhub" / "jupyterhub_config.py").read_text()
    exec(compile(source, "jupyterhub_config.py", "exec"), {"get_config": lambda: config})
    held = OVERLAY["hub"]
    assert held["config"]["JupyterHub"]["custom_scopes"] == config.JupyterHub.custom_scopes
    roles = {role.pop("name"): role for role in config.JupyterHub.load_roles}
    assert {name: {**role, "scopes": sorted(role["scopes"])} for name, role in held["loadRoles"].items()} == {
        name: {**role, "scopes": sorted(role["scopes"])} for name, role in roles.items()
    }
    (service,) = config.JupyterHub.services
    asked = "oauth_client_allowed_scopes"
    assert (
        held["services"]["foldsight"][asked] == service[asked] == config.Spawner.oauth_client_allowed_scopes
    )


class _Recorder:
    """Takes what a configuration file sets."""

    def __getattr__(self, name: str) -> Any:
        self.__dict__[name] = _Recorder()
        return self.__dict__[name]


@pytest.mark.skipif(shutil.which("helm") is None, reason="helm is not installed here")
@pytest.mark.parametrize("scaled", ["true", "false"])
def test_helm_lints_and_renders_the_chart(scaled: str) -> None:
    words = [str(CHART), "--set", f"autoscaling.enabled={scaled}"]
    subprocess.run(["helm", "lint", "--strict", *words], check=True)
    command = ["helm", "template", "foldsight", *words]
    made = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found = [document for document in yaml.safe_load_all(made) if document]
    kinds = {document["kind"] for document in found}
    assert ("ScaledObject" in kinds) == (scaled == "true")
    assert len(found) == len(DOCUMENTS) - (scaled == "false")
