"""Measuring answer quality: cases, metrics, runs, reports and benchmarks."""
