"""Every gate over module 10."""

from tests.gates.gates import gates_of

TestModule = gates_of("m10_validation")
