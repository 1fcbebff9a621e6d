"""Formulas: one grammar for the patterns that lessons are written in and for the formulas that files hold.

Other rooms use:

- `grammar`: the nodes of a formula's tree
- `parser`: text to such a tree
- `lookups`: which arguments of a function are ranges that it looks something up in
- `address`: rows and columns as numbers, and as `B3:D9`
- `rectangle`: first and last row and column of a range; how many cells it has, and which it shares with another
"""
