"""The panel's pages as a browser without script uses them: come in once, declare, read, score, seal."""

from __future__ import annotations

import re
import warnings

import pytest

from graders.panel import records
from graders.panel.packet import Packet, Section, keep
from graders.panel.web import application
from graders.panel.web.entry import issue
from tests.panel import panels
from tests.panel.panels import CANDIDATE, CHAIR, CRITERIA, RATERS

with warnings.catch_warnings():  # it asks for httpx2, and works with the httpx that is locked
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient


def browser(desk):
    return TestClient(application(desk, hosts=("testserver",)), follow_redirects=True)


def come_in(desk, rater):
    client = browser(desk)
    answer = client.post(f"/enter/{issue(desk, rater, 1)}")
    assert answer.status_code == 200
    return client


def csrf(page):
    return re.search(r'name="csrf" value="([0-9a-f]{64})"', page.text)[1]


def sent(client, address, **fields):
    return client.post(address, data={"csrf": csrf(client.get("/")), **fields})


@pytest.fixture
def case(desk):
    return panels.qualified(desk)


@pytest.fixture
def rater(desk, case):
    return come_in(desk, "rater-1")


def levels(level="3"):
    return {f"level-{id_}": level for id_ in CRITERIA} | {f"comment-{id_}": f"seen in S{id_[1:]}" for id_ in CRITERIA}


def test_a_link_lets_in_once(desk, case):
    token = issue(desk, "rater-1", 1)
    client = browser(desk)
    assert "Come in" in client.get(f"/enter/{token}").text, "a look does not use it up"
    assert case.pseudonym in client.post(f"/enter/{token}").text
    again = browser(desk).post(f"/enter/{token}")
    assert again.status_code == 403
    assert "used already" in again.text
    body = desk.ledger.entries("rater-1", [records.LINK_ISSUED])[-1].body
    assert token not in str(body)


@pytest.mark.parametrize("token", ["x", "x.y", "a" * 43 + "." + "0" * 64, "ä.ö"])
def test_a_guess_does_not(desk, token):
    assert browser(desk).post(f"/enter/{token}").status_code == 403
    assert desk.ledger.entries() == ()


def test_an_old_link_does_not(desk):
    assert "too old" in browser(desk).post(f"/enter/{issue(desk, 'rater-1', -1)}").text


def test_nothing_is_shown_to_who_has_not_come_in(desk, case):
    for path in ("/", f"/case/{case.pseudonym}", f"/case/{case.pseudonym}/packet", f"/case/{case.pseudonym}/score"):
        answer = browser(desk).get(path)
        assert answer.status_code == 403
        assert case.pseudonym not in answer.text


def test_who_does_not_sit_there_sees_nothing(desk, case):
    stranger = come_in(desk, "rater-6")
    assert stranger.get(f"/case/{case.pseudonym}/packet").status_code == 409
    assert case.pseudonym not in stranger.get("/").text


def test_every_form_brings_its_own_token_back(desk, case, rater):
    for given in ({}, {"csrf": "0" * 64}, {"csrf": csrf(come_in(desk, "rater-2").get("/"))}):
        answer = rater.post(f"/case/{case.pseudonym}/score", data={**levels(), **given})
        assert answer.status_code == 403
    assert desk.store.draft(CANDIDATE, "document", "rater-1") == ("", {})


def test_answers_say_what_a_browser_must_not_do(desk, rater):
    answer = rater.get("/")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    assert rater.get("/", headers={"host": "evil.example"}).status_code == 400
    assert rater.get("/own/base.html.j2").status_code == 404
    assert rater.post("/leave", content=b"x" * 1_000_001).status_code == 413
    cookie = browser(desk).post(f"/enter/{issue(desk, 'rater-2', 1)}", follow_redirects=False).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie


