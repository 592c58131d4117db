"""What Memory Persistence Service is told, out of the values of the house."""
