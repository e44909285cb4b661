"""Documents in, a searchable index of citable claims out."""
