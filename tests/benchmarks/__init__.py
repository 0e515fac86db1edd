"""Tests of the benchmarks, so that they go on running as the engine changes."""
