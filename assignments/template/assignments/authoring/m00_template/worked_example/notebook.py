# %% [markdown]
# # Two links, one message
# Replace: a worked example computes something before the reader's eyes, leaves a step to do, and asks why.

# %%
import csv
from pathlib import Path

with Path("data/links.csv").open() as file:
    links = {
        row["link"]: (float(row["latency_s"]), float(row["bandwidth_bytes_per_s"])) for row in csv.DictReader(file)
    }
small_bytes, large_bytes = 1_000, 100_000_000

# %% [markdown]
# A small message on the near link takes about as long as the latency says:

# %%
latency_s, bandwidth_bytes_per_s = links["near"]
print(f"{latency_s + small_bytes / bandwidth_bytes_per_s:.2e} s, of which {latency_s:.2e} s are latency")

# %% [markdown]
# **Exercise 1** (2 points, 10 minutes). Which link is faster for each of the two sizes?

# %% exercise={"id": "m00_faster_link", "reference": "m00_template.transfer:faster_link"}
# faster_link = {"small": ..., "large": ...}   the name of the faster link for small_bytes and large_bytes
### SOLUTION

# %% tests={"id": "m00_faster_link"}
assert set(faster_link) == {"small", "large"}, "a dict with two keys"
assert set(faster_link.values()) <= set(links), "its values are names of links"

# %% [markdown] exercise={"id": "m00_faster_link_explained"}
# **Exercise 2** (4 points, 10 minutes). Why is it not the same link for both? Say at which size they are equally fast.
#
# Replace: a question whose answer takes a few sentences and a number.
