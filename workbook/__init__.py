"""Lessons, plans, workbooks and their verification."""

__version__ = "0.1.0"
