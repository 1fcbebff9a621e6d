"""The command line: what it builds, verifies, reports and prints.

Other rooms use:

- `cli`: the command `gradbook`, for `python -m workbook`
"""
