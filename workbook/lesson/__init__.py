"""What a lesson is: frozen data that checks itself, without a word on files.

Other rooms use:

- `lesson`: a lesson, its sheets, blocks, layouts, charts and code
- `opening`: the first and the last sheet, which every workbook has
"""
