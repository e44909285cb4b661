"""Measuring answer quality: cases, and later metrics, runs, reports and benchmarks."""
