"""The page: self-contained, escaped, complete, and built so that assistive technology finds its way."""

from __future__ import annotations

import html
import itertools
import re
import statistics

import pytest
from bs4 import BeautifulSoup

from graders.records import Flag
from graders.reports.cohort import cohort_report
from graders.reports.page import percent, ranges
from graders.reports.submission import Submission
from graders.reports.summary import summarise
from tests.reports import cohort_records as made_up

LINKS = {one.student: f"students/{one.student}.html" for one in made_up.COHORT}


def report(*submissions: Submission, **more) -> str:
    cohort = summarise(made_up.MODULE, submissions, made_up.PASS_MARKS)
    return cohort_report(made_up.MODULE, cohort, made_up.PASS_MARKS, **more)


@pytest.fixture(scope="module")
def page() -> str:
    return report(*made_up.COHORT, course="autumn", made="2025-11-23", links=LINKS)


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
    leads = {tag["href"] for tag in tags if "href" in tag.attrs and not tag["href"].startswith("#")}
    assert leads <= set(LINKS.values())
    assert not re.search(r"url\(|@import|https?:", page)


def test_a_hostile_text_is_shown_as_text(page: str, soup: BeautifulSoup) -> None:
    cell = next(bdi for bdi in soup.find_all("bdi") if bdi.text.startswith("<script>"))
    shown = made_up.HOSTILE.replace("\x1b[31m", "").replace("\x1b[0m", "").replace("\u202e", "‹U+202E›")
    assert cell.text == shown
    assert not cell.find_all(True)
    assert "\x1b" not in page
    assert "\u202e" not in page


@pytest.mark.parametrize(
    "field", ["student", "note", "not_graded", "refused", "late", "misconception", "hint", "unsafe", "unproven"]
)
def test_no_field_is_trusted(field: str) -> None:
    bad = "<b onclick=alert(1)>\u202e\x1b[2J"
    more = {"misconception": bad, "hint": bad} if field in ("misconception", "hint") else {}
    result = made_up.result(made_up.ROOFLINE, "below the ridge", reason=bad, **more)
    notebook = made_up.notebook(result, unsafe=(bad,) if field == "unsafe" else (), flags=(Flag(bad, bad, bad),))
    one = Submission(
        bad,
        (notebook,),
        unproven={bad: bad} if field == "unproven" else {},
        not_graded=bad if field == "not_graded" else "",
        refused=bad if field == "refused" else "",
        late=bad if field == "late" else "",
        note=bad,
    )
    page = report(one, course=bad, made=bad, lead=bad)
    soup = BeautifulSoup(page, "html.parser")
    assert not soup.find_all("b", onclick=True)
    assert "\u202e" not in page
    assert "\x1b" not in page
    assert html.escape("<b onclick=alert(1)>") in page


def words(line: str) -> str:
    return " ".join(line.split())


