# SPDX-License-Identifier: GPL-2.0-only
"""A copy of the tree in which text is replaced: what a test says when the code is wrong, the tree itself untouched."""
import os
import shutil

import common


def replaced(text, old, new, where):
    """TEXT with OLD, which stands there once, replaced; WHERE is for who reads that it does not."""
    if text.count(old) != 1:
        raise common.Trouble("%s: %d places that read\n%s" % (where, text.count(old), old))
    return text.replace(old, new)


def read(path):
    with open(path, "rb") as f:
        return f.read()


class Copy:
    """TREE, a copy of ROOT; what was built there is used again."""

    def __init__(self, root, tree):
        self.root, self.tree = root, tree
        self.files = common.tracked()

    def renew(self, altered=None):
        """As the tree stands, but for the files of ALTERED {path: text}. Only what differs is written, so that little is
        built anew."""
        altered = altered or {}
        for path in self.files:
            source, target = os.path.join(self.root, path), os.path.join(self.tree, path)
            if os.path.isfile(source):
                self.put(path, altered[path].encode() if path in altered else read(source))
                shutil.copymode(source, target)

    def put(self, path, data):
        target = os.path.join(self.tree, path)
        if os.path.exists(target):
            with open(target, "rb") as f:
                if f.read() == data:
                    return
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "wb") as f:
            f.write(data)

    def replace(self, path, old, new):
        """In the copy; PATH is as in the tree, or was replaced in before."""
        with open(os.path.join(self.tree, path), encoding="utf-8") as f:
            text = f.read()
        self.put(path, replaced(text, old, new, path).encode())
