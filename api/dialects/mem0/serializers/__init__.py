"""The words of mem0, heard and told."""
