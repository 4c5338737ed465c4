"""Every gate over module 9."""

from tests.gates.gates import gates_of

TestModule = gates_of("m09_cluster")
