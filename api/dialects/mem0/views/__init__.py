"""mem0: each view hears, calls a verb of the house, and answers."""
