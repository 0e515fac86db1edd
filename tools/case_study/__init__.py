"""The case study of docs/: what the shipped tracker would have believed, month by month, 2014 to mid-2026."""
