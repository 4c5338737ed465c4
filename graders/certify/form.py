"""The form of a certificate and of a status list, member by member: nothing else may stand in one, nothing be missing.

What has this form can be read on without a further look at what is there.

Source: 1EdTech, Open Badges Specification 3.0; W3C, Verifiable Credentials Data Model 2.0; Bitstring Status List v1.0.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

Kind = Literal["certificate", "status list"]


def fault(document: Mapping[str, Any], kind: Kind = "certificate") -> str:
    """What is wrong with the form of a document.

    Parameters
    ----------
    document : mapping of str to Any
        As it was read.
    kind : str
        What it is held to be.

    Returns
    -------
    str
        The first member that is not as it must be, and why; empty if all are.
    """
    try:
        (_Certificate if kind == "certificate" else _StatusList).model_validate(dict(document))
    except ValidationError as failure:
        first = failure.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        return f"{field}: {first['msg']}"
    return ""


def moment(text: str) -> datetime:
    """A moment that an issuer wrote; one that says no zone is meant in UTC.

    Parameters
    ----------
    text : str
        As ISO 8601.

    Returns
    -------
    datetime
    """
    read = datetime.fromisoformat(text)
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def _dated(text: str) -> str:
    moment(text)
    return text


_Moment = Annotated[str, AfterValidator(_dated)]
_Key = Annotated[str, Field(pattern=r"^did:key:z6Mk[1-9A-HJ-NP-Za-km-z]{44}$")]
_Digest = Annotated[str, Field(pattern=r"^urn:sha256:[0-9a-f]{64}$")]
_ONE = Field(min_length=1, max_length=1)
_Index = Annotated[str, Field(pattern=r"^(0|[1-9][0-9]{0,8})$")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, alias_generator=to_camel)


class _Proof(_Part):
    type: Literal["DataIntegrityProof"]
    cryptosuite: str
    created: _Moment
    verification_method: str
    proof_purpose: Literal["assertionMethod"]
    proof_value: str
    context: Annotated[list[str] | None, Field(alias="@context")] = None


class _Issuer(_Part):
    id: _Key
    type: Annotated[list[Literal["Profile"]], _ONE]
    name: str
    url: str | None = None


class _Identity(_Part):
    type: Literal["IdentityObject"]
    identity_hash: str
    identity_type: Literal["systemId"]
    hashed: Literal[True]
    salt: str


class _Result(_Part):
    type: Annotated[list[Literal["Result"]], _ONE]
    result_description: str
    value: str
    status: Literal["Completed"] | None = None
    achieved_level: str | None = None


class _Level(_Part):
    id: str
    type: Annotated[list[Literal["RubricCriterionLevel"]], _ONE]
    name: str
    level: str
    points: str
    description: str


class _Description(_Part):
    id: str
    type: Annotated[list[Literal["ResultDescription"]], _ONE]
    name: str
    result_type: Literal["Percent", "RubricCriterionLevel"]
    value_min: str | None = None
    value_max: str | None = None
    required_level: str | None = None
    rubric_criterion_level: list[_Level] | None = None


class _Criteria(_Part):
    narrative: str


class _Achievement(_Part):
    id: _Digest
    type: Annotated[list[Literal["Achievement"]], _ONE]
    achievement_type: Literal["Certification"]
    name: str
    description: str
    criteria: _Criteria
    result_description: list[_Description]


class _Subject(_Part):
    type: Annotated[list[Literal["AchievementSubject"]], _ONE]
    identifier: Annotated[list[_Identity], _ONE]
    narrative: str
    result: list[_Result]
    achievement: _Achievement


class _Evidence(_Part):
    id: _Digest
    type: Annotated[list[Literal["Evidence"]], _ONE]
    name: str
    description: str | None = None


class _Place(_Part):
    id: str
    type: Literal["BitstringStatusListEntry"]
    status_purpose: Literal["revocation"]
    status_list_index: _Index
    status_list_credential: str


class _Schema(_Part):
    id: str
    type: Literal["1EdTechJsonSchemaValidator2019"]


class _Signed(_Part):
    context: Annotated[list[str], Field(alias="@context")]
    id: str
    valid_from: _Moment
    valid_until: _Moment | None = None
    proof: Annotated[list[_Proof], Field(min_length=2, max_length=2)]


class _Certificate(_Signed):
    type: tuple[Literal["VerifiableCredential"], Literal["OpenBadgeCredential"]] = Field(strict=False)
    name: str
    issuer: _Issuer
    credential_subject: _Subject
    evidence: list[_Evidence]
    credential_status: _Place
    credential_schema: Annotated[list[_Schema], _ONE]


class _List(_Part):
    id: str
    type: Literal["BitstringStatusList"]
    status_purpose: Literal["revocation"]
    encoded_list: str


class _StatusList(_Signed):
    type: tuple[Literal["VerifiableCredential"], Literal["BitstringStatusListCredential"]] = Field(strict=False)
    issuer: _Key
    credential_subject: _List
