# %% [markdown]
# # Moving data
# Replace: the first cell says what the notebook is for, and how long it takes. Every exercise follows from a question.
# Say what is asked in prose, with points and minutes; say units in names and docstrings.

# %%
import numpy as np

# %% [markdown]
# ## 1. How long does a transfer take?
# A message waits for the *latency* of a link, then its bytes follow at the link's *bandwidth*.
#
# **Exercise 1.1** (4 points, 10 minutes). Write `transfer_s`. Sizes may be an array.
#
# Replace: *Validate* runs the tests below; hidden checks try other sizes and links.


# %% exercise={"id": "m00_transfer_s", "reference": "m00_template.transfer:transfer_s"}
def transfer_s(size_bytes, latency_s, bandwidth_bytes_per_s):
    """Time from the first to the last byte of a transfer; raises ValueError for sizes that are negative.

    size_bytes: size of the message; may be an array [B]
    latency_s: latency of the link [s]
    bandwidth_bytes_per_s: bandwidth of the link [B/s]
    """
    ### SOLUTION


# %% tests={"id": "m00_transfer_s"}
one_gigabyte_s = transfer_s(1e9, 1e-6, 1e10)
assert np.isclose(one_gigabyte_s, 0.100001), f"a gigabyte at 10 GB/s takes a tenth of a second, not {one_gigabyte_s}"
assert np.shape(transfer_s([0, 1], 1e-6, 1e10)) == (2,), "an array of sizes gives an array of times"

# %% [markdown]
# **Notice.** Replace: say what the student should see in the result, and what it means for a real machine.
