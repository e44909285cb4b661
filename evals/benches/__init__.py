"""Measures of one part each on sets of test data, public ones and one's own."""
