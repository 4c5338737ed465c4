"""What the office hands out, as files: certificates and transcripts, the status list, the issuer's profile.

::

    certificates/issuer.json          the profile: publish it where people trust it, apart from the certificates
    certificates/status-list.json     signed: what is revoked as of now
    certificates/<student>/           transcript.html; and credential.json, evidence.json, certificate.html and .pdf
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from graders.certify.enclosure import Standard
from graders.certify.facts import facts_of
from graders.certify.issue import Certificate, Outcome, current_status_list
from graders.certify.keys import PROFILE, Signer
from graders.certify.page import certificate_page, transcript_page
from graders.certify.paper import certificate_pdf
from graders.certify.workers import side_by_side
from graders.course import Course, files
from graders.ledger import Ledger

FOLDER = "certificates"
STATUS_LIST, CREDENTIAL, EVIDENCE = "status-list.json", "credential.json", "evidence.json"
PAGE, PDF, TRANSCRIPT = "certificate.html", "certificate.pdf", "transcript.html"


def write(course: Course, standard: Standard, outcomes: Sequence[Outcome], workers: int = 1) -> tuple[Path, ...]:
    """Write each student's papers; what is there already and says the same stays as it is.

    Parameters
    ----------
    course : Course
        Whose students they are.
    standard : Standard
        By what was decided.
    outcomes : sequence of Outcome
        What was decided.
    workers : int
        Processes that write side by side.

    Returns
    -------
    tuple of Path
        A folder for each student.
    """
    with side_by_side(len(outcomes), workers) as mapped:
        return tuple(mapped(partial(_written, course.root, standard), outcomes))


def _written(root: Path, standard: Standard, one: Outcome) -> Path:
    folder = root / FOLDER / one.student
    papers = {TRANSCRIPT: transcript_page(one, standard).encode()}
    if one.certificate is not None:
        papers |= _papers(one.certificate)
    for name, content in papers.items():
        path = folder / name
        if not path.is_file() or path.read_bytes() != content:
            files.write(root, path, content)
    return folder


def write_status(course: Course, ledger: Ledger, signer: Signer) -> Path:
    """Write what others need beside a certificate: the list of what is revoked, and the issuer's profile.

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
    Path
        Of the list.
    """
    folder = course.root / FOLDER
    files.write(course.root, folder / PROFILE, (course.root / PROFILE).read_bytes())
    files.write(course.root, folder / STATUS_LIST, _json(current_status_list(course, ledger, signer)))
    return folder / STATUS_LIST


def _papers(one: Certificate) -> dict[str, bytes]:
    facts = facts_of(one)
    return {
        CREDENTIAL: _json(one.credential),
        EVIDENCE: one.enclosed,
        PAGE: certificate_page(one, facts).encode(),
        PDF: certificate_pdf(one, facts),
    }


def _json(said: Mapping[str, Any]) -> bytes:
    return (json.dumps(dict(said), indent=1, ensure_ascii=False, sort_keys=True) + "\n").encode()
