"""LLM inference in datacenters: what a token costs, what memory holds, and who waits for whom."""
