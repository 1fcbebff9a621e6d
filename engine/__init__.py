"""The numbers of gradbook's lessons, computed without any spreadsheet."""
