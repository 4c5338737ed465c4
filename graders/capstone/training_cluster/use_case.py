"""The use case of a training cluster, put together."""

from __future__ import annotations

from graders.capstone.training_cluster.brief import brief
from graders.capstone.training_cluster.figures import FIGURES
from graders.capstone.training_cluster.pack import PACK
from graders.capstone.training_cluster.questions import QUESTIONS
from graders.capstone.training_cluster.sample import SAMPLE
from graders.capstone.use_case import UseCase

USE_CASE = UseCase(PACK, brief, FIGURES, QUESTIONS, SAMPLE)
