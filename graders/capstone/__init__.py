"""The capstone: personal briefs, design documents whose every number is a claim, and the check that recomputes them."""
