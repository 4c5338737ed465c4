"""nbgrader's own commands on a course of ours: the same rows, the same evidence, feedback that runs nothing."""

from __future__ import annotations

import copy
import json
import shutil
import sqlite3
from pathlib import Path

import pytest

from graders.authoring.answers import release
from graders.course import init, load
from graders.gradebook import Gradebook
from graders.grading import grade_course
from tests.gradebook.test_rows import COMMENTS, GRADES
from tests.nbgrader_commands import nbgrader
from tests.pipeline.small_course import own_references

MATERIAL = Path(__file__).parents[1] / "benchmarks" / "material"
SLUG, POINTS = "m97_light", 16.0
STUDENTS = ("blank", "done", "empty", "half", "hostile", "late", "linked", "untidy")
PAYLOADS = [
    "<script>document.title = 'pwned'</script>",
    "<img src=x onerror=\"document.title='pwned'\">",
    "<svg onload=\"document.title='pwned'\"></svg>",
    "<svg><script>document.title='pwned'</script></svg>",
    "<iframe srcdoc=\"<script>parent.document.title='pwned'</script>\"></iframe>",
    "<object data=\"data:text/html,<script>parent.document.title='pwned'</script>\"></object>",
    "<details open ontoggle=\"document.title='pwned'\">x</details>",
    "<a href=\"javascript:document.title='pwned'\">click</a>",
    "[click](javascript:document.title='pwned')",
    "[click](&#106;avascript:document.title='pwned')",
    "![x](x\"onerror=\"document.title='pwned')",
    "[click](data:text/html,<script>document.title='pwned'</script>)",
    '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
    "<noscript><p title=\"</noscript><img src=x onerror=document.title='pwned'>\">",
    "```mermaid\n</pre><script>document.title='pwned'</script>\n```",
    "```<script>document.title='pwned'</script>\nx\n```",
    "$\\href{javascript:document.title='pwned'}{x}$",
    "$x</script><script>document.title='pwned'</script>$",
    "# <img src=x onerror=document.title='pwned'>",
    "<style>@import 'javascript:1'</style><link rel=stylesheet href=x><meta http-equiv=refresh content='0;url=x'>",
    "<form action=javascript:document.title='pwned'><button autofocus>x</button></form>",
    "![x](attachment:a.svg)",
]
ACTIVE = {"script", "iframe", "object", "embed", "svg", "math", "style", "link", "meta", "form", "input", "base"}
DISPLAYS = """from IPython.display import HTML, Javascript, SVG, Markdown, Latex, display
display(HTML("<script>document.title='pwned'</script><table><tr><td onclick=x>1</td></tr></table>"))
display(Javascript("document.title='pwned'"))
display({"image/svg+xml": "<svg onload=\\"document.title='pwned'\\"/>"}, raw=True)
display({"image/png": "x\\"><script>document.title='pwned'</script>"}, raw=True)
display({"application/vnd.jupyter.widget-view+json": {"model_id": "</script><script>1"}}, raw=True)
display(Markdown("<script>document.title='pwned'</script>"), Latex("</div><script>document.title='pwned'</script>"))
print("</pre><script>document.title='pwned'</script>")
raise Exception("</pre><script>document.title='pwned'</script>")
"""


def code(source, **metadata):
    cell = {"cell_type": "code", "id": "x", "metadata": metadata, "source": source}
    return cell | {"outputs": [], "execution_count": None}


def text(source, kind="markdown", **more):
    return {"cell_type": kind, "id": "x", "metadata": {}, "source": source, **more}


