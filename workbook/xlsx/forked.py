"""A process that another of ours forks once it has loaded what both need: what is imported once is there twice."""

import os
import select

from workbook.xlsx.files import temporary_folder

_A_MOMENT_S = 1.0
_DIGITS = 20


class Fork:
    """As much of a `Popen` as a worker asks for, of a process that is forked later.

    It is no child of ours, so the process that forks it tells how it ended. It ends by itself when we close its stdin.
    """

    def __init__(self) -> None:
        """Open its channels; `ends` are what the process that forks it is to be handed, and closed here then."""
        self.folder = temporary_folder()
        asked, ours = os.pipe()
        answers, answered = os.pipe()
        words, said = os.pipe()
        self._end, told = os.pipe()
        self.ends = (asked, answered, said, told)
        self.stdin, self.stdout, self.stderr = os.fdopen(ours, "wb"), os.fdopen(answers, "rb"), os.fdopen(words, "rb")
        self.pid: int | None = None
        """Once it has told."""
        self.returncode: int | None = None
        """Once it has ended, if anybody has told."""

    def wait(self) -> None:
        """Wait until it is told how it ended, or a moment: who is to tell may be at work, or have ended too."""
        if self.pid is not None and self.returncode is None and select.select([self._end], [], [], _A_MOMENT_S)[0]:
            self.returncode = int(os.read(self._end, _DIGITS) or b"0") or None
        os.close(self._end)
