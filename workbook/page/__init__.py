"""A plan and its program → one HTML file that opens without a network, and recalculates.

Other rooms use:

- `page`: a workbook's page, as text
- `index`: a page that lists pages
- `describe`: what a page shows of a plan, as data
- `Stranger`: a workbook that no plan made, with its conditional formats as formulas
- `describe_file`: what a page shows of it
- `file_parts`: what a page hands over as a file
- `whole_file`: the same of a workbook that no plan made
- `code_of`: the lines of a script, sheet by sheet, with their cells
"""

from workbook.page.code import Code, code_of
from workbook.page.describe import describe
from workbook.page.file import file_parts, whole_file
from workbook.page.html import index, page
from workbook.page.strangers import Stranger, describe_file

__all__ = ["Code", "Stranger", "code_of", "describe", "describe_file", "file_parts", "index", "page", "whole_file"]
