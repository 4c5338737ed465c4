"""Every gate over module 5."""

from tests.gates.gates import gates_of

TestModule = gates_of("m05_llm_inference")
