"""Every gate over module 4."""

from tests.gates.gates import gates_of

TestModule = gates_of("m04_sampling")
