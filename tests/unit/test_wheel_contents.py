"""What is inside a wheel: a wheel without its JavaScript installs and still looks healthy."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from foldsight_widgets import engine_name

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Names inside a wheel built from the working tree (the front end is already built)."""
    from hatchling.builders.wheel import WheelBuilder

    folder = tmp_path_factory.mktemp("wheel")
    [wheel] = WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"])
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


@pytest.mark.parametrize("package", ["foldsight", "foldsight_server", "foldsight_widgets", "foldsight_lab"])
def test_every_package_is_at_the_top(names: list[str], package: str) -> None:
    assert f"{package}/__init__.py" in names


def test_the_engine_and_the_widgets_are_inside(names: list[str]) -> None:
    for name in (
        engine_name(),
        f"{engine_name()}.gz",
        "manifest.json",
        "structure-view.js",
        "job-progress.js",
        "variant-map.js",
    ):
        assert f"foldsight_widgets/static/{name}" in names


def test_the_labextension_is_where_jupyterlab_looks(names: list[str]) -> None:
    shared = [n for n in names if "share/jupyter/labextensions/@foldsight/lab/" in n]
    assert any("remoteEntry" in n for n in shared)
    assert any(n.endswith("/package.json") for n in shared)


def test_the_server_extension_is_switched_on(names: list[str]) -> None:
    assert any(n.endswith("etc/jupyter/jupyter_server_config.d/foldsight_server.json") for n in names)


def test_nothing_else_slips_in(names: list[str]) -> None:
    tops = {n.split("/")[0] for n in names}
    allowed = {"foldsight", "foldsight_server", "foldsight_widgets", "foldsight_lab"}
    assert {t for t in tops if ".d" not in t} == allowed
    assert not [n for n in names if "node_modules" in n or "__pycache__" in n or n.endswith(".ts")]
