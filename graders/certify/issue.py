"""Certificates are issued: decided, signed, kept in the ledger, and only then written to files.

The ledger's entry is the act. Files are made from it, at once or, after a crash, by the same command again.
"""

from __future__ import annotations

import hmac
import itertools
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from graders.certify import enclosure
from graders.certify.credential import Papers, credential
from graders.certify.enclosure import Standard
from graders.certify.keys import Profile, Signer
from graders.certify.records import Decision, Evidence
from graders.certify.status import free_index, status_list
from graders.certify.workers import side_by_side
from graders.course import Course
from graders.errors import UsageError
from graders.ledger import Entry, Ledger

ISSUED, REVOKED, STANDARD = "certificate issued", "certificate revoked", "standard in force"
_CHUNK = 64


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate as the ledger has it.

    Attributes
    ----------
    student : str
    credential : mapping of str to Any
        Signed.
    enclosed : bytes
        What lies beside it.
    index : int
        Its place in the status list.
    revoked : str
        Why it was revoked; empty where it was not.
    number : int
        Of its entry in the ledger.
    """

    student: str
    credential: Mapping[str, Any]
    enclosed: bytes
    index: int
    revoked: str
    number: int

    @property
    def id(self) -> str:
        """`urn:uuid:...`."""
        return str(self.credential["id"])


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one student's request.

    Attributes
    ----------
    student : str
    decision : Decision
    evidence : Evidence
    certificate : Certificate or None
        Where there is one.
    new : bool
        Whether it was issued just now.
    note : str
        What the office should know: that the evidence has changed since, for example.
    """

    student: str
    decision: Decision
    evidence: Evidence
    certificate: Certificate | None = None
    new: bool = False
    note: str = ""


def issue(
    course: Course,
    ledger: Ledger,
    standard: Standard,
    evidence: Mapping[str, Evidence],
    signer: Signer,
    workers: int = 1,
) -> tuple[Outcome, ...]:
    """Certify every student for whom the rule allows it, once.

    Parameters
    ----------
    course : Course
        Whose students they are.
    ledger : Ledger
        The course's.
    standard : Standard
        By what is decided.
    evidence : mapping of str to Evidence
        Students to look at.
    signer : Signer
        Who issues.
    workers : int
        Processes that sign side by side.

    Returns
    -------
    tuple of Outcome
        One for each student, in their order.
    """
    kept = {one.student: one for one in certificates(ledger) if not one.revoked}
    outcomes, wanted = [], []
    for student, mine in evidence.items():
        decision = standard.decide(mine)
        there = kept.get(student)
        note = "" if there is None or _same(there, mine) else "the evidence has changed since it was issued"
        outcomes.append(Outcome(student, decision, mine, there, note=note))
        if decision.certified and there is None:
            wanted.append(student)
    made = _make(course, ledger, standard, {student: evidence[student] for student in wanted}, signer, workers)
    return tuple(
        Outcome(one.student, one.decision, one.evidence, made[one.student], new=True) if one.student in made else one
        for one in outcomes
    )


def certificates(ledger: Ledger) -> tuple[Certificate, ...]:
    """All that were ever issued, in their order.

    Parameters
    ----------
    ledger : Ledger
        The course's.

    Returns
    -------
    tuple of Certificate
    """
    entries = ledger.entries(kinds=[ISSUED, REVOKED, STANDARD])
    texts = {one.subject: one.body for one in entries if one.kind == STANDARD}
    revoked = {one.body["id"]: one.body["reason"] for one in entries if one.kind == REVOKED}
    return tuple(_certificate(one, texts, revoked) for one in entries if one.kind == ISSUED)


def revoke(ledger: Ledger, id_or_student: str, reason: str, by: str) -> Certificate:
    """Withdraw a certificate.

    Parameters
    ----------
    ledger : Ledger
        The course's.
    id_or_student : str
        Its id, or whose it is.
    reason : str
        Why; the ledger keeps it, the status list does not tell.
    by : str
        Who decides it.

    Returns
    -------
    Certificate

    Raises
    ------
    UsageError
        If there is no such certificate, or it was revoked already, or something is not said.
    """
    if not reason.strip() or not by.strip():
        raise UsageError("a certificate is revoked by somebody, for a reason", do="Give --reason and --by.")
    found = [one for one in certificates(ledger) if id_or_student in (one.id, one.student)]
    if not found:
        raise UsageError(f"no certificate of {id_or_student!r} was issued here")
    one = found[-1]
    if one.revoked:
        raise UsageError(f"{one.id} was revoked already: {one.revoked}")
    ledger.append(REVOKED, one.student, {"id": one.id, "reason": reason, "by": by})
    return one


