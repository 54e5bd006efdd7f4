#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""progress.py WHAT [OPTION...] - one line on stderr about something that takes longer than 5 s

Says what is done, how far it is and for how long: in place on a terminal, else a
line every 10 s. It ends when its caller does or ends it. Shell scripts call
progress in common.sh, Python has the class.

  --log FILE         how far: the last line of FILE
  --watch FILE       look at this one, not at the log
  --count REGEX      so many lines of it match
  --of N --unit WORD of N, and what is counted
  --folder DIR --mb N   how far: so many MB are in DIR, of about N
  --seconds N        how far: seconds of N
  --caller PID       whose end is the end
"""
import os
import re
import select
import signal
import sys
import threading
import time

FIRST, APART, WIDTH = 5, 10, 60


class Progress:
    """with Progress("checkpatch", 120, "files") as p: p.at += 1; p.now = "what it is busy with" """

    def __init__(self, what, total=0, unit="", ask=None):
        self.what, self.total, self.unit, self.ask = what, total, unit, ask
        self.at, self.now = 0, ""
        self.start = time.monotonic()
        self.over = threading.Event()
        self.shown = False
        self.terminal = os.isatty(2)
        self.thread = threading.Thread(target=self.tick, daemon=True)

    def text(self):
        try:
            self.at, self.now = self.ask() if self.ask else (self.at, self.now)
        except OSError:         # what it looks at is being written
            pass
        parts = ["%d s" % (time.monotonic() - self.start)]
        if self.total:
            parts.insert(0, "%d of %d %s" % (min(self.at, self.total), self.total, self.unit))
        elif self.at:
            parts.insert(0, "%d %s" % (self.at, self.unit))
        line = "%s: %s" % (self.what, ", ".join(p.strip() for p in parts))
        return line + (" (%s)" % self.now.strip()[:WIDTH] if self.now.strip() else "")

    def tick(self):
        wait = FIRST
        while not self.over.wait(wait):
            wait = 1 if self.terminal else APART
            line = self.text()
            if self.terminal:
                line = line[:width() - 1]
            self.put(("\r\033[K%s" if self.terminal else "%s\n") % line)
            self.shown = True

    @staticmethod
    def put(text):
        try:
            os.write(2, text.encode(errors="replace"))
        except OSError:
            pass

    def clear(self):
        """Before something else is written to a terminal."""
        if self.shown and self.terminal:
            self.put("\r\033[K")
            self.shown = False

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()
        self.clear()


class Log:
    """A file that grows: how many lines match, and the last one."""

    def __init__(self, path, pattern):
        self.path, self.pattern = path, re.compile(pattern) if pattern else None
        self.count, self.read, self.rest, self.last = 0, 0, "", ""

    def __call__(self):
        try:
            with open(self.path, "rb") as f:
                f.seek(self.read)
                data = f.read()
        except OSError:
            return 0, ""
        self.read += len(data)
        lines = re.split(r"[\r\n]+", self.rest + data.decode(errors="replace"))
        self.rest = lines.pop()
        for line in lines:
            if self.pattern and self.pattern.search(line):
                self.count += 1
            if line.strip():
                self.last = re.sub(r"\033\[[0-9;]*[A-Za-z]", "", line)
        return self.count, "" if self.pattern else self.last


def width():
    """Of the terminal, wide if it does not say."""
    try:
        return os.get_terminal_size(2).columns or 1000
    except OSError:
        return 1000


def megabytes(folder):
    total = 0
    for top, _, files in os.walk(folder):
        for name in files:
            try:
                total += os.lstat(os.path.join(top, name)).st_blocks
            except OSError:
                pass
    return total >> 11


def progress(what, options):
    start = time.monotonic()
    if "seconds" in options:
        return Progress(what, int(options["seconds"]), "s", lambda: (time.monotonic() - start, ""))
    if "folder" in options:
        return Progress(what, int(options.get("mb", 0)), "MB", lambda: (megabytes(options["folder"]), ""))
    log = Log(options.get("watch", options["log"]), options.get("count")) if "log" in options else None
    return Progress(what, int(options.get("of", 0)), options.get("unit", ""), log)


def main(argv):
    """For a shell script: until it says that the command has ended, or is gone itself."""
    words = argv[:argv.index("--")]
    options = {k[2:]: v for k, v in zip(words[1::2], words[2::2])}
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        caller = os.pidfd_open(int(options["caller"]))
    except OSError:
        return 0
    with progress(words[0], options):
        select.select([caller], [], [])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