def test_scores_go_from_draft_to_seal(desk, case, rater):
    address = f"/case/{case.pseudonym}"
    page = sent(rater, f"{address}/score", **{"level-C4": "2", "comment-C4": "bytes close", "then": "save"})
    assert re.search(r'id="C4-2" value="2" checked', page.text), "the draft is there again"
    assert "bytes close" in page.text
    assert desk.ledger.entries(kinds=[records.SEALED]) == ()
    short = sent(rater, f"{address}/score", **{"level-C4": "1", "then": "check"})
    assert short.status_code == 422
    assert "level 1 needs a comment" in short.text
    assert "a level is missing" in short.text
    look = sent(rater, f"{address}/score", **levels(), then="check")
    assert "Look over" in look.text
    assert not re.search(r"\btotal\b|\b75\b", re.sub(r"<[^>]*>", " ", look.text)), "no total is shown"
    done = sent(rater, f"{address}/seal")
    (entry,) = desk.ledger.entries(kinds=[records.SEALED])
    assert entry.body["commitment"] in done.text
    assert entry.body["began"], "time on task is known"
    assert desk.store.opening(entry.body["commitment"]).said["levels"] == dict.fromkeys(CRITERIA, 3)
    assert sent(rater, f"{address}/seal").status_code == 409, "once"
    assert sent(rater, f"{address}/score", **levels("4"), then="check").status_code == 409


def test_criteria_come_in_the_raters_own_order(desk, case, rater):
    page = rater.get(f"/case/{case.pseudonym}/score").text
    assert tuple(re.findall(r'<fieldset id="(C\d+)"', page)) == desk.order(case, "rater-1")


def test_nobody_sees_anothers_scores_before_the_reveal(desk, case, rater):
    for name in RATERS[1:]:
        desk.seal(panels.scores(desk, case, name))
    for page in ("", "/packet", "/score"):
        assert "seen by" not in rater.get(f"/case/{case.pseudonym}{page}").text
    desk.seal(panels.scores(desk, case, "rater-1"))
    assert "seen by" not in rater.get(f"/case/{case.pseudonym}").text
    desk.reveal(CANDIDATE)
    shown = rater.get(f"/case/{case.pseudonym}").text
    assert shown.count("seen by rater-2") == len(CRITERIA)
    assert CANDIDATE not in shown


def test_conflicts_are_declared_before_the_work_is_shown(desk):
    panels.calibrate_all(desk)
    desk.open_case(CANDIDATE, panels.packet(desk.course), [])
    case = desk.assign(CANDIDATE, RATERS, CHAIR)
    client = come_in(desk, "rater-1")
    address = f"/case/{case.pseudonym}"
    assert client.get(f"{address}/packet").status_code == 409
    assert sent(client, f"{address}/conflicts", conflict="some").status_code == 422
    assert sent(client, f"{address}/conflicts").status_code == 422
    assert "Read the work" in sent(client, f"{address}/conflicts", conflict="none").text
    other = come_in(desk, "rater-2")
    sent(other, f"{address}/conflicts", conflict="some", text="a friend")
    assert other.get(f"{address}/packet").status_code == 409
    assert desk.case(CANDIDATE).seat("rater-2").conflict == "a friend"


def test_a_candidates_markup_is_text(desk):
    attempt = "<script>alert(1)</script><img src=x onerror=alert(1)> [x](javascript:alert(1)) ![p](http://192.0.2.1/x)"
    packet = Packet(panels.pseudonym(desk.course.secret, CANDIDATE), attempt, (Section("S1", attempt, attempt),))
    panels.calibrate_all(desk)
    keep(desk.course, packet)
    desk.open_case(CANDIDATE, packet, [])
    case = desk.assign(CANDIDATE, RATERS, CHAIR)
    desk.declare(CANDIDATE, "rater-1", "")
    page = come_in(desk, "rater-1").get(f"/case/{case.pseudonym}/packet").text
    assert "<script" not in page
    assert not re.search(r"<(img|iframe)|href=.javascript|<[^>]*\bonerror=", page)


def test_who_leaves_is_out(desk, rater):
    sent(rater, "/leave")
    assert rater.get("/").status_code == 403
