"""JupyterLab itself: files opened in the workbench, the prediction form, the queue and its commands."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from foldsight.io.foldsight_file import save
from tests.browser.lab import Lab, View
from tests.browser.test_fold_magic import FASTA, REFUSED
from tests.unit.test_scene_panels import with_pae

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def page(lab: Lab, chromium: Any) -> Iterator[Any]:
    """JupyterLab with nothing open."""
    save(with_pae(first=25), lab.folder / "kept.foldsight")
    with_pae(first=25).save(lab.folder / "plain.pdb")
    (lab.folder / "empty.cif").write_text("data_x\n", encoding="utf-8")
    context = chromium.new_context(viewport={"width": 1400, "height": 900})
    opened = context.new_page()
    opened.goto(f"{lab.url}lab/workspaces/{uuid.uuid4().hex}?token={lab.token}")
    opened.wait_for_selector(".jp-Launcher", timeout=120_000)
    yield opened
    context.close()


def run(page: Any, command: str, **args: Any) -> None:
    page.evaluate("async ([c, a]) => { await jupyterapp.commands.execute(c, a); }", [command, args])


def test_a_file_opens_in_the_workbench(page: Any) -> None:
    page.locator(".jp-DirListing-item", has_text="kept.foldsight").dblclick()
    page.wait_for_selector(".fsl-document .foldsight-view[data-state=ready]", timeout=120_000)
    view = View(page, 0)
    state = view.state()
    assert (state["layout"], state["mol"]["residues"]) == ("workbench", 47)
    view.ask("view.store.take([4], null)")
    assert "PHE A:29" in (page.locator(".fs-details").text_content() or "")
    assert view.ask("view.panels.pae.pae.size") == 47, "the PAE was in the file"
    page.locator(".lm-TabBar-tab.lm-mod-current .lm-TabBar-tabCloseIcon").last.click()


def test_open_with_and_a_file_without_a_structure(page: Any) -> None:
    run(page, "foldsight:open", path="empty.cif")
    pane = page.locator(".fsl-document:visible")
    pane.get_by_text("empty.cif").wait_for(timeout=60_000)
    assert pane.locator(".foldsight-view").count() == 0
    factories = page.evaluate(
        "() => jupyterapp.docRegistry.preferredWidgetFactories('plain.pdb').map(f => f.name)"
    )
    assert factories[0] == "FoldSight"
    assert "Editor" in factories, "and the text is one choice away"


def test_commands_say_what_they_take(page: Any) -> None:
    described = page.evaluate(
        """async () => Object.fromEntries(await Promise.all(jupyterapp.commands.listCommands()
            .filter(c => c.startsWith('foldsight:'))
            .map(async c => [c, (await jupyterapp.commands.describedBy(c)).args])))"""
    )
    assert set(described) == {
        "foldsight:fold", "foldsight:show-jobs", "foldsight:open", "foldsight:open-job",
        "foldsight:cancel-job", "foldsight:retry-job", "foldsight:tour", "foldsight:search",
        "foldsight:open-entry", "foldsight:open-structure", "foldsight:show-structure",
        "foldsight:restore-tab",
    }  # fmt: skip
    assert list(described["foldsight:cancel-job"]["properties"]) == ["job"]
    assert all(schema["type"] == "object" for schema in described.values())


def test_the_form_checks_while_one_types_and_the_queue_shows_the_jobs(page: Any) -> None:
    run(page, "foldsight:fold")
    text, fold = page.locator(".fsl-text"), page.locator(".fsl-form button[type=submit]")
    text.fill(">bad\nMLIK1VV")
    page.locator(".fsl-bad", has_text="residue 5").wait_for(timeout=30_000)
    assert text.get_attribute("aria-invalid") == "true"
    assert fold.is_disabled()
    text.fill(FASTA + REFUSED)
    page.locator(".fsl-good", has_text="NEDD8, 81 residues").wait_for(timeout=30_000)
    fold.click()
    # Other tests of this server have folded the same; the newest stands first.
    done = page.locator(".fsl-job[data-state=done]", has_text="NEDD8").first
    done.wait_for(timeout=120_000)
    refused = page.locator(".fsl-job[data-state=refused]", has_text="alpha-synuclein").first
    refused.wait_for(timeout=120_000)
    assert (page.locator(".fsl-status").text_content() or "").startswith("FoldSight:")
    done.get_by_role("button", name="Open").click()
    page.wait_for_selector(".fsl-document:visible .foldsight-view[data-state=ready]", timeout=120_000)


def test_the_tour_leads_round_by_keyboard(page: Any) -> None:
    run(page, "foldsight:tour")
    card = page.locator(".fsl-tour")
    seen = []
    for _ in range(6):
        seen.append(card.locator("h2").text_content())
        count = card.locator("span").text_content()
        page.wait_for_function("() => document.activeElement?.matches('.fsl-tour .jp-mod-accept')")
        page.keyboard.press("Enter")
        page.wait_for_function(
            "count => document.querySelector('.fsl-tour span')?.textContent !== count", arg=count
        )
    assert len(set(seen)) == 6
    assert card.count() == 0, "the last step closes it"
    run(page, "foldsight:tour")
    page.keyboard.press("Escape")
    assert page.locator(".fsl-tour, .fsl-tour-ring").count() == 0
