"""What a reviewer reads: all of it by pseudonym, and questions that only the author of the answers finds easy."""

from __future__ import annotations

import json

import pytest

from graders.errors import GradebookError
from graders.panel.packet import Packet, Section, keep, load, scrubbed, sections
from graders.panel.questions import Answer, draw_questions
from graders.panel.records import Finding
from tests.panel import panels

CODE = """
def kv_cache_bytes(layers, heads, head_dim, tokens):
    if tokens > 4096:
        tokens = min(tokens, window)
    return 2 * layers * heads * head_dim * tokens * 0.125 / 8
"""
ANSWERS = (
    Answer("m05_kv_cache_bytes", "A KV cache", "code", CODE),
    Answer("m05_batch", "A batch", "value", "batch = 37"),
    Answer("m08_defence", "Defend it", "text", "We hedge after 95 ms. It costs little. Nobody would see it otherwise."),
    Answer("m01_cpi", "CPI", "code", "def broken(:"),
    Answer("m01_stack", "A stack", "code", "\n".join(f"x{n} = {n} / 7" for n in range(50))),
)


def test_questions_quote_the_candidates_own_words():
    drawn = draw_questions(ANSWERS, "seed", 10)
    said = {one.exercise: one.said for one in ANSWERS}
    assert len(drawn) == 4, "one an answer; what is no Python is not asked about"
    assert all(one.quote in said[one.exercise] for one in drawn)
    assert {one.criterion for one in drawn} <= {"D1", "D2", "D3", "D4"}
    assert [one.exercise.partition("_")[0] for one in drawn[:3]] != ["m05", "m05", "m05"], "spread over modules"
    assert len({one.exercise.partition("_")[0] for one in drawn[:3]}) == 3


def test_every_kind_of_question_is_asked():
    code, asked = [], set()
    code = [ANSWERS[0]]
    for number in range(60):
        asked |= {(one.quote, one.asks.split()[0]) for one in draw_questions(code, f"seed {number}", 1)}
    quotes = {quote for quote, _ in asked}
    assert "if tokens > 4096:" in quotes
    assert "tokens = min(tokens, window)" in quotes
    assert "return 2 * layers * heads * head_dim * tokens * 0.125 / 8" in quotes
    assert {word for _, word in asked} == {"Where", "Give", "What"}


def test_the_draw_depends_on_the_seed_alone():
    assert draw_questions(ANSWERS, "a", 3) == draw_questions(tuple(reversed(ANSWERS)), "a", 3)
    assert len({draw_questions(ANSWERS, str(n), 1) for n in range(30)}) > 3


@pytest.mark.parametrize("said", ["(" * 5000, "x = " + "-" * 30_000 + "1", "\0", "a" * 100_000, "'\\d' / 3", ""])
def test_no_answer_breaks_the_draw(said):
    for kind in ("code", "value", "text"):
        draw_questions([Answer("m01_x", "X", kind, said)], "seed", 5)


def test_names_are_scrubbed_wherever_they_stand():
    packet = Packet(
        "candidate-1",
        "Design of student-01",
        (Section("S1", "By Student-01", "student-01's cluster; student-011 is somebody else; Ada L."),),
        (Finding("x", "minor", "S1", "a.b", "student-01 claims 3"),),
    )
    plain = scrubbed(packet, ["student-01", "Ada L.", ""])
    assert plain.title == "Design of candidate-1"
    assert plain.sections[0].text.startswith("candidate-1's cluster; student-011 is somebody else")
    assert "Ada" not in plain.sections[0].text
    assert plain.findings[0].message == "candidate-1 claims 3"


def test_a_document_is_taken_apart_by_its_headings():
    title, found = sections("# T\n\nintro\n\n## S0 Summary\ntext\n### deeper\nmore\n## S13. Alternatives\n")
    assert title == "T"
    assert [(one.id, one.title) for one in found] == [("S0", "Summary"), ("S13", "Alternatives")]
    assert found[0].text == "text\n### deeper\nmore"


@pytest.mark.parametrize("change", ["sections", "questions", "byte", "gone"])
def test_a_packet_that_was_changed_is_not_shown(desk, change):
    packet = panels.packet(desk.course)
    keep(desk.course, packet)
    assert load(desk.course, packet.digest) == packet
    path = desk.course.root / "panel" / "packets" / f"{packet.digest}.json"
    said = json.loads(path.read_text())
    if change == "sections":
        said["sections"][0]["text"] += " and more"
    if change == "questions":
        said["questions"] = []
    path.write_text("{" if change == "byte" else json.dumps(said))
    if change == "gone":
        path.unlink()
    with pytest.raises(GradebookError, match="packet"):
        load(desk.course, packet.digest)
