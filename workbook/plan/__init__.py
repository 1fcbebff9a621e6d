"""A lesson and its options → a plan: every block placed, with the formula and the value of each cell.

Other rooms use:

- `plan`: the plan, and how it is made
- `letters`: how wide words are
- `place`: where a block stands
- `layout`: where everything else on a sheet stands
- `laid`: a sheet with everything in its place, and the measures that it is laid out by
- `derive`: the values, from the reference and from the witness
- `patterns`: the blocks that a pattern reads, and an order to compute them in
- `excel`: a pattern as the formulas of cells
- `views`: programs that show a block's cells in another shape
- `digests`: one number for a lesson's definition, or for what a block holds
- `panel`: the code beside a sheet
"""
