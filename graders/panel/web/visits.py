"""What each page does: a visit by somebody who has come in, to a case on whose panel they sit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.responses import HTMLResponse, RedirectResponse, Response

from graders.errors import UsageError
from graders.panel import packet as packets
from graders.panel.desk import Desk
from graders.panel.pages import render
from graders.panel.records import Case, Scores, Seat, Stage
from graders.panel.scoring import problems
from graders.panel.web.entry import Session
from graders.rubrics import Criterion, Rubric

_NONE = "none"


@dataclass(frozen=True, slots=True)
class Visit:
    """A request by somebody who has come in.

    Attributes
    ----------
    desk : Desk
    who : Session
    name : str
        Pseudonym of the case that it is about; empty where it is about none.
    form : mapping of str to str
        What was sent.
    """

    desk: Desk
    who: Session
    name: str
    form: Mapping[str, str]

    def page(self, template: str, status: int = 200, **values: object) -> HTMLResponse:
        """A page for this reviewer."""
        return HTMLResponse(render(template, rater=self.who.rater, csrf=self.who.csrf, **values), status)

    def seated(self) -> tuple[Case, Seat]:
        """The case and the reviewer's seat; a case of others is as if there were none."""
        case = next((one for one in self.desk.cases() if one.pseudonym == self.name), None)
        seat = case.seat(self.who.rater) if case else None
        if case is None or seat is None:
            raise UsageError("you do not sit on this panel", do="Go to the list of your cases.")
        return case, seat


@dataclass(frozen=True, slots=True)
class Line:
    """A criterion on the scoring page.

    Attributes
    ----------
    criterion : Criterion
    level : int or None
        Chosen so far.
    comment, problem : str
    """

    criterion: Criterion
    level: int | None
    comment: str
    problem: str


def desk_of(visit: Visit) -> Response:
    """Where the reviewer sits, and what is to do."""
    seated = [(case, seat) for case in visit.desk.cases() if (seat := case.seat(visit.who.rater)) is not None]
    seated.sort(key=lambda one: one[1].seed)  # the reviewer's own order, recorded with its seed in the ledger
    return visit.page("desk.html.j2", rows=[(case, _to_do(case, seat)) for case, seat in seated])


def _to_do(case: Case, seat: Seat) -> str:
    if not seat.declared:
        return "Say whether there is a conflict of interest."
    if seat.conflict:
        return "Nothing: you declared a conflict."
    if case.chair and case.chair.rater == seat.rater:
        return "Lead the moderation." if case.stage is Stage.REVEALED else "Nothing now: you lead this panel."
    if seat.rater in case.current.seals:
        shown = bool(case.current.scores)
        return "Read what all have scored." if shown else "Nothing: your scores are sealed, others have not finished."
    if case.stage is Stage.QUALIFIED:
        return f"Score the {case.round}."
    return "Wait for the others' declarations and calibrations."


def case(visit: Visit) -> Response:
    """One case: declare, or go on to read and score; after the reveal, what all have scored."""
    found, seat = visit.seated()
    shown = found.current.scores if seat.rater in found.current.seals or _leads(found, seat) else {}
    names = {one.rater: one.pseudonym for one in found.seats}
    return visit.page(
        "case.html.j2",
        case=found,
        seat=seat,
        to_do=_to_do(found, seat),
        scoring=_may_score(found, seat),
        rubric=visit.desk.rubric(found.current.rubric),
        scores={"you" if rater == seat.rater else names[rater]: one for rater, one in shown.items()},
        apart=found.current.discrepancies if shown else (),
    )


def declare(visit: Visit) -> Response:
    """Keep what the reviewer says about conflicts."""
    found, seat = visit.seated()
    said = visit.form.get("text", "").strip()
    choice = visit.form.get("conflict", "")
    if choice not in (_NONE, "some") or (choice == "some" and not said):
        told = "Say what the conflict is." if choice == "some" else "Choose one of the two."
        return visit.page("case.html.j2", 422, **_undeclared(visit, found, seat), problem=told)
    visit.desk.declare(found.candidate, seat.rater, "" if choice == _NONE else said)
    return RedirectResponse(f"/case/{found.pseudonym}", 303)


def _undeclared(visit: Visit, found: Case, seat: Seat) -> dict[str, object]:
    rubric = visit.desk.rubric(found.current.rubric)
    said = {"case": found, "seat": seat, "to_do": _to_do(found, seat), "scoring": False}
    return {**said, "rubric": rubric, "scores": {}, "apart": ()}


def packet(visit: Visit) -> Response:
    """What is to be read; not before conflicts are declared."""
    found, seat = visit.seated()
    if not seat.declared or seat.conflict:
        raise UsageError("the work is shown to those who have no conflict of interest", do="Declare first.")
    read = packets.load(visit.desk.course, found.work)
    return visit.page("packet.html.j2", packet=read, case=found, style="")


