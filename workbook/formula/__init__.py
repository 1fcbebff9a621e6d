"""Formulas: one grammar for the patterns that lessons are written in and for the formulas that files hold.

Other rooms use:

- `grammar`: text to a tree, and the nodes of the tree
- `lookups`: which arguments of a function are ranges that it looks something up in
- `address`: rows and columns as numbers, and as `B3:D9`
"""
