"""A workbook as JavaScript that recalculates: the regions as functions over dense grids, and the engine around them."""
