"""What must hold of an answer: the vocabulary of `checks.py`, `wrong_answers.py` and `right_answers.py`."""

from graders.checks.cases import Call, call, sampled, value
from graders.checks.catalogue import Catalogue, load
from graders.checks.exercise import Exercise
from graders.checks.figures import in_view, labelled, marks, scales, series
from graders.checks.files import in_json, in_yaml
from graders.checks.local import LocalEndpoint
from graders.checks.mistakes import Mistake, RightAnswer, answer, mistake
from graders.checks.personal import Decision, ModelAnswer
from graders.checks.plays import Conserved, Scenario
from graders.checks.policies import Outcome
from graders.checks.properties import bounded, conserved, monotone, sums_to
from graders.checks.remote import StudentFailure
from graders.checks.tables import column
from graders.checks.trial import Verdict, namespace, run
from graders.checks.values import Equal, Fast, Property, Raises

__all__ = [
    "Call",
    "Catalogue",
    "Conserved",
    "Decision",
    "Equal",
    "Exercise",
    "Fast",
    "LocalEndpoint",
    "Mistake",
    "ModelAnswer",
    "Outcome",
    "Property",
    "Raises",
    "RightAnswer",
    "Scenario",
    "StudentFailure",
    "Verdict",
    "answer",
    "bounded",
    "call",
    "column",
    "conserved",
    "in_json",
    "in_view",
    "in_yaml",
    "labelled",
    "load",
    "marks",
    "mistake",
    "monotone",
    "namespace",
    "run",
    "sampled",
    "scales",
    "series",
    "sums_to",
    "value",
]
