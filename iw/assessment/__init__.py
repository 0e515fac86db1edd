"""What pages and reports show of a problem at a date: beliefs, shifts, forecasts, levels, and their provenance."""
