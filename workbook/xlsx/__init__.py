"""Workbooks as files: those of strangers read safely, our own written whole or not at all.

Other rooms use:

- `read`: the sheets, cells and names of a file
- `looks`: number formats, colours and charts, as a file has them
- `drawn`: its charts and pictures, as a page can draw them
- `attributes`: what an attribute of a part says
- `guard`: an archive opened within limits
- `shared`: a formula that several cells share
- `files`: files and folders written whole or not at all
- `worker`: a process for files that are not ours
- `serving`: in such a process, work that is none of the file's
- `bounds`: what such a file may take
- `forked`: such a process, forked from another one
- `workers`: several processes for work of our own, and how many cores there are
- `aside`: work that a fork of this process does, where there is a core for it
- `write`: a plan as a file
- `write.lint`: what programs repair or refuse, found in a plan
- `write.cells`: what the writer puts into a cell
- `write.charts`: what it makes of a chart
- `write.sheets`: what it makes of a sheet
- `write.diagrams`: what it makes of a diagram
- `write.cell_styles`: the style of each cell of a sheet
- `write.styles`: how cells look, a style a role
"""
