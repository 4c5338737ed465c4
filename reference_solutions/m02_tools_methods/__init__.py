"""Tools and methods: Top-Down, roofline, and what counters can be trusted with."""
