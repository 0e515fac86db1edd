"""Speed of the inference kernels beside other ways to compute the same numbers: ``python -m benchmarks``."""
