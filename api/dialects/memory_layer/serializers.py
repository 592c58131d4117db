"""The words of AI Memory Layer, heard and told."""
