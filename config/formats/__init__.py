"""How times are written in the console, in place of Django's own."""