def score(visit: Visit) -> Response:
    """The scoring page; what is sent is kept as a draft, whole or not."""
    found, seat = visit.seated()
    _refuse(found, seat)
    rubric = visit.desk.rubric(found.current.rubric)
    if not visit.form:
        if not visit.desk.store.draft(found.candidate, found.round, seat.rater)[0]:
            visit.desk.store.save_draft(found.candidate, found.round, seat.rater, {}, _now())
        return _scoring(visit, found, rubric, {}, 200)
    levels = {one.id: visit.form[f"level-{one.id}"] for one in rubric.criteria if f"level-{one.id}" in visit.form}
    comments = {one.id: _plain(visit.form.get(f"comment-{one.id}", "")) for one in rubric.criteria}
    chosen = {id_: int(level) for id_, level in levels.items() if level in ("0", "1", "2", "3", "4")}
    said = {
        "levels": chosen,
        "comments": comments,
        "remark": _plain(visit.form.get("remark", "")),
    }
    visit.desk.store.save_draft(found.candidate, found.round, seat.rater, said, _now())
    if visit.form.get("then") != "check":
        return RedirectResponse(f"/case/{found.pseudonym}/score?kept", 303)
    wrong = problems(rubric, {**dict.fromkeys(one.id for one in rubric.criteria), **chosen}, comments)
    if wrong:
        return _scoring(visit, found, rubric, wrong, 422)
    return RedirectResponse(f"/case/{found.pseudonym}/check", 303)


def _scoring(visit: Visit, found: Case, rubric: Rubric, wrong: Mapping[str, str], status: int) -> Response:
    began, draft = visit.desk.store.draft(found.candidate, found.round, visit.who.rater)
    levels, comments = draft.get("levels", {}), draft.get("comments", {})
    lines = [
        Line(rubric.criterion(id_), levels.get(id_), comments.get(id_, ""), wrong.get(id_, ""))
        for id_ in visit.desk.order(found, visit.who.rater)
    ]
    return visit.page(
        "score.html.j2",
        status,
        case=found,
        rubric=rubric,
        lines=lines,
        remark=draft.get("remark", ""),
        open=sum(one.level is None for one in lines),
        wrong=wrong,
        began=began,
    )


def check(visit: Visit) -> Response:
    """A last look before sealing: every level, no total."""
    found, seat = visit.seated()
    _refuse(found, seat)
    scores, _ = _scores(visit, found, seat)
    return visit.page("check.html.j2", case=found, scores=scores, rubric=visit.desk.rubric(found.current.rubric))


def seal(visit: Visit) -> Response:
    """Seal what the draft says."""
    found, seat = visit.seated()
    _refuse(found, seat)
    scores, began = _scores(visit, found, seat)
    _, opening = visit.desk.seal(scores, began=began)
    return visit.page("sealed.html.j2", case=found, commitment=opening.commitment)


def leave(visit: Visit) -> Response:
    """End the session."""
    visit.desk.store.end_session(visit.who.digest)
    return HTMLResponse(render("problem.html.j2", said="You have left.", do="Another link lets you in again."))


def _scores(visit: Visit, found: Case, seat: Seat) -> tuple[Scores, str]:
    """Whole scores of a draft, and when it was begun."""
    rubric = visit.desk.rubric(found.current.rubric)
    began, draft = visit.desk.store.draft(found.candidate, found.round, seat.rater)
    levels, comments = draft.get("levels", {}), draft.get("comments", {})
    if problems(rubric, {**dict.fromkeys(one.id for one in rubric.criteria), **levels}, comments):
        raise UsageError("the scores are not whole", do="Go back to the scoring page: it says what is missing.")
    said = {id_: text for id_, text in comments.items() if text}
    whole = Scores(found.pseudonym, found.round, seat.rater, rubric.digest, levels, said, draft.get("remark", ""))
    return whole, began


def _may_score(found: Case, seat: Seat) -> bool:
    rater = seat.rater in found.current.raters
    return found.stage is Stage.QUALIFIED and rater and seat.rater not in found.current.seals


def _refuse(found: Case, seat: Seat) -> None:
    if seat.rater in found.current.seals:
        raise UsageError("your scores are sealed: they stay as they are", do="Go to the list of your cases.")
    if not _may_score(found, seat):
        raise UsageError(f"there is nothing to score now: the case is {found.stage}", do="Go to your cases.")


def _leads(found: Case, seat: Seat) -> bool:
    return found.chair is not None and found.chair.rater == seat.rater


def _plain(said: str) -> str:
    return said.replace("\r\n", "\n").strip()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
