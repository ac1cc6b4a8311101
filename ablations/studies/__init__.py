"""One public file a study: the question, the grid, the figure."""
