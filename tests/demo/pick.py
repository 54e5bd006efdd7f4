#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""pick.py MEGABYTES FOLDER [SECONDS]: copy that much of this machine's /usr into FOLDER

With SECONDS it ends after so long, if it has LEAST by then.
In folders FOLDER/000, 001 ... of some 2 MB each, each a mixture of all, so that one of them
says how long the others take. Prints a line for each: name, bytes, files.
"""
import os
import random
import shutil
import sys
import time

SMALLEST, BIGGEST = 8 << 10, 2 << 20
PIECE = 2 << 20
LEAST = 16 << 20


def candidates():
    for top, folders, files in os.walk("/usr"):
        folders.sort()
        for name in sorted(files):
            path = os.path.join(top, name)
            if os.path.islink(path) or not os.path.isfile(path) or not os.access(path, os.R_OK):
                continue
            size = os.path.getsize(path)
            if SMALLEST <= size <= BIGGEST:
                yield path, size


def picked(left):
    """Files of so many bytes."""
    found = []
    for path, size in candidates():
        if size <= left:
            found.append((path, size))
            left -= size
        if left < SMALLEST:
            return found
    sys.exit("pick.py: /usr has too few files; %d MB are missing (DEMO_MB)" % (left >> 20))


def main():
    files = picked(int(sys.argv[1]) << 20)
    random.Random(0).shuffle(files)
    number = total = 0
    end = time.monotonic() + float(sys.argv[3]) if len(sys.argv) > 3 else float("inf")
    while files and (time.monotonic() < end or total < LEAST):
        folder, size, count = "%03d" % number, 0, 0
        while files and size < PIECE:
            path, more = files.pop()
            target = os.path.join(sys.argv[2], folder, path.lstrip("/"))
            os.makedirs(os.path.dirname(target), exist_ok=True)
            shutil.copyfile(path, target)
            size, count = size + more, count + 1
        print(folder, size, count)
        number, total = number + 1, total + size


if __name__ == "__main__":
    main()
