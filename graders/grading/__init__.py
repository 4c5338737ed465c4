"""The one orchestrator of a submission."""
