"""Doubles of the other programs that the product talks to: for benches and for tests, on this machine alone."""
