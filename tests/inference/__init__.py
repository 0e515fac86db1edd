"""Tests of inference: the kernels against the slow reference, and the rules that every belief obeys."""
