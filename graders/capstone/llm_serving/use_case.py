"""The use case of serving a language model, put together."""

from __future__ import annotations

from graders.capstone.llm_serving.brief import brief
from graders.capstone.llm_serving.figures import FIGURES
from graders.capstone.llm_serving.pack import PACK
from graders.capstone.llm_serving.questions import QUESTIONS
from graders.capstone.llm_serving.sample import SAMPLE
from graders.capstone.use_case import UseCase

USE_CASE = UseCase(PACK, brief, FIGURES, QUESTIONS, SAMPLE)
