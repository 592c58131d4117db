"""The words of HippocampAI, heard and told."""
