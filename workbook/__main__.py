"""`python -m workbook` is the command `gradbook`."""

import sys

from workbook.app.cli import main

if __name__ == "__main__":
    sys.exit(main())
