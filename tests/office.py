"""LibreOffice for tests: the program stays open, so that a conversion costs what it does and no start of 1.2 s.

What calls `soffice` finds a script in its place, by GRADBOOK_SOFFICE, in this process and in those that it starts. The
script hands a conversion to a LibreOffice that stays, one for each kind of settings that the tests have; it is
LibreOffice's own way: a second start with one profile hands its files to the first. All else, and everything in a
sweep, starts the program itself.
"""

import os
import shutil
import signal
import tempfile
from contextlib import suppress
from pathlib import Path

import openpyxl
from sweep import SWEEP

from workbook.check.recalc import libreoffice

_SCRIPT = """#!/bin/sh
for argument; do
  case "$argument" in
    -env:UserInstallation=*%*) ;; # not spelled as the folder is
    -env:UserInstallation=file://*) profile="${argument#-env:UserInstallation=file://}" ;;
    --convert-to) converts=yes ;;
  esac
done
if [ -z "$profile" ] || [ -z "$converts" ]; then exec PROGRAM "$@"; fi
settings="$profile/user/registrymodifications.xcu"
kind=plain
if [ -e "$settings" ]; then
  kind=always
  cmp -s "$settings" FOLDER/always.xcu || exec PROGRAM "$@"
fi
own="-env:UserInstallation=file://FOLDER/$kind"
(
  flock 9
  if [ -e "FOLDER/.~lock.$kind.xlsx#" ] && kill -0 "$(cat "FOLDER/$kind.pid")" 2>/dev/null; then exit; fi
  rm -f "FOLDER/.~lock.$kind.xlsx#" "FOLDER/tried/$kind.csv"
  setsid sh FOLDER/stay "$kind" "$own" </dev/null >/dev/null 2>&1 9>&- &
  # The open workbook keeps it from ending after a conversion, and its lock says that it begins to be there; what it is
  # asked too early is never answered.
  for turn in $(seq 600); do
    [ -e "FOLDER/.~lock.$kind.xlsx#" ] && break
    sleep 0.1
  done
  for turn in 1 2 3 4 5 6; do
    timeout 10 PROGRAM "$own" --headless --convert-to csv --outdir FOLDER/tried "FOLDER/$kind.xlsx" >/dev/null 2>&1 9>&-
    [ -e "FOLDER/tried/$kind.csv" ] && exit
  done
  exit 1
) 9>"FOLDER/$kind.starts" || exec PROGRAM "$@"
for argument; do
  shift
  case "$argument" in -env:UserInstallation=*) argument="$own" ;; esac
  set -- "$@" "$argument"
done
touch "FOLDER/$kind.asked.$$"
PROGRAM "$@"
code=$?
rm "FOLDER/$kind.asked.$$"
exit $code
"""
_STAYS = """
# Whoever was the first to ask may be bounded, and take its temporary folder with it.
ulimit -S -t unlimited
ulimit -S -d unlimited
export TMPDIR=FOLDER
PROGRAM "$2" --headless --norestore --nologo "--pidfile=FOLDER/$1.pid" "FOLDER/$1.xlsx" &
while kill -0 TESTS && kill -0 $!; do
  sleep 1
  for asked in FOLDER/"$1".asked.*; do
    [ -e "$asked" ] || continue
    kill -0 "${asked##*.}" && continue
    rm "$asked"
    break 2
  done
done
rm -f "FOLDER/.~lock.$1.xlsx#"
kill -9 "$(cat "FOLDER/$1.pid")"
"""
"""It ends with the tests, however they end, and when whoever asked it is gone: its work may have no end."""
_NEEDED = ("cmp", "flock", "seq", "setsid", "timeout")
KINDS = ("plain", "always")
"""Settings as the program makes them, and those of `workbook.check.recalc.libreoffice`, by which it recalculates."""


class Office:
    """What stands for the program until it is closed; where LibreOffice is not installed nothing does."""

    def __init__(self) -> None:
        found = libreoffice.find()
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        if SWEEP or found is None or libreoffice.VARIABLE in os.environ or not all(map(shutil.which, _NEEDED)):
            return
        self._folder = tempfile.TemporaryDirectory(prefix="gradbook-office-", ignore_cleanup_errors=True)
        folder = Path(self._folder.name)
        for kind in KINDS:
            openpyxl.Workbook().save(folder / f"{kind}.xlsx")
        settings = folder / "always" / "user" / "registrymodifications.xcu"
        settings.parent.mkdir(parents=True)
        for path in (settings, folder / "always.xcu"):  # the program rewrites its own
            path.write_text(libreoffice.settings(libreoffice.ALWAYS), encoding="utf-8")
        script = folder / "soffice"
        for path, text in ((script, _SCRIPT), (folder / "stay", _STAYS)):
            for word, value in (("PROGRAM", found.program), ("FOLDER", folder), ("TESTS", os.getpid())):
                text = text.replace(word, str(value))
            path.write_text(text)
        script.chmod(0o755)
        os.environ[libreoffice.VARIABLE] = str(script)

    def close(self) -> None:
        """End what was started."""
        if self._folder is None:
            return
        for kind in KINDS:
            with suppress(OSError, ValueError):
                os.kill(int((Path(self._folder.name) / f"{kind}.pid").read_text()), signal.SIGKILL)
        os.environ.pop(libreoffice.VARIABLE, None)
        self._folder.cleanup()
        self._folder = None
