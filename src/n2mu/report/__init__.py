"""The report for a reviewer: one HTML file with everything in it."""
