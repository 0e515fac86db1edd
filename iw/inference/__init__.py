"""Inference on one warning problem: pure numerics, arrays in, arrays out. It knows neither the log nor the pages."""
