"""Cells → regions of one formula → a tree for each."""
