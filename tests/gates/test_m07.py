"""Every gate over module 7."""

from tests.gates.gates import gates_of

TestModule = gates_of("m07_mlperf")
