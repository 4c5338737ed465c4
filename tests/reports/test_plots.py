"""Plots are well-formed SVG, say what they show, and draw it to scale."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from graders.reports.plots import Bar, bars, dots, piles

BAD = "<script>alert(1)</script> \u202e\x1b[2J &\"'"


def parsed(markup: str) -> ElementTree.Element:
    return ElementTree.fromstring(str(markup))


def per_cent(element: ElementTree.Element, name: str) -> float:
    return float(element.attrib[name].removesuffix("%"))


def drawn(markup: str, tag: str, name: str) -> list[ElementTree.Element]:
    return [one for one in parsed(markup).iter(tag) if one.get("class") == name]


THREE = (Bar("first", 0.62, "62 %", (0.33, 0.84)), Bar("second", 1.0, "100 %"), Bar("third", 0.0, "0 %"))


class TestDots:
    rows = (Bar("first", 0.5, "0.50", (-0.25, 0.75)), Bar("second", -1.0, "−1.00"), Bar("third", 0.0, "0", (-9, 9)))
    plot = dots(rows, "tell", "What they tell", "first: 0.5", (-1, 1))

    def test_dots_and_whiskers_are_to_scale_and_stay_on_the_axis(self) -> None:
        zero, *_ = drawn(self.plot, "line", "zero")
        whole = 2 * per_cent(zero, "x1")
        places = [per_cent(one, "cx") / whole for one in parsed(self.plot).iter("circle")]
        assert places == pytest.approx([0.75, 0, 0.5], abs=1e-3)
        lines = [one for one in drawn(self.plot, "line", "whisker") if one.get("x1") != one.get("x2")]
        spans = [(per_cent(one, "x1") / whole, per_cent(one, "x2") / whole) for one in lines]
        assert spans == [pytest.approx((0.375, 0.875), abs=1e-3), pytest.approx((0, 1), abs=1e-3)]

    def test_the_axis_is_written_with_proper_signs(self) -> None:
        ticks = [one.text for one in parsed(self.plot).iter("text") if "axis" in one.get("class", "")]
        assert ticks == ["−1", "−0.5", "0", "0.5", "1"]


class TestBars:
    plot = bars(THREE, "hard", "How hard", "first: 62 %")

    def test_it_is_an_image_with_a_title_and_a_description(self) -> None:
        root = parsed(self.plot)
        assert root.get("role") == "img"
        named = {element.get("id"): element.text for element in root}
        assert named[root.get("aria-labelledby")] == "How hard"
        assert named[root.get("aria-describedby")] == "first: 62 %"

    def test_lengths_are_to_scale(self) -> None:
        lengths = [per_cent(bar, "width") for bar in drawn(self.plot, "rect", "value")]
        whole = per_cent(drawn(self.plot, "rect", "track")[0], "width")
        assert [length / whole for length in lengths] == pytest.approx([0.62, 1, 0], abs=1e-3)

    def test_a_whisker_spans_its_interval_and_stands_on_a_halo(self) -> None:
        whole = per_cent(drawn(self.plot, "rect", "track")[0], "width")
        for name in ("halo", "whisker"):
            line, *ends = drawn(self.plot, "line", name)
            assert [per_cent(line, end) / whole for end in ("x1", "x2")] == pytest.approx([0.33, 0.84], abs=1e-3)
            assert len(ends) == 2, "one whisker: the others have no interval"

    def test_the_axis_agrees_with_the_bars(self) -> None:
        whole = per_cent(drawn(self.plot, "rect", "track")[0], "width")
        places = {round(per_cent(line, "x1") / whole, 3) for line in drawn(self.plot, "line", "grid")}
        assert places == {0, 0.2, 0.4, 0.6, 0.8, 1}
        assert not drawn(bars(THREE, "hard", "t", "d", axis=False), "line", "grid")

    def test_a_long_label_is_cut_and_on_a_phone_earlier(self) -> None:
        plot = bars([Bar("x" * 100, 0, "0"), Bar("x" * 38, 0, "0")], "k", "t", "d", axis=False)
        labels = {text.get("class"): text.text for text in parsed(plot).iter("text") if text.get("class") != "note"}
        assert labels == {"long": "x" * 79 + "…", "short": "x" * 37 + "…", "": "x" * 38}


SHARES = {"student-01": 1.0, "student-02": 0.0, "student-03": 0.62, "student-04": 0.63, "student-05": 0.1 + 0.2}


class TestPiles:
    def dots(self, shares) -> dict[str, tuple[float, float]]:
        root = parsed(piles(shares, None, "points", "t", "d"))
        return {dot.find("title").text: (per_cent(dot, "cx"), float(dot.get("cy"))) for dot in root.iter("circle")}

    def test_a_dot_for_each_student_in_their_twentieth(self) -> None:
        places = {student: round(x * 21 / 100 - 0.5) for student, (x, _) in self.dots(SHARES).items()}
        assert places == {"student-01": 20, "student-02": 0, "student-03": 12, "student-04": 12, "student-05": 6}

    def test_dots_do_not_hide_each_other(self) -> None:
        crowd = {f"student-{number:02d}": 0.9 for number in range(14)}
        places = list(self.dots(crowd).values())
        assert len(set(places)) == 14
        assert all(y > 0 for _, y in places)

    def test_a_crowd_becomes_bars_with_numbers(self) -> None:
        crowd = {f"student-{number:03d}": 0.9 if number < 200 else 0.2 for number in range(300)}
        plot = piles(crowd, 0.9, "points", "t", "d")
        assert not list(parsed(plot).iter("circle"))
        small, tall = (float(bar.get("height")) for bar in drawn(plot, "rect", "value"))
        assert tall / small == pytest.approx(2)
        assert {"100", "200"} <= {text.text for text in parsed(plot).iter("text")}

    def test_the_median_is_where_the_axis_says(self) -> None:
        plot = piles(SHARES, 0.6, "points", "t", "d")
        (line,) = drawn(plot, "line", "median")
        (tick,) = (text for text in parsed(plot).iter("text") if text.text == "60 %")
        assert per_cent(line, "x1") == per_cent(tick, "x")

    def test_nobody_is_an_empty_axis(self) -> None:
        assert not list(parsed(piles({}, None, "points", "t", "d")).iter("circle"))


@pytest.mark.parametrize("plot", [bars([Bar(BAD, 0.5, BAD)], "k", BAD, BAD), piles({BAD: 0.5}, 0.5, "k", BAD, BAD)])
def test_no_text_is_trusted(plot) -> None:
    root = parsed(plot)
    assert {element.tag for element in root.iter()} <= {"svg", "title", "desc", "rect", "line", "circle", "text"}
    assert not re.search("[\u202e\x1b]", plot)
    assert any(element.text and "<script>" in element.text for element in root.iter())
