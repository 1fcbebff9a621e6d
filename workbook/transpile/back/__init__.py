"""Arrays → a script of NumPy or torch, run and compared."""
