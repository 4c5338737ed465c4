"""A certificate and a transcript as pages that stand alone; the certificate's verifies itself in the browser."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import math
import re
from functools import cache
from typing import Any

import segno
from jinja2 import Environment
from markupsafe import Markup

from graders.certify.enclosure import Standard, open_enclosed
from graders.certify.issue import Certificate, Outcome
from graders.errors import UsageError
from graders.ledger import digest_of
from graders.pages import environment, folder
from graders.scoring import amount


def certificate_page(one: Certificate) -> str:
    """The page of a certificate.

    Parameters
    ----------
    one : Certificate
        To show.

    Returns
    -------
    str
        HTML with the credential and its evidence in it.
    """
    standard, _ = open_enclosed(one.enclosed, one.id)
    script = (folder("certificate") / "verifier.js").read_text(encoding="utf-8")
    results = one.credential["credentialSubject"]["result"]
    names = {
        said["id"]: said["name"] for said in one.credential["credentialSubject"]["achievement"]["resultDescription"]
    }
    places = {said["resultDescription"].removeprefix(f"{one.id}:"): place for place, said in enumerate(results)}
    shown = {
        slug: {"name": names[f"{one.id}:{slug}"], "place": place, "value": results[place]["value"]}
        for slug, place in places.items()
    }
    hashed = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        _environment()
        .get_template("certificate.html.j2")
        .render(
            credential=one.credential,
            student=one.student,
            modules=[shown[slug] for slug in standard.rule.modules],
            rubrics=list(_rubrics(standard, shown)),
            qr=_qr(one),
            fingerprint=fingerprint(one),
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


def fingerprint(one: Certificate) -> str:
    """SHA-256 of the signed credential's canonical text: what paper can show."""
    return digest_of(dict(one.credential))


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


def _rubrics(standard: Standard, shown: dict[str, Any]) -> Any:
    for rubric in standard.rubrics.values():
        criteria = []
        for one in rubric.criteria:
            reached = shown[f"{rubric.id}:{one.id}"]
            level = one.levels[math.floor(float(reached["value"]))]
            criteria.append(reached | {"level": level.name, "says": level.says})
        yield {"id": rubric.id, "title": rubric.title, "criteria": criteria}


def _qr(one: Certificate) -> Markup:
    out = io.BytesIO()
    code = segno.make(f"{one.id} sha256:{fingerprint(one)}", error="m", micro=False)
    code.save(out, kind="svg", xmldecl=False, svgns=True, nl=False, title="Certificate's id and fingerprint", scale=4)
    return Markup(out.getvalue().decode().replace("<svg ", '<svg role="img" ', 1))  # noqa: S704  segno's own markup


@cache
def _environment() -> Environment:
    return environment("certificate", "reports", points=amount)
