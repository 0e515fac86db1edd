"""Tests of what every layer may use."""