def submissions(source):
    """Notebooks of all kinds, by student."""
    stub = release(source)
    half, hostile, untidy = copy.deepcopy(stub), copy.deepcopy(source), copy.deepcopy(source)
    places = {cell["id"]: place for place, cell in enumerate(source["cells"])}
    answered = places["m97_amdahl_speedup-answer"]
    half["cells"][answered] = source["cells"][answered]
    attachments = {"a.svg": {"image/svg+xml": "PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+"}}
    hostile["cells"] += [text(payload, attachments=attachments) for payload in PAYLOADS]
    hostile["cells"] += [text(payload, "raw") | {"metadata": {"raw_mimetype": "text/html"}} for payload in PAYLOADS]
    hostile["cells"] += [code(DISPLAYS, tags=["skip-execution"]), code(f"# {PAYLOADS[0]}\nx = 1")]
    hostile["metadata"]["widgets"] = {"application/vnd.jupyter.widget-state+json": {"x": "</script><script>1"}}
    answer, tests = (untidy["cells"].pop(answered) for _ in range(2))
    untidy["cells"].pop(places["code-01"])  # the imports: they come back at the top
    untidy["cells"] = [tests, code("mine = 1"), *untidy["cells"], {**answer, "cell_type": "raw"}, tests]
    return {
        "blank": stub,
        "done": source,
        "empty": stub | {"cells": []},
        "half": half,
        "hostile": hostile,
        "late": half,
        "linked": source,
        "untidy": untidy,
    }


def submit(course, student, notebook):
    folder = course.submitted(student, SLUG)
    folder.mkdir(parents=True)
    (folder / "practical.ipynb").write_text(json.dumps(notebook))
    return folder


@pytest.fixture(scope="module")
def courses(tmp_path_factory):
    """The same submissions, graded by `nbgrader autograde` and by `aisa grade`."""
    with own_references(SLUG):
        yield graded_both_ways(tmp_path_factory.mktemp("pipeline"))


def graded_both_ways(folder):
    made = init(folder / "nbgrader", course_id="both", students=STUDENTS, material=MATERIAL)
    with (made.root / "course.yaml").open("a") as settings:
        settings.write(f"late: zero\ndue:\n  {SLUG}: 2026-02-01T00:00:00\n")
    course = load(made.root)
    nbgrader(course.root, "generate_assignment", SLUG)
    source = json.loads((course.source(SLUG) / "practical.ipynb").read_bytes())
    for student, notebook in submissions(source).items():
        submit(course, student, notebook)
    (course.submitted("late", SLUG) / "timestamp.txt").write_text("2026-02-01 01:00:00.000000 UTC")
    (course.submitted("done", SLUG) / "timestamp.txt").write_text("2026-01-31 01:00:00.000000 UTC")
    (course.submitted("hostile", SLUG) / "evil.html").write_text(PAYLOADS[0])
    other = load(shutil.copytree(course.root, folder / "aisa"))
    (course.submitted("linked", SLUG) / "stolen.txt").symlink_to(course.root / ".aisa" / "secret")
    submit(course, "stranger", source)
    done = nbgrader(course.root, "autograde", SLUG, "--no-execute", check=False)
    receipts = grade_course(other, SLUG)
    return course, other, done, receipts


def rows(course, query):
    with sqlite3.connect(course.root / "gradebook.db") as connection:
        return connection.execute(query).fetchall()


def test_rows_are_the_same_whichever_way(courses):
    ours, theirs, _, receipts = courses
    assert {receipt.state for receipt in receipts} == {"graded"}
    for query in (GRADES, COMMENTS):
        assert rows(ours, query) == rows(theirs, query)
        assert {row[0] for row in rows(ours, query)} == set(STUDENTS)


def test_the_sandbox_graded_although_nbgrader_was_told_not_to_execute(courses):
    scores = {}
    for row in rows(courses[0], GRADES):
        scores[row[0]] = scores.get(row[0], 0.0) + row[4]
    assert scores["done"] == scores["hostile"] == scores["linked"] == scores["untidy"] == POINTS
    assert scores["blank"] == scores["empty"] == 0.0
    assert 0.0 < scores["half"] < POINTS
    penalties = {row[8] for row in rows(courses[0], GRADES) if row[0] == "late"} - {None}  # of what was handed in
    assert penalties == {scores["late"]}


def test_evidence_and_notebooks_are_the_same_whichever_way(courses):
    evidence = []
    for course in courses[:2]:
        with Gradebook.open(course) as gradebook:
            assert gradebook.unproven(SLUG) == ()
            evidence.append(gradebook.evidence(SLUG))
    assert evidence[0] == evidence[1]
    for student in STUDENTS:
        documents = [notebook(course, student) for course in courses[:2]]
        assert without_chance(documents[0]) == without_chance(documents[1])


def notebook(course, student):
    return json.loads((course.autograded(student, SLUG) / "practical.ipynb").read_bytes())


