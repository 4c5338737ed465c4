# %% [markdown]
# # A link for your own traffic
# Replace: a scenario that nobody has seen, another one for each student. First say who you are:

# %% student={}
STUDENT = ""  # your student id, as your course has it

# %%
from scenario import my_scenario

scenario = my_scenario(STUDENT)
print(scenario)

# %% [markdown]
# You send one message after the other, of the sizes in `scenario["sizes_bytes"]`, over one of the links in
# `scenario["links"]`: name, latency [s], bandwidth [B/s].
#
# **Exercise 1** (4 points, 15 minutes). Which link do you take, and how long does it take to send everything?

# %% exercise={"id": "m00_link_choice", "reference": "m00_template.transfer:link_choice"}
# link_choice = {"link": ..., "total_s": ...}   name of the link, and the time of all messages over it [s]
### SOLUTION

# %% tests={"id": "m00_link_choice"}
assert link_choice["link"] in {name for name, *_ in scenario["links"]}, "one of your links"
assert link_choice["total_s"] > 0, "it takes time"
