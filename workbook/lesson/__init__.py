"""What a lesson is: frozen data that checks itself, without a word on files.

Other rooms use:

- `lesson`: a lesson, its sheets, blocks, layouts, charts and code
- `answers`: what a sheet says of an answer that a learner typed
- `labels`: blocks that say what the rows and columns of others are
- `by_hand`: diagrams, questions and things to try of a sheet by hand
- `drawing`: the items that a sheet is laid out from
- `exercise`: a block to fill, and what tells whether the answer is right
- `questions`: the cells of such questions, and what derives them
- `glossary`: the words of the field, what they mean, and where a workbook uses each first
- `opening`: the first and the last sheets, which every workbook has
"""
