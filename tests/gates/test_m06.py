"""Every gate over module 6."""

from tests.gates.gates import gates_of

TestModule = gates_of("m06_multimodal")
