"""The files of a design document as pydantic models: unknown keys refused, with file, line and field."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictFloat, StrictInt, StrictStr, field_validator, model_validator

from graders.capstone.records import (
    Claim,
    Decision,
    Evidence,
    Kind,
    Leaf,
    Measurement,
    Option,
    PackName,
    Uncertainty,
    Value,
)

ID = r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)+$"
_NUMBER = re.compile(r"[-+]?(\d[\d_]*\.?\d*|\.\d+)([eE][-+]?\d+)?")
_Text = Annotated[str, Field(min_length=1, pattern=r"\S")]
_Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$")]
_Id = Annotated[str, Field(pattern=ID)]
_Rating = Literal["H", "M", "L"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class UncertaintyYaml(_Strict):
    """`rel`: a share of the value on either side; or `low` and `high`, in the claim's unit."""

    rel: Annotated[float, Field(ge=0, le=10)] | None = None
    low: float | None = None
    high: float | None = None

    @model_validator(mode="after")
    def _one_way(self) -> UncertaintyYaml:
        interval = self.low is not None and self.high is not None
        if (self.rel is not None) == interval:
            raise ValueError("an uncertainty is either rel, or low and high")
        if interval and self.low > self.high:  # type: ignore[operator]
            raise ValueError("low lies above high")
        return self

    def record(self, value: Value) -> Uncertainty:
        """The record."""
        if self.rel is None:
            return Uncertainty(float(self.low or 0), float(self.high or 0))
        half = self.rel * abs(value) if isinstance(value, float) else 0.0
        return Uncertainty(float(value) - half, float(value) + half) if isinstance(value, float) else Uncertainty(0, 0)


class EvidenceYaml(_Strict):
    """A notebook in the document's folder, its digest, and the variable that holds the value."""

    file: Annotated[str, Field(pattern=r"^evidence/[A-Za-z0-9_.-]+\.ipynb$")]
    variable: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class ClaimYaml(_Strict):
    """A claim; who gives it decides what it must say of itself."""

    id: _Id
    kind: Kind
    value: StrictInt | StrictFloat | StrictStr | list[StrictStr]
    unit: str = "1"
    formula: str = ""
    inputs: list[str] = []
    source: str = ""
    uncertainty: UncertaintyYaml | None = None
    evidence: EvidenceYaml | None = None

    @field_validator("value", mode="after")
    @classmethod
    def _number(cls, value: Any) -> Any:
        if isinstance(value, str) and _NUMBER.fullmatch(value):
            return float(value)  # YAML 1.1 takes 3e9 for text
        if isinstance(value, float) and not abs(value) < float("inf"):
            raise ValueError("a value is finite")
        return value

    @model_validator(mode="after")
    def _says_what_it_rests_on(self) -> ClaimYaml:
        if self.kind in ("input", "target", "vendor", "measured") and not self.source.strip():
            raise ValueError(f"a claim of kind {self.kind} says its source")
        if self.kind == "derived" and not self.formula.strip():
            raise ValueError("a derived claim says its formula")
        if self.kind == "measured" and self.evidence is None:
            raise ValueError("a measured claim says its evidence")
        return self

    def record(self, line: int) -> Claim:
        """The record."""
        value: Value = tuple(self.value) if isinstance(self.value, list) else self.value
        if isinstance(value, int):
            value = float(value)
        return Claim(
            self.id,
            self.kind,
            value,
            self.unit,
            self.formula.strip(),
            tuple(self.inputs),
            self.source,
            self.uncertainty.record(value) if self.uncertainty else None,
            Evidence(self.evidence.file, self.evidence.variable, self.evidence.sha256) if self.evidence else None,
            line,
        )


class ClaimsYaml(_Strict):
    """`claims.yaml`."""

    pack: PackName
    claims: Annotated[list[ClaimYaml], Field(min_length=1, max_length=2000)]

    @model_validator(mode="after")
    def _once(self) -> ClaimsYaml:
        counted = Counter(one.id for one in self.claims)
        if twice := sorted(id_ for id_, count in counted.items() if count > 1):
            raise ValueError(f"claims are there twice: {', '.join(twice)}")
        return self


class OptionYaml(_Strict):
    """A way that was considered, with what speaks for it and against it."""

    name: _Text
    good: Annotated[list[_Text], Field(min_length=1)]
    bad: Annotated[list[_Text], Field(min_length=1)]


class DecisionYaml(_Strict):
    """A decision record."""

    id: _Name
    title: _Text
    status: Literal["proposed", "accepted", "rejected", "superseded"]
    date: date
    context: _Text
    drivers: Annotated[list[_Text], Field(min_length=1)]
    options: Annotated[list[OptionYaml], Field(min_length=1)]
    outcome: _Text
    because: _Text
    consequences: Annotated[list[_Text], Field(min_length=1)]
    confirmation: _Text

    @model_validator(mode="after")
    def _chose_one(self) -> DecisionYaml:
        if self.outcome not in {one.name for one in self.options}:
            raise ValueError(f"the outcome {self.outcome!r} is none of the options")
        return self

    def record(self) -> Decision:
        """The record."""
        said: dict[str, Any] = self.model_dump(exclude={"options", "date"})
        said |= {name: tuple(said[name]) for name in ("drivers", "consequences")}
        options = tuple(Option(one.name, tuple(one.good), tuple(one.bad)) for one in self.options)
        return Decision(**said, options=options, date=self.date.isoformat())


class DecisionsYaml(_Strict):
    """`decisions.yaml`."""

    decisions: Annotated[list[DecisionYaml], Field(min_length=1)]


class ScenarioYaml(_Strict):
    """The six parts of a quality scenario."""

    source: _Text
    stimulus: _Text
    environment: _Text
    artefact: _Text
    response: _Text
    measure: _Text


class LeafYaml(_Strict):
    """A leaf of the utility tree; what (H, H) must lead to is the check's matter, not the format's."""

    id: _Name
    quality: _Text
    refinement: _Text
    scenario: ScenarioYaml
    importance: _Rating
    difficulty: _Rating
    claims: list[_Id] = []
    decisions: list[_Name] = []
    validation: list[_Name] = []

    def record(self) -> Leaf:
        """The record."""
        said: dict[str, Any] = self.model_dump(exclude={"scenario"})
        said |= {name: tuple(said[name]) for name in ("claims", "decisions", "validation")}
        return Leaf(**said, **self.scenario.model_dump())


class UtilityTreeYaml(_Strict):
    """`utility_tree.yaml`."""

    leaves: Annotated[list[LeafYaml], Field(min_length=1)]


class MeasurementYaml(_Strict):
    """An item of the validation plan."""

    id: _Name
    claim: _Id
    method: _Text
    metric: _Text
    threshold: _Text
    samples: Annotated[int, Field(ge=1)]
    when: _Text
    otherwise: _Text

    def record(self) -> Measurement:
        """The record."""
        return Measurement(**self.model_dump())


class ValidationYaml(_Strict):
    """`validation.yaml`."""

    validation: Annotated[list[MeasurementYaml], Field(min_length=1)]


FILES: dict[str, type[BaseModel]] = {
    "claims": ClaimsYaml,
    "decisions": DecisionsYaml,
    "utility_tree": UtilityTreeYaml,
    "validation": ValidationYaml,
}


def schemas() -> dict[str, bytes]:
    """JSON Schema of each file of a document, by file name, as editors read them."""
    draft = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return {
        f"{name}.json": (json.dumps({**draft, **kind.model_json_schema()}, indent=2, sort_keys=True) + "\n").encode()
        for name, kind in FILES.items()
    }
