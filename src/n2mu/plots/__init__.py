"""Figures and tables that a review committee asks for, one file per figure."""
