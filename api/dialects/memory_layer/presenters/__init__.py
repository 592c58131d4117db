"""What AI Memory Layer is told, out of the values of the house."""
