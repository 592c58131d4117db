"""The words of Memory Persistence Service, heard and told."""
