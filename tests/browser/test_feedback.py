"""Feedback as nbgrader writes it on a course of ours: opening a hostile student's page runs none of its scripts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Browser, Page

from graders.course import init
from graders.grading import grade_course
from tests.nbgrader_commands import nbgrader

pytestmark = pytest.mark.browser
MODULE = "m02_tools_methods"
OWN = "document.title = 'owned'"
TEXTS = (
    f"<script>{OWN}</script>",
    f'<img src="x" onerror="{OWN}">',
    f'<svg onload="{OWN}"><script>{OWN}</script></svg>',
    f"[look](javascript:{OWN.replace(' ', '')})",
    f'<a href="javascript:{OWN}">look</a>',
    f'<iframe srcdoc="<script>parent.{OWN}</script>"></iframe>',
    f"$\\href{{javascript:{OWN}}}{{x}}$",
    f'<math><mtext></p><style><img src=x onerror="{OWN}"></style></mtext></math>',
    f"```html\n</pre><script>{OWN}</script>\n```",
    '<div style="position:fixed;inset:0;z-index:99">over everything</div>',
    '<meta http-equiv="refresh" content="0;url=http://192.0.2.1/">',
    '<form action="http://192.0.2.1/"><input autofocus onfocus="' + OWN + '"></form>',
)
CODE = f"""
from IPython.display import HTML, SVG, Javascript, Latex, Markdown, display
display(HTML('''{TEXTS[0]}{TEXTS[1]}{TEXTS[5]}'''))
display(Javascript("{OWN}"))
display(SVG('''<svg xmlns="http://www.w3.org/2000/svg"><script>{OWN}</script></svg>'''))
display(Markdown('''{TEXTS[1]}'''), Latex('''{TEXTS[6]}'''))
display({{"text/plain": '''{TEXTS[0]}''', "application/vnd.jupyter.widget-view+json": {{"model_id": "x"}}}}, raw=True)
print('''{TEXTS[0]}''')
raise ValueError('''{TEXTS[0]}{TEXTS[1]}''')
"""
MARK = "what the student wrote"


@pytest.fixture(scope="module")
def feedback(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The feedback page of a student who tried everything."""
    course = init(tmp_path_factory.mktemp("feedback") / "course", students=["student-01"])
    nbgrader(course.root, "generate_assignment", MODULE)
    notebook = nbformat.read(course.root / "release" / MODULE / "practical.ipynb", as_version=4)
    notebook.cells += [nbformat.v4.new_markdown_cell(f"{MARK}\n\n{text}") for text in TEXTS]
    notebook.cells.append(nbformat.v4.new_code_cell(CODE))
    notebook.cells.append(nbformat.v4.new_raw_cell(TEXTS[0]))
    notebook.metadata["title"] = f"</title>{TEXTS[0]}"
    folder = course.submitted("student-01", MODULE)
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / "practical.ipynb")
    (receipt,) = grade_course(course, MODULE)
    assert receipt.state == "graded"
    nbgrader(course.root, "generate_feedback", MODULE)
    return course.root / "feedback" / "student-01" / MODULE / "practical.html"


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page that answers no request but a file's: what nbgrader's template wants from the network, it does not get."""
    context = chromium.new_context()
    page = context.new_page()
    page.route(lambda url: not url.startswith("file:"), lambda route: route.abort())
    yield page
    context.close()


def test_nothing_of_the_student_runs(page: Page, feedback: Path) -> None:
    dialogs: list[str] = []
    asked: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(feedback.as_uri())
    page.wait_for_load_state("load")
    assert page.title() != "owned"
    assert page.url == feedback.as_uri()
    assert dialogs == []
    assert not [url for url in asked if "192.0.2.1" in url]
    assert page.get_by_text(MARK).count() >= len(TEXTS), "the student's text is there, to be read"


def test_nothing_of_the_student_waits_to_run(page: Page, feedback: Path) -> None:
    page.goto(feedback.as_uri())
    armed = page.evaluate(
        """() => [...document.querySelectorAll('*')].filter(element =>
            [...element.attributes].some(attribute => attribute.name.startsWith('on')
                || /^\\s*(javascript|vbscript):/i.test(attribute.value)
                || (attribute.name === 'srcdoc'))
        ).map(element => element.outerHTML.slice(0, 200))"""
    )
    assert armed == []
    scripts = page.evaluate(
        "[...document.scripts].map(script => script.textContent).filter(text => text.includes('owned'))"
    )
    assert scripts == []
    assert page.locator("iframe, object, embed, form[action*='192.0.2.1'], meta[http-equiv='refresh' i]").count() == 0
    assert page.locator("body [style*='fixed']").count() == 0, "nothing of the student covers the page"
