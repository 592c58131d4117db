"""The words of AI Memory Layer, heard and told: a module for each subject."""
