"""Module 6: images, sound and video as tokens, encoders that feed language models, and what serving them costs."""
