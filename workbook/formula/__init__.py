"""Formulas: one grammar for the patterns that lessons are written in and for the formulas that files hold."""
