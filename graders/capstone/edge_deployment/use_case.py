"""The use case of a camera that understands what it sees, put together."""

from __future__ import annotations

from graders.capstone.edge_deployment.brief import brief
from graders.capstone.edge_deployment.figures import FIGURES
from graders.capstone.edge_deployment.pack import PACK
from graders.capstone.edge_deployment.questions import QUESTIONS
from graders.capstone.edge_deployment.sample import SAMPLE
from graders.capstone.use_case import UseCase

USE_CASE = UseCase(PACK, brief, FIGURES, QUESTIONS, SAMPLE)
