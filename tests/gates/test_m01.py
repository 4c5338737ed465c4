"""Every gate over module 1."""

from tests.gates.gates import gates_of

TestModule = gates_of("m01_microarchitecture")
