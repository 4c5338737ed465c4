# %% [markdown]
# # Victim
# The source notebook of this module is made by `tests/attacks/course.py`: it asks for a variable, too.
