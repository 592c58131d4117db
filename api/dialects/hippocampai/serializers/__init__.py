"""The words of HippocampAI, heard and told: a module for each subject."""
