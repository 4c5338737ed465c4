"""From author text to source notebooks, and the gates that prove them."""