def test_the_table_says_n_of_m(soup: BeautifulSoup) -> None:
    table = soup.find("table", class_="cohort")
    row = next(row for row in table.find_all("tr") if row.th.text == "student-04")
    assert [" ".join(cell.text.split()) for cell in row.find_all("td")] == [
        "1",
        "5",
        "4",
        "mark",
        "4",
        "14 of 20",
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
        assert cells[5] == "–", student
        assert cells[7] == state


def test_tables_have_captions_and_scopes_and_headings_do_not_skip(soup: BeautifulSoup) -> None:
    for table in soup.find_all("table"):
        assert table.caption.text.strip()
        assert all(th.get("scope") in ("row", "col", "colgroup") for th in table.find_all("th"))
    levels = [int(heading.name[1]) for heading in soup.find_all(re.compile(r"^h\d$"))]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_every_link_leads_somewhere_and_every_id_is_there_once(soup: BeautifulSoup) -> None:
    ids = [tag["id"] for tag in soup.find_all(id=True)]
    assert len(ids) == len(set(ids))
    assert {a["href"][1:] for a in soup.find_all("a") if a["href"].startswith("#")} <= set(ids)
    assert set(LINKS.values()) <= {a["href"] for a in soup.find_all("a")}


def test_the_page_is_the_same_whatever_the_order(page: str) -> None:
    assert report(*made_up.COHORT[::-1], course="autumn", made="2025-11-23", links=LINKS) == page


def test_notes_appear_only_where_there_are_any(soup: BeautifulSoup) -> None:
    assert soup.find(id="samples") is None
    noted = report(made_up.submission("student-01", note="an independent right answer"))
    assert "an independent right answer" in BeautifulSoup(noted, "html.parser").find(id="samples").parent.text


def test_an_empty_course_gives_a_page() -> None:
    assert "The course has no students yet." in report()


@pytest.mark.parametrize(
    ("share", "written"), [(0.0, "0 %"), (0.001, "1 %"), (0.625, "62 %"), (0.999, "99 %"), (1.0, "100 %"), (None, "–")]
)
def test_a_share_is_never_rounded_to_all_or_nothing(share: float | None, written: str) -> None:
    assert percent(share) == written


def section(soup: BeautifulSoup, name: str):
    return soup.find(id=name).find_parent("section")


def rows(part) -> list[list[str]]:
    return [[words(cell.text) for cell in row.find_all(["th", "td"])] for row in part.tbody.find_all("tr")]


def test_each_decision_stands_there_with_its_reasons(soup: BeautifulSoup) -> None:
    said = {row[0]: row[1:] for row in rows(section(soup, "decisions"))}
    assert said["student-01"] == ["complete"] * 4 + [""]
    assert said["student-02"][3:] == ["not decidable yet", "worked example: a marker has yet to read it"]
    assert said["student-05"] == [
        *["not yet"] * 4,
        "2: 0 of 5 points, 2.5 needed; "
        "worked example: 1 of 4 points, 2 needed; novel scenario: 1 of 4 points, 3 needed",
    ]
    assert said["student-12"][0] == "open"


def test_difficulty_has_numbers_beside_its_plot(soup: BeautifulSoup) -> None:
    part = section(soup, "exercises")
    assert rows(part)[0] == ["1 · Attainable performance function", "5", "9", "69 %", "37 % to 89 %", "5", "1", "1"]
    spoken = part.find("desc").text
    assert "Attainable performance: 69 %, 37 % to 89 %" in spoken


def test_what_is_left_to_mark_names_whose(soup: BeautifulSoup) -> None:
    assert rows(section(soup, "marking")) == [["4 · Why it is slow", "4", "3", "student-02, student-04, student-07"]]


def test_every_number_can_be_traced(soup: BeautifulSoup) -> None:
    traces = {row[0]: row[1:] for row in rows(section(soup, "evidence"))}
    assert traces["student-05"] == ["501", "502", "503", "4: 7", "yes"]
    assert traces["student-06"] == ["–", "–", "–", "–", "no"]


def test_what_cannot_be_estimated_says_so_and_what_it_would_take(soup: BeautifulSoup) -> None:
    part = section(soup, "quality")
    said = words(part.text)
    assert "n = 5): 5 students are too few, it takes 10" in said, "01, 03, 05, 08 and 11 have it all"
    assert "3 answers wait for a marker, which may be why they are missing" in said
    assert {tuple(row[1:3]) for row in rows(part)} == {("5", "not estimable")}
    assert {row[3] for row in rows(part)} == {"5 students are too few, it takes 10"}
    assert not part.find("svg"), "no plot of nothing"
    assert "Severity of a marker: not estimable." in said


def many(number: int) -> list[Submission]:
    """Students of whom every third knows little, and every fifth loses a check that has nothing to do with it."""
    return [
        made_up.submission(
            f"student-{one:02}",
            made_up.result(made_up.ROOFLINE, *(made_up.RIDGE if one % 3 == 0 else ())),
            made_up.result(made_up.TOP_DOWN, *(("four categories",) if one % 3 == 0 else ())),
            metrics=made_up.result(made_up.METRICS, *(("names its version",) if one % 5 == 0 else ())),
            explained=made_up.mark(f"student-{one:02}", 2 - (one % 3 == 0), 1, number=one, marker=f"Marker {one % 2}"),
        )
        for one in range(1, number + 1)
    ]


def test_figures_that_can_be_estimated_stand_there_with_n_and_interval() -> None:
    """Values by another way, from the points in the table of the same page."""
    part = section(BeautifulSoup(report(*many(30)), "html.parser"), "quality")
    poor, other = [one % 3 == 0 for one in range(1, 31)], [one % 5 == 0 for one in range(1, 31)]
    points = [(5 - 4 * bad, 5 - 2 * bad, 6.0, 3 - bad, 4 - odd) for bad, odd in zip(poor, other, strict=True)]
    columns = list(zip(*points, strict=True))
    sums = [sum(row) for row in points]
    alpha = 5 / 4 * (1 - sum(statistics.variance(one) for one in columns) / statistics.variance(sums))
    assert words(part.find(id="reliability").dd.text).startswith(f"{alpha:.2f} (")
    said = {row[0][0]: row[1:] for row in rows(part)}
    for number in (0, 4):
        rest = [total - own for total, own in zip(sums, columns[number], strict=True)]
        r = statistics.correlation(columns[number], rest)
        count, value, told = said[str(number + 1)]
        assert count == "30"
        assert value.startswith(f"{r:.2f}".replace("-", "\N{MINUS SIGN}"))
        assert told == ("tells apart who does well elsewhere" if number == 0 else "cannot be told from chance")
    assert said["3"] == ["30", "not estimable", "all came out the same here, it takes 3 who did not"]
    marked = part.find(id="markers").find_next("tbody").find_all("tr")
    assert [words(row.td.text) for row in marked] == ["15", "15"]


def test_blank_submissions_do_not_make_a_module_look_reliable() -> None:
    nothing = [made_up.all_lost(one) for one in (made_up.ROOFLINE, made_up.TOP_DOWN, made_up.MULTIPLEXER)]
    metrics = made_up.all_lost(made_up.METRICS)
    marked = made_up.mark("student-99", 0, 0)
    blank = made_up.submission(
        "student-99", *nothing, metrics, explained=marked, wrote="", untouched=made_up.EVERYTHING
    )
    cohort = summarise(made_up.MODULE, [*many(12), blank], made_up.PASS_MARKS)
    assert cohort.rows[-1].submission.state == "blank"
    assert all(work.points == 0 for work in cohort.rows[-1].works)
    without = summarise(made_up.MODULE, many(12), made_up.PASS_MARKS)
    assert cohort.quality.students == without.quality.students
    assert cohort.quality.reliability == without.quality.reliability


@pytest.mark.parametrize(
    ("numbers", "said"), [((), "–"), ((7,), "7"), ((2, 1), "1, 2"), ((3, 1, 2, 9, 7), "1–3, 7, 9"), ((4, 4), "4")]
)
def test_numbers_of_evidence_are_said_in_short(numbers: tuple[int, ...], said: str) -> None:
    assert ranges(numbers) == said


def test_each_plot_has_a_title_and_a_description(soup: BeautifulSoup) -> None:
    plots = soup.find_all("svg")
    assert len(plots) == 5, "points, misconceptions, and the difficulty of each notebook"
    for plot in plots:
        assert soup.find(id=plot["aria-labelledby"]).name == "title"
        assert soup.find(id=plot["aria-describedby"]).text.strip()
