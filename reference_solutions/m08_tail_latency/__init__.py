"""Module 8: queues, tails that fan-out amplifies, copies and retries that pay or backfire, and budgets of latency."""
