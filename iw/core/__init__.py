"""What every layer may use: errors, faults, dates, suggestions, packaged data. No third-party imports."""
