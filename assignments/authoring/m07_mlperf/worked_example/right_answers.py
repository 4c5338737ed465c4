"""Right answers of module 7's worked example by other ways, written from the released notebook alone."""

from __future__ import annotations

import numpy as np
import pandas as pd

from graders.checks import answer


@answer("m07_comparison_table", by="pandas, column by column")
def comparison_by_pandas(entries, baseline):
    if baseline not in [entry["entry"] for entry in entries]:
        raise ValueError("no baseline")
    table = pd.DataFrame(entries).reset_index(drop=True)
    own = table[table["entry"] == baseline].iloc[0]
    each = table["result"] / table["accelerators"] / table["nodes"]
    keys = sorted(["round", "division", "suite", "model", "scenario", "unit"])
    unlike = table[keys].ne(own[keys])
    return {
        "entry": table["entry"].tolist(),
        "per_accelerator": each.to_numpy(),
        "ratio": (each * own["accelerators"] * own["nodes"] / own["result"]).where(~unlike.any(axis=1)).to_numpy(),
        "differs": [", ".join(key for key in keys if row[key]) for _, row in unlike.iterrows()],
    }


@answer("m07_token_bill", by="books of the whole life")
def bill_by_whole_life(machine_usd, years, idle_w, busy_w, pue, usd_per_kwh, tokens_per_s, utilisation):
    share, rate, life = (np.asarray(one, dtype=float) for one in (utilisation, tokens_per_s, years))
    fine = np.all(share > 0) and np.all(share <= 1) and np.all(rate > 0) and np.all(life > 0)
    if not (fine and np.all(np.asarray(pue) >= 1)):
        raise ValueError("no machine")
    seconds = life * 8760 * 3600
    tokens = seconds * share * rate
    joules = np.asarray(pue) * seconds * (share * busy_w + (1 - share) * idle_w)
    energy_usd = joules / 3.6e6 * usd_per_kwh
    return {
        "capital_usd": 1e6 * machine_usd / tokens,
        "energy_usd": 1e6 * energy_usd / tokens,
        "million_usd": 1e6 * (machine_usd + energy_usd) / tokens,
        "token_j": joules / tokens,
    }
