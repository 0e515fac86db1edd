"""Tests of the log: its rules, on SQLite and on PostgreSQL."""
