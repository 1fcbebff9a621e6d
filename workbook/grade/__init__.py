"""Exercises handed out with numbers of each student's own, and marked when they come back.

Other rooms use:

- `course`: a lesson's exercises, and a student's numbers
- `grading`: files that came back, from the first to the last
- `handout`: the workbooks of a class
- `roster`: who is in it
"""
