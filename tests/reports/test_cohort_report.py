"""The page: self-contained, escaped, complete, and built so that assistive technology finds its way."""

from __future__ import annotations

import html
import itertools
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from graders.errors import UsageError
from graders.reports.cohort import cohort_report
from graders.reports.page import percent, write_page
from graders.reports.summary import Submission
from graders.scoring import feedback
from tests.reports import cohort_records as made_up


@pytest.fixture(scope="module")
def page() -> str:
    return cohort_report(made_up.MODULE, made_up.COHORT, course="autumn", made="2025-11-23")


@pytest.fixture(scope="module")
def soup(page: str) -> BeautifulSoup:
    return BeautifulSoup(page, "html.parser")


def test_it_loads_nothing_and_runs_nothing(page: str, soup: BeautifulSoup) -> None:
    policy = soup.find("meta", {"http-equiv": "Content-Security-Policy"})["content"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy, "default-src already forbids scripts"
    assert not soup.find_all(["script", "iframe", "object", "embed", "link", "form", "base", "img"])
    tags = soup.find_all(True)
    assert not [tag for tag in tags if any(name.startswith("on") for name in tag.attrs)]
    assert all(tag["href"].startswith("#") for tag in tags if "href" in tag.attrs)
    assert not re.search(r"url\(|@import|https?:", page)


def test_a_hostile_text_is_shown_as_text(page: str, soup: BeautifulSoup) -> None:
    cell = next(bdi for bdi in soup.find_all("bdi") if bdi.text.startswith("<script>"))
    shown = made_up.HOSTILE.replace("\x1b[31m", "").replace("\x1b[0m", "").replace("\u202e", "‹U+202E›")
    assert cell.text == shown
    assert not cell.find_all(True)
    assert "\x1b" not in page
    assert "\u202e" not in page


@pytest.mark.parametrize(
    "field",
    ["student", "note", "not_graded", "refused", "late", "misconception", "hint", "reason", "unsafe", "unproven"],
)
def test_no_field_is_trusted(field: str) -> None:
    bad = "<b onclick=alert(1)>\u202e\x1b[2J"
    more = {"misconception": bad, "hint": bad} if field in ("misconception", "hint") else {}
    result = made_up.result(made_up.ROOFLINE, "below the ridge", reason=bad, **more)
    notebook = made_up.notebook(result, unsafe=(bad,))
    one = Submission(
        bad,
        (notebook,),
        unproven=(bad,) if field == "unproven" else (),
        not_graded=bad if field == "not_graded" else "",
        refused=bad if field == "refused" else "",
        late=bad if field == "late" else "",
        note=bad,
    )
    page = cohort_report(made_up.MODULE, [one], course=bad, made=bad, lead=bad)
    soup = BeautifulSoup(page, "html.parser")
    assert not soup.find_all("b", onclick=True)
    assert "\u202e" not in page
    assert "\x1b" not in page
    assert html.escape("<b onclick=alert(1)>") in page


def words(line: str) -> str:
    return " ".join(line.split())


def test_every_word_that_the_student_reads_is_there(soup: BeautifulSoup) -> None:
    for submission in made_up.COHORT:
        if submission.state != "graded":
            continue
        heading = next(h for h in soup.find_all("h3") if h.text == submission.student)
        section = words(heading.find_parent("section").text)
        for result in submission.results.values():
            if result.exercise not in submission.untouched and any(not check.kept for check in result.checks):
                read = feedback(result).splitlines()[1:]  # the first line is the id and the points
                assert all(words(line) in section for line in read), result
        assert all(flag.kind in section for flag in submission.flags)


def test_the_table_says_n_of_m(soup: BeautifulSoup) -> None:
    table = soup.find("table", class_="cohort")
    row = next(row for row in table.find_all("tr") if row.th.text == "student-04")
    assert [" ".join(cell.text.split()) for cell in row.find_all("td")] == [
        "1 of 5",
        "5 of 5",
        "4 of 6",
        "10 of 16",
        "",
        "graded",
    ]


def test_a_score_that_nobody_vouches_for_has_no_total(soup: BeautifulSoup) -> None:
    table = soup.find("table", class_="cohort")
    for student, state in (
        ("student-06", "nothing handed in"),
        ("student-09", "unproven"),
        ("student-10", "not graded"),
    ):
        row = next(row for row in table.find_all("tr") if row.th.text == student)
        cells = [" ".join(cell.text.split()) for cell in row.find_all("td")]
        assert cells[3] == "–", student
        assert cells[5] == state


def test_tables_have_captions_and_scopes_and_headings_do_not_skip(soup: BeautifulSoup) -> None:
    for table in soup.find_all("table"):
        assert table.caption.text.strip()
        assert all(th.get("scope") in ("row", "col") for th in table.find_all("th"))
    levels = [int(heading.name[1]) for heading in soup.find_all(re.compile(r"^h\d$"))]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_every_link_leads_somewhere_and_every_id_is_there_once(soup: BeautifulSoup) -> None:
    ids = [tag["id"] for tag in soup.find_all(id=True)]
    assert len(ids) == len(set(ids))
    assert {a["href"][1:] for a in soup.find_all("a")} <= set(ids)


def test_the_page_is_the_same_whatever_the_order(page: str) -> None:
    assert cohort_report(made_up.MODULE, made_up.COHORT[::-1], course="autumn", made="2025-11-23") == page


def test_notes_appear_only_where_there_are_any(soup: BeautifulSoup) -> None:
    assert soup.find(id="samples") is None
    noted = cohort_report(made_up.MODULE, [made_up.submission("student-01", note="an independent right answer")])
    assert "an independent right answer" in BeautifulSoup(noted, "html.parser").find(id="samples").parent.text


def test_an_empty_course_gives_a_page() -> None:
    assert "The course has no students yet." in cohort_report(made_up.MODULE, [])


@pytest.mark.parametrize(
    ("share", "written"), [(0.0, "0 %"), (0.001, "1 %"), (0.625, "62 %"), (0.999, "99 %"), (1.0, "100 %"), (None, "–")]
)
def test_a_share_is_never_rounded_to_all_or_nothing(share: float | None, written: str) -> None:
    assert percent(share) == written


class TestWriting:
    def test_the_folder_is_made(self, tmp_path: Path) -> None:
        write_page(tmp_path / "new" / "report.html", "page")
        assert (tmp_path / "new" / "report.html").read_text() == "page"

    def test_a_failure_leaves_the_old_page_and_no_draft(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = tmp_path / "report.html"
        write_page(path, "old")

        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(Path, "replace", full)
        with pytest.raises(UsageError, match="No space left on device"):
            write_page(path, "new")
        assert path.read_text() == "old"
        assert [entry.name for entry in tmp_path.iterdir()] == ["report.html"]

    def test_a_place_that_is_no_folder(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(UsageError, match="cannot be written"):
            write_page(tmp_path / "file" / "report.html", "page")