def without_chance(document):
    """One text for a source that nbformat splits into lines; without pictures and tracebacks' addresses."""
    cells = [(cell["cell_type"], cell["id"], cell["metadata"], "".join(cell["source"])) for cell in document["cells"]]
    verdicts = [
        "".join(output["data"]["text/plain"])
        for cell in document["cells"]
        if cell["metadata"].get("nbgrader", {}).get("grade")
        for output in cell["outputs"][:1]
    ]
    return cells, verdicts, document["metadata"]


def test_what_nbgrader_reads_from_the_notebook_is_the_score(courses):
    """Its own rule, on the notebook that we left."""
    nbformat, utils = pytest.importorskip("nbformat"), pytest.importorskip("nbgrader.utils")
    scores = {(row[0], row[3]): row[4] for row in rows(courses[1], GRADES)}
    for student in STUDENTS:
        for cell in nbformat.from_dict(notebook(courses[1], student)).cells:
            if utils.is_grade(cell):
                assert utils.determine_grade(cell)[0] == scores[student, cell.metadata.nbgrader.grade_id]


def test_files_of_the_submission_do_not_reach_the_feedback(courses):
    for course in courses[:2]:
        left = {path.name for path in (course.root / "autograded").rglob("*") if path.is_file()}
        source = {path.name for path in (course.root / "source" / SLUG).rglob("*") if path.is_file()}
        released = {name for name in source if not name.endswith(".ipynb")}
        assert left == {"practical.ipynb", "timestamp.txt"} | released


def test_a_link_is_put_where_nobody_follows_it(courses):
    course = courses[0]
    assert not (course.submitted("linked", SLUG) / "stolen.txt").is_symlink()
    assert (course.root / ".aisa" / "quarantine" / "submitted" / "linked" / SLUG / "stolen.txt").is_symlink()
    secret = (course.root / ".aisa" / "secret").read_bytes().strip()
    files = (path for path in (course.root / "autograded").rglob("*") if path.is_file())
    assert not any(secret in path.read_bytes() for path in files)


def test_a_stranger_is_refused_and_the_others_go_on(courses):
    course, _, done, _ = courses
    assert done.returncode == 1
    assert "No student with ID 'stranger'" in done.stderr
    assert "stranger" not in {row[0] for row in rows(course, GRADES)}


def test_nothing_is_left_to_do_after_nbgrader(courses):
    shutil.rmtree(courses[0].submitted("stranger", SLUG).parent, ignore_errors=True)
    assert {receipt.state for receipt in grade_course(courses[0], SLUG)} == {"unchanged"}


def test_nbgrader_exports_the_grades(courses):
    nbgrader(courses[0].root, "export")
    lines = (courses[0].root / "grades.csv").read_text().splitlines()
    assert len(lines) == 1 + len(STUDENTS)


@pytest.fixture(scope="module")
def feedback(courses):
    nbgrader(courses[0].root, "generate_feedback", SLUG)
    return courses[0].root / "feedback"


def test_feedback_holds_nothing_that_runs(feedback):
    """Parsed as a browser parses it: what the student wrote has no script, handler, frame or odd address."""
    html5lib = pytest.importorskip("bleach._vendor.html5lib")
    page = html5lib.parse((feedback / "hostile" / SLUG / "practical.html").read_text(), namespaceHTMLElements=False)
    cells = [one for one in page.iter("div") if "cell" in (one.get("class") or "").split()]
    assert len(cells) > len(PAYLOADS)
    for cell in cells:
        for element in cell.iter():
            if not isinstance(element.tag, str):
                continue
            tag = element.tag.rpartition("}")[2]
            assert tag not in ACTIVE
            for name, value in element.attrib.items():
                assert not name.lower().startswith("on"), (tag, name)
                address = "".join(value.lower().split())
                assert "javascript:" not in address, (tag, name)
                assert not address.startswith(("data:text", "data:image/svg", "vbscript:")), (tag, name)
    assert "\\href" not in "".join(page.itertext())


def test_feedback_shows_the_points_and_why(feedback):
    page = (feedback / "half" / SLUG / "practical.html").read_text()
    assert f"Score: {POINTS} / {POINTS}" in (feedback / "done" / SLUG / "practical.html").read_text()
    assert "m97_amdahl_speedup" in page
    assert "kept" in page
    assert "lost" in page
