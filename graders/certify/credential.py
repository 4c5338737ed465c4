"""The certificate: an Open Badges 3.0 credential with the rubric's levels in it, and two proofs.

Source: 1EdTech, Open Badges Specification 3.0 (OpenBadgeCredential, ResultDescription, RubricCriterionLevel); W3C,
Verifiable Credentials Data Model 2.0; Data Integrity EdDSA Cryptosuites v1.0.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graders.certify import jcs, rdfc
from graders.certify.keys import Signer
from graders.certify.records import Evidence, RoundEvidence
from graders.rubrics import Rubric, Rule

CONTEXTS = (
    "https://www.w3.org/ns/credentials/v2",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
    # names the kind of schema below, which otherwise would not be among the signed statements
    "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json",
)
_SCHEMA = "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_achievementcredential_schema.json"


@dataclass(frozen=True, slots=True)
class Papers:
    """What a certificate is made from.

    Attributes
    ----------
    id : str
        `urn:uuid:...`.
    evidence : Evidence
    enclosed : str
        SHA-256 of the file that holds the evidence, the rule and the rubrics.
    salt : str
        With which the student's id is hashed.
    status_list : str
        Id of the status list.
    status_index : int
        The certificate's place in it.
    issued : str
        When, UTC, as ISO 8601 to the second.
    """

    id: str
    evidence: Evidence
    enclosed: str
    salt: str
    status_list: str
    status_index: int
    issued: str


def credential(rule: Rule, rubrics: Mapping[str, Rubric], papers: Papers, signer: Signer) -> dict[str, Any]:
    """Make and sign a certificate.

    Parameters
    ----------
    rule : Rule
        What it certifies.
    rubrics : mapping of str to Rubric
        Those that the rule names.
    papers : Papers
        Whose it is, and what it rests on.
    signer : Signer
        Who issues it.

    Returns
    -------
    dict of str to Any
        With both proofs.
    """
    document = _document(rule, rubrics, papers, signer)
    return document | {"proof": proofs(document, signer, papers.issued)}


def proofs(document: Mapping[str, Any], signer: Signer, created: str) -> list[dict[str, Any]]:
    """Both proofs of a document: over its statements, which Open Badges demands, and over its every byte.

    Parameters
    ----------
    document : mapping of str to Any
        Without proofs.
    signer : Signer
        Who signs.
    created : str
        When, UTC.

    Returns
    -------
    list of dict
    """
    method = signer.profile.current.method
    return [suite.sign(document, signer.private, method, created) for suite in (rdfc, jcs)]


def recipient(student: str, salt: str) -> dict[str, Any]:
    """A student's id, hashed: only who knows the id can tell that the certificate is theirs.

    Parameters
    ----------
    student, salt : str
        The id and what it is hashed with.

    Returns
    -------
    dict of str to Any
        An IdentityObject.
    """
    return {
        "type": "IdentityObject",
        "identityHash": "sha256$" + hashlib.sha256(f"{student}{salt}".encode()).hexdigest(),
        "identityType": "systemId",
        "hashed": True,
        "salt": salt,
    }


def _document(rule: Rule, rubrics: Mapping[str, Rubric], papers: Papers, signer: Signer) -> dict[str, Any]:
    profile, key = signer.profile, signer.profile.current
    issuer: dict[str, Any] = {"id": key.did, "type": ["Profile"], "name": profile.name}
    described, results = _described(rule, rubrics, papers)
    return {
        "@context": list(CONTEXTS),
        "id": papers.id,
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": rule.title,
        "issuer": issuer | ({"url": profile.url} if profile.url else {}),
        "validFrom": papers.issued,
        "credentialSubject": {
            "type": ["AchievementSubject"],
            "identifier": [recipient(papers.evidence.student, papers.salt)],
            "narrative": _conditions(papers.evidence),
            "result": results,
            "achievement": {
                "id": f"urn:sha256:{rule.digest}",
                "type": ["Achievement"],
                "achievementType": "Certification",
                "name": rule.title,
                "description": f"{rule.title}, by rule {rule.id} {rule.version}.",
                "criteria": {"narrative": rule.about},
                "resultDescription": described,
            },
        },
        "evidence": list(_evidence(papers)),
        "credentialStatus": {
            "id": f"{papers.status_list}#{papers.status_index}",
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": str(papers.status_index),
            "statusListCredential": papers.status_list,
        },
        "credentialSchema": [{"id": _SCHEMA, "type": "1EdTechJsonSchemaValidator2019"}],
    }


def _conditions(evidence: Evidence) -> str:
    """Under which conditions it was earned; of accommodations nothing is told."""
    proctored = sorted({one.about for one in evidence.circumstances if one.what == "proctored"})
    told = f"Proctored: {', '.join(proctored)}." if proctored else "Not proctored."
    resits = sorted({one.about for one in evidence.circumstances if one.what == "resit"})
    again = f" Taken again: {', '.join(resits)}." if resits else ""
    versions = ", ".join(f"{name} {version}" for name, version in sorted(evidence.versions.items()))
    return f"{told} Of several attempts the {evidence.attempts} one counts.{again} Assessed with {versions}."


def _described(
    rule: Rule, rubrics: Mapping[str, Rubric], papers: Papers
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What is measured, and what was reached: modules in percent, criteria in levels."""
    described, results = [], []
    modules = {one.module: one for one in papers.evidence.modules}
    for slug in rule.modules:
        one, id_ = modules[slug], f"{papers.id}:{slug}"
        described.append(
            {
                "id": id_,
                "type": ["ResultDescription"],
                "name": one.title,
                "resultType": "Percent",
                "valueMin": "0",
                "valueMax": "100",
            }
        )
        share = 100 * one.points / one.max_points
        results.append({"type": ["Result"], "resultDescription": id_, "status": "Completed", "value": f"{share:.1f}"})
    for name in rule.rubrics:
        found = next(one for one in reversed(papers.evidence.rounds) if one.rubric == name)
        for criterion in _criteria(papers.id, rubrics[name], found):
            described.append(criterion[0])
            results.append(criterion[1])
    return described, results


