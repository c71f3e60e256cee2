"""Commands of FoldSight in the operators' pages are ones that the command line takes."""

from __future__ import annotations

import argparse
import re
import shlex
from pathlib import Path

import pytest

from foldsight.cli import parser

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs" / "operators").glob("*.md"))
FILES = re.compile(r"\b(deploy/[\w./@-]+\.(?:yaml|service|toml|py))")


def commands(page: Path) -> list[str]:
    """Lines of shell blocks that call ``foldsight``."""
    blocks = re.findall(r"^```sh\n(.*?)^```", page.read_text("utf-8"), re.M | re.S)
    return [line for block in blocks for line in block.splitlines() if line.startswith("foldsight ")]


FOUND = [(page, line) for page in PAGES for line in commands(page)]


@pytest.mark.parametrize(("page", "line"), FOUND, ids=lambda item: getattr(item, "name", item))
def test_the_command_line_takes_it(page: Path, line: str) -> None:
    args = parser.build().parse_args(shlex.split(line)[1:])
    assert isinstance(args, argparse.Namespace)


def test_there_are_commands_to_check() -> None:
    assert {page.name for page, _ in FOUND} >= {"install.md", "scaling.md", "backup.md"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_of_this_repository_that_commands_name_exist(page: Path) -> None:
    assert [name for name in FILES.findall(page.read_text("utf-8")) if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_sections_that_links_name_exist(page: Path) -> None:
    text = page.read_text("utf-8")
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)#([^)]+)\)", text):
        there = (page.parent / target).read_text("utf-8") if target else text
        headings = re.findall(r"^#+ (.*)$", there, re.M)
        slugs = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
        assert anchor in slugs, f"{target}#{anchor}"
