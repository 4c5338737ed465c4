"""A student's way, in a real JupyterLab: open the released notebook, type an answer, run, press Validate."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from graders.authoring.answers import exercise_answered, fill, release, text
from graders.authoring.build import build
from graders.authoring.material import Module, modules
from graders.paths import material_root
from tests.browser.jupyter import LONG_MS, TOKEN, jupyter_lab

pytestmark = pytest.mark.browser


def student_python() -> Path:
    """The student's environment, if it was made; the tool's has JupyterLab and nbgrader as well."""
    theirs = material_root() / ".venv-student" / "bin" / "python"
    return theirs if theirs.exists() else Path(sys.executable)


@pytest.fixture
def module() -> Module:
    return next(module for module in modules() if module.slug == "m02_tools_methods")


@pytest.fixture
def solutions(module: Module) -> dict[str, str]:
    """The author's own answers, as the source notebook has them."""
    source = json.loads(build(module)["practical.ipynb"])
    return {exercise_answered(cell): text(cell) for cell in source["cells"] if exercise_answered(cell)}


@pytest.fixture
def folder(tmp_path: Path, module: Module, solutions: dict[str, str]) -> Path:
    """What a student has: the released notebook, its data, and every answer but the first."""
    folder = tmp_path / "home" / "m02"
    (folder / "data").mkdir(parents=True)
    for name in module.data:
        (folder / "data" / name).write_bytes((module.folder / "data" / name).read_bytes())
    released = release(json.loads(build(module)["practical.ipynb"]))
    first = module.exercises[0].id
    done = {exercise: answer for exercise, answer in solutions.items() if exercise != first}
    (folder / "practical.ipynb").write_text(json.dumps(fill(released, done)))
    return folder


@pytest.fixture
def lab(folder: Path, tmp_path: Path) -> Iterator[str]:
    """Address of a JupyterLab of the student's environment that serves the folder, and knows nothing else."""
    with jupyter_lab(student_python(), folder, tmp_path / "lab") as address:
        yield address


def validate(page: Page) -> str:
    """Press Validate, and what the dialogue then says."""
    page.get_by_text("Validate", exact=True).click()
    dialogue = page.locator(".jp-Dialog")
    expect(dialogue).to_be_visible(timeout=LONG_MS)
    said = dialogue.inner_text()
    dialogue.locator("button").last.click()
    expect(dialogue).to_be_hidden()
    return said


def test_answer_run_validate(chromium: Browser, lab: str, module: Module, solutions: dict[str, str]) -> None:
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{lab}lab/tree/practical.ipynb?token={TOKEN}")
    expect(page.locator(".jp-Notebook")).to_be_visible(timeout=LONG_MS)
    expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible(timeout=LONG_MS)
    assert "attainable_flops_per_s" in validate(page), "an answer is missing, and Validate says which test shows it"

    first = module.exercises[0].id
    stub = page.locator(".jp-CodeCell", has_text="raise NotImplementedError()").first.locator(".cm-content")
    stub.click()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.insert_text(solutions[first])
    expect(page.locator(".jp-CodeCell", has_text="raise NotImplementedError()")).to_have_count(0)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    ran = page.locator(".jp-CodeCell .jp-InputPrompt").last
    expect(ran).to_have_text(re.compile(r"\[\d+\]:"), timeout=LONG_MS)
    assert page.locator(".jp-RenderedText[data-mime-type*='error']").count() == 0
    assert page.locator(".jp-OutputArea img").count() > 0, "the notebook's own plots are drawn"

    assert "passes all the tests" in validate(page)
    page.close()
