#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""pick.py MEGABYTES FOLDER: copy that much of this machine's /usr into FOLDER."""
import os
import shutil
import sys

SMALLEST, BIGGEST = 8 << 10, 16 << 20


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


def main():
    left, folder = int(sys.argv[1]) << 20, sys.argv[2]
    for path, size in candidates():
        if size > left:
            continue
        target = os.path.join(folder, "files", path.lstrip("/"))
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.copyfile(path, target)
        left -= size
        if left < SMALLEST:
            return
    sys.exit("pick.py: /usr has too few files")


if __name__ == "__main__":
    main()
