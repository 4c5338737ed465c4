"""The demo, run once: what each sample submission earns, what is flagged and marked, and what the reports say."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from typer.testing import CliRunner

from graders.capstone.packs import USE_CASES
from graders.cli import app
from graders.course import load
from graders.demo import MODULE, run
from graders.demo.candidates import PLANS, Plan
from graders.demo.desk import Desk, desk
from graders.demo.essays import essays
from graders.demo.samples import samples
from graders.gradebook import Gradebook
from graders.reports.publishing import Report, report

pytestmark = pytest.mark.long
OTHER = "m08_tail_latency"
RIGHT = ("01", "02", "03", "04", "22", "24")
MISTAKEN = tuple(f"{number:02d}" for number in range(9, 16))
NAMED = re.compile(r"“(.+?)” in (.+?)(?=, “|\.$)")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "demo"
    assert run(folder, others=[OTHER], quiet=True) == folder / "report" / "cohort.html"
    return folder


@pytest.fixture(scope="module")
def found(demo: Path) -> Report:
    return report(load(demo / "course"), MODULE)


@pytest.fixture(scope="module")
def submissions(found: Report):
    return {row.submission.student[-2:]: row.submission for row in found.cohort.rows}


@pytest.fixture(scope="module")
def made(demo: Path) -> Desk:
    return desk(load(demo / "course"), MODULE)


def mistakes(made: Desk, student: str) -> dict[str, str]:
    """Which known mistakes a sample makes, by exercise, as its note says."""
    ids = {entry.title: entry.id for entry in made.module.exercises}
    note = next(one.note for one in samples(made) if one.student == f"student-{student}")
    return {ids[title]: misconception for misconception, title in NAMED.findall(note)}


def left_of(made: Desk, exercise: str, misconception: str) -> float:
    """Points that its author says a mistake keeps: the weights of what it does not lose, if values are right at all."""
    (worth,) = (entry.points for entry in made.module.exercises if entry.id == exercise)
    checks = made.catalogue.exercises[exercise].checks
    (known,) = (one for one in made.catalogue.mistakes[exercise] if one.misconception == misconception)
    kept = [check for check in checks if check.name not in known.loses]
    if not any(check.anchors for check in kept):
        return 0.0
    return round(worth * sum(check.weight for check in kept) / sum(check.weight for check in checks), 2)


def expected(made: Desk, student: str) -> dict[str, float]:
    """What a sample must earn in each exercise that checks look at."""
    full = {entry.id: entry.points for entry in made.module.exercises if not entry.is_written}
    first, second, *_ = full
    nothing = dict.fromkeys(full, 0.0)
    practical = {entry.id for entry in made.module.exercises_in("practical")}
    if student in MISTAKEN:
        return full | {exercise: left_of(made, exercise, one) for exercise, one in mistakes(made, student).items()}
    return {
        **dict.fromkeys(RIGHT, full),
        **dict.fromkeys(("05", "06", "19"), nothing),
        "07": full | {made.last_function("practical"): 0.0},
        "18": full | {first: 0.0},
        **dict.fromkeys(("08", "16"), nothing | {first: full[first]}),
        "17": {exercise: points if exercise in practical else 0.0 for exercise, points in full.items()},
        "23": full | {second: 0.0},
    }[student]


GRADED = [f"{number:02d}" for number in range(1, 25) if number not in (20, 21)]


@pytest.mark.parametrize("student", GRADED)
def test_every_sample_earns_what_its_answers_earn(submissions, made: Desk, student: str) -> None:
    results = submissions[student].results
    assert {exercise: result.points for exercise, result in results.items()} == expected(made, student)


def test_each_state_is_told(submissions) -> None:
    states = {student: one.state for student, one in submissions.items() if one.state != "graded"}
    assert states == {"19": "blank", "20": "nothing handed in", "21": "refused"}
    assert "not JSON" in submissions["21"].refused
    assert {student: one.late for student, one in submissions.items() if one.late} == {"03": "22 h 30 min late"}


def test_known_mistakes_are_named(submissions, made: Desk) -> None:
    for student in GRADED:
        named = {
            exercise: one.misconception for exercise, one in submissions[student].results.items() if one.misconception
        }
        assert named == (mistakes(made, student) if student in MISTAKEN else {}), student


def test_what_a_human_should_see_is_flagged_and_honest_work_is_not(submissions, made: Desk) -> None:
    kinds = {student: {flag.kind for flag in one.flags} for student, one in submissions.items()}
    assert all(not kinds[student] for student in (*RIGHT[:4], *MISTAKEN, "16", "18", "19", "23"))
    assert "crashed" in kinds["06"]
    assert "timeout" in kinds["07"]
    assert "tags" in kinds["08"]
    assert kinds["17"] == ({"missing-notebook"} if len(made.module.notebooks) > 1 else set())
    assert kinds["22"] == {"missing-test-cell"}
    assert kinds["24"] == {"duplicate-cell"}


def test_every_score_is_proven_and_what_is_written_is_marked_but_for_two(demo: Path, made: Desk) -> None:
    with Gradebook.open(load(demo / "course")) as gradebook:
        assert gradebook.unproven(MODULE) == ()
        assert sorted(gradebook.evidence(MODULE)) == [f"student-{student}" for student in GRADED]
        waiting = {(one.student, one.exercise) for one in gradebook.unmarked(MODULE)}
        marks = {key: kept[0] for key, kept in gradebook.marks(MODULE).items()}
    written = {entry.id for entry in made.module.exercises if entry.is_written}
    assert {exercise for _, exercise in waiting} == written
    assert {student for student, _ in waiting} == ({"student-15", "student-22"} if written else set())
    assert all(kept.holds for kept in marks.values())
    given = {(one.student, exercise): essay for one in samples(made) for exercise, essay in one.essays.items()}
    for (student, _, exercise), kept in marks.items():
        if essay := given.get((student, exercise)):
            assert (kept.mark.levels, kept.mark.comment) == (essay.levels, essay.comment)


def test_every_sample_essay_belongs_to_an_exercise_and_chooses_levels_of_its_rubric(found: Report) -> None:
    for exercise, those in essays().items():
        rubric = found.rubrics.get(exercise)
        if rubric is not None:
            for essay in those:
                assert set(essay.levels) == {criterion.id for criterion in rubric.criteria}
                assert all(0 <= essay.levels[one.id] < len(one.levels) for one in rubric.criteria)


def test_the_report_shows_all_and_gives_nothing_of_this_machine_away(demo: Path) -> None:
    page = (demo / "report" / "cohort.html").read_text()
    soup = BeautifulSoup(page, "html.parser")
    notes = soup.find(id="samples").find_parent("section").find("table")
    assert len(notes.tbody.find_all("tr")) == 24
    assert all(row.find_all("td")[0].text.strip() for row in notes.tbody.find_all("tr"))
    pages = [page, *(one.read_text() for one in (demo / "report" / "students").iterdir())]
    assert len(pages) == 25
    assert not [one for one in pages if str(demo.parent) in one or "<script" in one]
    assert not re.search(r"20\d\d-\d\d-\d\d", page), "the same whenever it is made"
    leads = {a["href"] for a in soup.find_all("a") if not a["href"].startswith("#")}
    assert leads == {f"students/student-{number:02d}.html" for number in range(1, 25)}
    assert all((demo / "report" / lead).is_file() for lead in leads)


def test_it_is_an_ordinary_course_with_a_release(demo: Path, made: Desk) -> None:
    release = demo / "course" / "release" / MODULE
    for notebook in made.module.notebooks:
        assert "BEGIN SOLUTION" not in (release / f"{notebook}.ipynb").read_text()
    assert (release / "data" / made.module.data[0]).is_file()


class TestCommands:
    """`aisa report`, on the course that the demo leaves."""

    def ran(self, *command: str) -> str:
        done = CliRunner().invoke(app, ["report", *command])
        assert done.exit_code == 0, done.output
        return done.output

    def test_cohort_writes_the_same_pages_where_it_is_told(self, demo: Path, tmp_path: Path) -> None:
        course = str(demo / "course")
        said = self.ran("cohort", MODULE, "--course", course, "--to", str(tmp_path / "new"))
        assert said == f"wrote {tmp_path / 'new' / 'cohort.html'}\n"
        for student in ("student-01", "student-20"):
            ours = BeautifulSoup((tmp_path / "new" / "students" / f"{student}.html").read_text(), "html.parser")
            theirs = BeautifulSoup((demo / "report" / "students" / f"{student}.html").read_text(), "html.parser")
            assert ours.main.text.split() == theirs.main.text.split()

    def test_student_writes_one_page_into_the_course(self, demo: Path) -> None:
        said = self.ran("student", MODULE, "student-09", "--course", str(demo / "course"))
        page = demo / "course" / "reports" / MODULE / "students" / "student-09.html"
        assert said == f"wrote {page}\n"
        assert "student-09" in page.read_text()

    def test_json_has_the_same_figures(self, demo: Path, found: Report) -> None:
        said = json.loads(self.ran("cohort", MODULE, "--course", str(demo / "course"), "--json"))
        assert [one["student"] for one in said["students"]] == [f"student-{number:02d}" for number in range(1, 25)]
        assert said["mean_share"] == found.cohort.mean
        assert said["exercises"][0]["interval"] == list(found.cohort.difficulties[0].interval)
        alone = json.loads(self.ran("student", MODULE, "student-09", "--course", str(demo / "course"), "--json"))
        assert alone == said["students"][8]
        assert alone["exercises"][0]["evidence"] == {"execution": alone["executions"]["practical"]}

    def test_module_writes_the_authors_page_which_names_nobody(self, demo: Path, found: Report, made: Desk) -> None:
        said = self.ran("module", MODULE, "--course", str(demo / "course"))
        page = demo / "course" / "reports" / MODULE / "module.html"
        assert said.endswith(f"wrote {page}\n")
        assert page.read_text() == (demo / "report" / "module.html").read_text()
        assert "student-" not in page.read_text()
        told = json.loads(self.ran("module", MODULE, "--course", str(demo / "course"), "--json"))
        numbers = {
            (row.submission.student, name): one
            for row in found.cohort.rows
            for name, one in row.submission.executions.items()
        }
        for student in MISTAKEN:
            for exercise, misconception in mistakes(made, student).items():
                (entry,) = (one for one in told["exercises"] if one["exercise"] == exercise)
                (known,) = (one for one in entry["known_mistakes"] if one["name"] == misconception)
                assert numbers[f"student-{student}", found.module.notebook_of(exercise)] in known["now"]

    def test_a_student_who_is_none_is_named(self, demo: Path) -> None:
        done = CliRunner().invoke(app, ["report", "student", MODULE, "student-99", "--course", str(demo / "course")])
        assert done.exit_code
        assert "student-99" in str(done.exception)

    def test_what_was_handed_in_since_is_not_graded_yet(self, demo: Path) -> None:
        """Whatever was earned before: nobody reads an old score as one of the new file."""
        course = load(demo / "course")
        path = course.submitted("student-04", MODULE) / "practical.ipynb"
        before = path.read_bytes()
        path.write_bytes(before + b"\n")
        try:
            row = report(course, MODULE).row("student-04")
        finally:
            path.write_bytes(before)
        assert row.submission.state == "not graded"
        assert row.submission.not_graded == "it was handed in again, and not graded since"
        assert row.decision.outcome == "not decidable yet"
        assert report(course, MODULE).row("student-04").submission.state == "graded"


def test_some_do_the_other_modules_too(demo: Path) -> None:
    course = load(demo / "course")
    rows = {row.submission.student: row for row in report(course, OTHER).cohort.rows}
    assert {student for student, row in rows.items() if row.share is not None} == {
        "student-01", "student-08", "student-09", "student-16",
    }  # fmt: skip
    whole = sum(entry.points for entry in course.module(OTHER).exercises)
    assert (rows["student-01"].points, rows["student-01"].decision.outcome) == (whole, "complete")
    assert {flag.kind for flag in rows["student-08"].submission.flags} >= {"tags"}
    assert 0 < rows["student-16"].points < rows["student-09"].points < whole
    assert (demo / "report" / OTHER / "cohort.html").is_file()


# --- from notebooks to a certificate -----------------------------------------------------------------------------


def aisa(*words: object) -> tuple[int, str]:
    done = CliRunner().invoke(app, [str(word) for word in words])
    return done.exit_code, done.stdout


@pytest.fixture(scope="module")
def complete(found: Report) -> list[str]:
    return [row.submission.student for row in found.cohort.rows if row.decision.outcome == "complete"]


@pytest.fixture(scope="module")
def candidates(complete: list[str]) -> dict[str, Plan]:
    """Who came before the panel, and with what: the first who have completed the module."""
    return dict(zip(complete, PLANS, strict=False))


def test_there_is_a_candidate_for_each_use_case_and_two_who_fail(candidates: dict[str, Plan]):
    assert len(candidates) == len(PLANS) == len(USE_CASES) + 2
    assert {plan.use_case for plan in candidates.values() if passes(plan)} == set(USE_CASES)


def passes(plan: Plan) -> bool:
    return plan.level > 1 and not plan.faulty


def test_who_passed_is_certified_and_anyone_can_derive_it_again(demo: Path, candidates: dict[str, Plan]):
    folder = demo / "course" / "certificates"
    for student in [student for student, plan in candidates.items() if passes(plan)]:
        beside = ("--trust", folder / "issuer.json", "--status", folder / "status-list.json", "--recipient", student)
        status, said = aisa("verify", folder / student / "certificate.html", "--rederive", *beside)
        assert status == 0, said
        assert "derived again from its evidence by rule demo_of_one_module 1.0" in said


def test_two_are_refused_with_reasons(demo: Path, candidates: dict[str, Plan]):
    folder = demo / "course" / "certificates"
    for student, plan in candidates.items():
        if passes(plan):
            continue
        assert not (folder / student / "certificate.html").exists()
        page = BeautifulSoup((folder / student / "transcript.html").read_text(encoding="utf-8"), "html.parser")
        level = "C4 Memory hierarchy: level 1, at least 2 is needed"
        assert f"capstone: {'no panel has decided' if plan.faulty else level}" in page.get_text()
        assert "defence: no panel has decided" in page.get_text()
        assert ("design document: its check stops it" in page.get_text()) == plan.faulty


def test_a_transcript_can_be_had_without_asking_for_a_certificate(demo: Path, complete: list[str], tmp_path: Path):
    """The same page as the office hands out, and nothing is issued by it."""
    course, student = demo / "course", complete[-1]
    status, said = aisa("report", "transcript", student, "--course", course, "--to", tmp_path)
    assert (status, said) == (0, f"wrote {tmp_path / f'{student}.html'}\n")
    page = BeautifulSoup((tmp_path / f"{student}.html").read_text(encoding="utf-8"), "html.parser").get_text()
    assert "defence: no panel has decided" in page
    assert not (course / "certificates" / student / "certificate.html").exists()
    told = json.loads(aisa("report", "transcript", student, "--course", course, "--json")[1])
    assert told["evidence"]["student"] == student
    assert "defence: no panel has decided" in told["decision"]["reasons"]


def test_each_candidates_design_can_be_read_and_a_certified_one_on_paper(demo: Path, candidates: dict[str, Plan]):
    folder = demo / "course" / "capstone"
    for student, plan in candidates.items():
        design = (folder / student / "design.html").read_text(encoding="utf-8")
        assert "Register of claims" in design
        assert ("keep the document from the panel." in design) == plan.faulty
        paper = folder / student / "design.pdf"
        assert paper.exists() == passes(plan)
        assert not paper.exists() or paper.read_bytes().startswith(b"%PDF")


def test_a_certificate_needs_a_rule_and_the_tracks_own_certifies_nobody_here(demo: Path, complete: list[str]):
    status, said = aisa("certify", complete[-1], "--course", demo / "course", "--json")
    assert status == 1
    (one,) = json.loads(said)
    assert not one["certified"]
    assert len(one["reasons"]) == 12  # ten modules, document and defence
