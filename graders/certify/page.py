"""A certificate and a transcript as pages that stand alone; the certificate's verifies itself in the browser."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from functools import cache

from jinja2 import Environment
from markupsafe import Markup

from graders.certify.enclosure import Standard
from graders.certify.facts import Facts
from graders.certify.issue import Certificate, Outcome
from graders.errors import UsageError
from graders.pages import environment, folder
from graders.scoring import amount


def certificate_page(one: Certificate, facts: Facts) -> str:
    """The page of a certificate.

    Parameters
    ----------
    one : Certificate
        To show.
    facts : Facts
        Of it.

    Returns
    -------
    str
        HTML with the credential and its evidence in it.
    """
    script = (folder("certificate") / "verifier.js").read_text(encoding="utf-8")
    hashed = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        _environment()
        .get_template("certificate.html.j2")
        .render(
            credential=one.credential,
            student=one.student,
            facts=facts,
            qr=Markup(facts.qr.replace("<svg ", '<svg role="img" ', 1)),  # noqa: S704  segno's own markup
            script=Markup(script),  # noqa: S704  our own file
            script_hash=f"sha256-{hashed}",
            credential_json=_embedded(json.dumps(dict(one.credential), ensure_ascii=False, sort_keys=True)),
            enclosed_json=_embedded(one.enclosed.decode()),
        )
    )


def transcript_page(outcome: Outcome, standard: Standard) -> str:
    """The page of a student's standing.

    Parameters
    ----------
    outcome : Outcome
        What was decided about whom.
    standard : Standard
        By what.

    Returns
    -------
    str
        HTML.
    """
    rounds = [
        {"evidence": one, "rubric": standard.rubrics[one.rubric]}
        for one in outcome.evidence.rounds
        if one.rubric in standard.rubrics
    ]
    template = _environment().get_template("transcript.html.j2")
    return template.render(evidence=outcome.evidence, decision=outcome.decision, rule=standard.rule, rounds=rounds)


def embedded(page: bytes) -> tuple[bytes, bytes]:
    """The credential and the evidence that lie in such a page.

    Parameters
    ----------
    page : bytes
        Of a certificate.

    Returns
    -------
    (bytes, bytes)

    Raises
    ------
    UsageError
        If there is none in it, or several.
    """
    found = []
    for name in (b"credential", b"enclosed"):
        parts = re.findall(rb'<script type="application/json" id="%s">(.*?)</script>' % name, page, re.DOTALL)
        if len(parts) != 1:
            raise UsageError(f"a page of a certificate holds one {name.decode()}, found {len(parts)}")
        found.append(parts[0].replace(b"\\u003c", b"<"))
    return found[0], found[1]


def _embedded(text: str) -> Markup:
    """JSON inside a script element: no text in it can end the element. The digest of the evidence is of its text, so
    nothing else of it may change; none of ours has a `<`.
    """
    return Markup(text.replace("<", "\\u003c"))  # noqa: S704  see above


@cache
def _environment() -> Environment:
    return environment("certificate", "reports", points=amount)
