"""HippocampAI: each view hears, calls a verb of the house, and answers. A module for each subject."""
