"""Eight small models: what a light notebook computes."""
