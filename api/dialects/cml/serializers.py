"""The words of Cognitive Memory Layer, heard and told."""
