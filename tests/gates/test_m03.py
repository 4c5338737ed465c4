"""Every gate over module 3."""

from tests.gates.gates import gates_of

TestModule = gates_of("m03_modeling_simulation")
