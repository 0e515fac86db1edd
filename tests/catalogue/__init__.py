"""Tests of the catalogue: what may be written, what is reported, and what the shipped files hold."""
