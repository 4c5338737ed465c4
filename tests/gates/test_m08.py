"""Every gate over module 8."""

from tests.gates.gates import gates_of

TestModule = gates_of("m08_tail_latency")