def current_status_list(course: Course, ledger: Ledger, signer: Signer) -> dict[str, Any]:
    """The signed list of what is revoked now.

    Parameters
    ----------
    course : Course
        Whose.
    ledger : Ledger
        The course's.
    signer : Signer
        Who issues.

    Returns
    -------
    dict of str to Any
    """
    revoked = [one.index for one in certificates(ledger) if one.revoked]
    return status_list(list_id(course, signer), revoked, signer, _now())


def list_id(course: Course, signer: Signer) -> str:
    """What certificates call the course's status list: a place of the office's, if it has one."""
    named = uuid.UUID(bytes=hmac.digest(course.secret, b"id of the status list", "sha256")[:16], version=4)
    return f"{signer.profile.url.rstrip('/')}/status/{named}" if signer.profile.url else f"urn:uuid:{named}"


def _make(
    course: Course,
    ledger: Ledger,
    standard: Standard,
    evidence: Mapping[str, Evidence],
    signer: Signer,
    workers: int,
) -> dict[str, Certificate]:
    made: dict[str, Certificate] = {}
    taken = {one.index for one in certificates(ledger)}
    _keep_standard(ledger, standard)
    papers = []
    for mine in evidence.values():
        papers.append(_papers(course, standard, mine, signer, taken))
        taken.add(papers[-1].status_index)
    with side_by_side(len(papers), workers) as mapped:
        signed = mapped(partial(_signed, standard, signer.profile, signer.pem), papers)
        for start in range(0, len(papers), _CHUNK):
            chunk = papers[start : start + _CHUNK]
            documents = list(itertools.islice(signed, len(chunk)))  # the next are signed while these are written
            with ledger.writing() as write:  # a chunk is kept or not at all: whoever was killed goes on after it
                for one, document in zip(chunk, documents, strict=True):
                    said = {"credential": document, "evidence": enclosure.plain(one.evidence)}
                    entry = write(
                        ISSUED,
                        one.evidence.student,
                        said | {"standard": standard.rule.digest, "index": one.status_index},
                    )
                    made[entry.subject] = _certificate(entry, {standard.rule.digest: dict(standard.texts)}, {})
    return made


def _papers(course: Course, standard: Standard, evidence: Evidence, signer: Signer, taken: set[int]) -> Papers:
    enclosed = enclosure.digest(enclosure.enclose(standard, evidence))
    place = free_index(course.secret, evidence.student, taken)  # never used again, so the name is new each time
    drawn = hmac.digest(course.secret, f"certificate {place}: {enclosed}".encode(), "sha256")
    return Papers(
        uuid.UUID(bytes=drawn[:16], version=4).urn,
        evidence,
        enclosed,
        drawn[16:].hex(),
        list_id(course, signer),
        place,
        _now(),
    )


def _signed(standard: Standard, profile: Profile, pem: bytes, papers: Papers) -> dict[str, Any]:
    """A certificate, in whichever process: a private key travels as text."""
    return credential(standard.rule, standard.rubrics, papers, Signer.of(profile, pem))


def _keep_standard(ledger: Ledger, standard: Standard) -> None:
    known = [one.subject for one in ledger.entries(kinds=[STANDARD])]
    if standard.rule.digest not in known or _texts(ledger, standard.rule.digest) != dict(standard.texts):
        ledger.append(STANDARD, standard.rule.digest, dict(standard.texts))


def _texts(ledger: Ledger, digest: str) -> dict[str, Any]:
    return dict(ledger.entries(digest, kinds=[STANDARD])[-1].body)


def _certificate(one: Entry, texts: Mapping[str, Mapping[str, Any]], revoked: Mapping[str, str]) -> Certificate:
    enclosed = enclosure.written(one.body["evidence"], texts[one.body["standard"]])
    document = one.body["credential"]
    return Certificate(one.subject, document, enclosed, one.body["index"], revoked.get(document["id"], ""), one.number)


def _same(there: Certificate, evidence: Evidence) -> bool:
    return bool(json.loads(there.enclosed)["evidence"] == enclosure.plain(evidence))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
