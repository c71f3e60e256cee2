"""``foldsight demo`` as a program: real service, real jobs, the notebook in a real kernel."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

import foldsight

#: Generous, for machines that do much else at the same time.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

CODE = "import sys; from foldsight.cli.main import run; sys.exit(run())"


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A data folder with a short path (sockets lie in it); its service is stopped at the end."""
    folder = Path(tempfile.mkdtemp(prefix="fs-"))
    yield folder
    with contextlib.suppress(OSError, ValueError, KeyError):
        pid = json.loads((folder / "service.json").read_text())["pid"]
        os.kill(pid, signal.SIGTERM)
        _until_gone(folder / "service.json")
    shutil.rmtree(folder, ignore_errors=True)


def _until_gone(path: Path) -> None:
    for _ in range(300):
        if not path.exists():
            return
        time.sleep(0.1)


@pytest.fixture(scope="module")
def demo(home: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("demo")
    environment = {**os.environ, "FOLDSIGHT_HOME": str(home), "IPYTHONDIR": str(home / "ipython")}
    done = subprocess.run(
        [sys.executable, "-c", CODE, "demo", "-o", str(folder), "--json"],
        env=environment, cwd=folder, capture_output=True, text=True, timeout=580,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return json.loads(done.stdout)


def test_each_protein_says_template_identity_and_coverage(demo: dict[str, Any]) -> None:
    found = {record["name"]: record for record in demo["records"]}
    expected = {
        "HIV-2-protease": ("1hpv", 0.485, 2),
        "ENOA_HUMAN": ("3enl", 0.64, 1),
        "NEDD8_HUMAN": ("1ubi", 0.58, 1),
        "OPSD_HUMAN": ("1u19", 0.934, 1),
    }
    for name, (template, identity, chains) in expected.items():
        summary = found[name]["summary"]
        assert summary["facts"]["template"] == template
        assert summary["facts"]["identity"] == pytest.approx(identity, abs=0.02)
        assert summary["facts"]["coverage"] > 0.9
        assert summary["chains"] == chains
        assert summary["confidence"]["kind"] == "template_support"
        assert not summary["suspect"]
    assert found["SYUA_HUMAN"]["state"] == "refused"
    assert found["SYUA_HUMAN"]["error"]["code"] == "no_structure"


def test_what_was_written_is_whole(demo: dict[str, Any]) -> None:
    folder = Path(demo["output"])
    for record in demo["records"]:
        for name in record["files"]:
            assert Path(name).stat().st_size > 1000
    protease = foldsight.read(folder / "HIV-2-protease.cif")
    assert protease.structure.auth_chains == ("A", "B")
    assert protease.manifest.network == "off"
    assert protease.manifest.sent == ()
    assert not [path for path in folder.iterdir() if path.name.startswith(".foldsight")]


def test_the_first_notebook_was_executed_top_to_bottom(demo: dict[str, Any]) -> None:
    outputs = outputs_of(demo, 0)
    shown = [set(output.data) for output in outputs if "data" in output]
    assert sum({"application/vnd.jupyter.widget-view+json", "image/png"} <= kinds for kinds in shown) == 3
    words = json.dumps(outputs)
    assert "template 1HPV" in words
    assert "Refused: alpha-synuclein" in words
    assert "A:25" in words


def test_the_second_notebook_analyses_a_protease(demo: dict[str, Any]) -> None:
    words = json.dumps(outputs_of(demo, 1))
    assert "both catalytic aspartates: True" in words
    assert "destabilis" in words
    assert "TM-score" in words
    for name in ("hiv1-residues.csv", "hiv1-variants.csv", "hiv1-pockets.png", "superposed.svg"):
        assert (Path(demo["output"]) / name).stat().st_size > 300


def outputs_of(demo: dict[str, Any], number: int) -> list[Any]:
    """Return what the cells of a notebook showed; each was executed and none broke."""
    facts = demo["notebooks"][number]
    assert facts["ok"], facts
    notebook = nbformat.read(facts["file"], as_version=4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in cells)
    outputs = [output for cell in cells for output in cell.outputs]
    assert all(output.output_type != "error" for output in outputs)
    return outputs


EXECUTE = """
import sys
from pathlib import Path
from foldsight.cli.console import Console
from foldsight.cli.verbs.demo import execute
found = execute(sys.argv[1], Path.cwd(), Console())
sys.exit(found.get("error"))
"""


@pytest.mark.parametrize("name", ["03-compare", "04-annotate-together", "05-batch"])
def test_the_other_notebooks_run_as_they_are(name: str, home: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "FOLDSIGHT_HOME": str(home), "IPYTHONDIR": str(home / "ipython")}
    command = [sys.executable, "-c", EXECUTE, f"{name}.ipynb"]
    done = subprocess.run(
        command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=400, check=False
    )
    assert done.returncode == 0, done.stderr
    notebook = nbformat.read(tmp_path / f"{name}.ipynb", as_version=4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in cells)
    pictures = [out for cell in cells for out in cell.outputs if "image/png" in out.get("data", {})]
    assert pictures or name == "05-batch"
