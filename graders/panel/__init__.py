"""The review panel: sealed scores, a log of every step, a decision by rule, an appeal to others."""
