"""The console's own pages, one module each."""
