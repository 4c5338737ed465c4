"""Every gate over module 2."""

from tests.gates.gates import gates_of

TestModule = gates_of("m02_tools_methods")
