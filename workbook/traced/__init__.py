"""A module of the user's own → a lesson: forward, loss, every gradient and the step, in live cells.

`torch.export` gives the graph, a table of operations gives each its pattern, its NumPy value and the rule by which its
gradient goes back, and torch's autograd is the witness that never shares it.

Other rooms use:

- `lines`: which lines are the user's own
- `module`: what a user hands over → a graph and its values
- `graph`: what travels in the workbook
- `lesson`: a graph → a lesson
- `values`: the numbers of its blocks, by NumPy and by torch
"""
