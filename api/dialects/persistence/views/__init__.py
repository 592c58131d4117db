"""Memory Persistence Service: each view hears, calls a verb of the house, and answers."""
