"""Every gate over module 11."""

from tests.gates.gates import gates_of

TestModule = gates_of("m11_power_thermal")
