"""Regions → arrays in an order, recurrences as loops, a name for each."""
