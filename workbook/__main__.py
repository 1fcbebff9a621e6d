"""`python -m workbook` is the command `gradbook`."""

import sys

from workbook.cli import main

if __name__ == "__main__":
    sys.exit(main())
