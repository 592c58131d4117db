"""What mem0 is told, out of the values of the house: a module for each subject."""