def _criteria(id_: str, rubric: Rubric, found: RoundEvidence) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for one in rubric.criteria:
        here = f"{id_}:{rubric.id}:{one.id}"
        levels = [
            {
                "id": f"{here}:{number}",
                "type": ["RubricCriterionLevel"],
                "name": level.name,
                "level": str(number),
                "points": f"{one.weight * number / (len(one.levels) - 1):g}",
                "description": level.says,
            }
            for number, level in enumerate(one.levels)
        ]
        description = {
            "id": here,
            "type": ["ResultDescription"],
            "name": f"{one.id} {one.title}",
            "resultType": "RubricCriterionLevel",
            "rubricCriterionLevel": levels,
        }
        if one.floor:
            description["requiredLevel"] = f"{here}:{one.floor}"
        level = found.levels[one.id]
        reached = {"resultDescription": here, "achievedLevel": f"{here}:{math.floor(level)}", "value": f"{level:g}"}
        yield description, {"type": ["Result"], **reached}


def _evidence(papers: Papers) -> Iterator[dict[str, Any]]:
    yield {
        "id": f"urn:sha256:{papers.enclosed}",
        "type": ["Evidence"],
        "name": "Evidence, rule and rubrics",
        "description": "SHA-256 of the file from which anyone can derive the decision again.",
    }
    named: dict[str, str] = {}
    for one in papers.evidence.rounds:
        named.setdefault(one.work, "Architecture document that was scored")
        named.setdefault(one.log_head, f"Ledger entry of the panel's decision by rubric {one.rubric}")
    for digest, name in named.items():
        yield {"id": f"urn:sha256:{digest}", "type": ["Evidence"], "name": name}
