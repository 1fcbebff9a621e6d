"""Is every number right: a file compared with the plan that its own inputs give.

Other rooms use:

- `verify`: a file or a plan verified
- `checks`: values and formulas compared with a plan's
- `manifest`: what a file says that it was built from, and its plan made again from its own inputs
- `recalc`: the programs that recalculate a file
- `recalc.session`: what each of them offers
- `recalc.packed`: results with the numbers of a sheet in one array
- `recalc.ironcalc`: ironcalc alone
"""
