# SPDX-License-Identifier: GPL-2.0-only
"""What a row is; the rows are in bus.py, disk.py, nic.py and services.py. scripts/mutants always tries those of pure files."""
import dataclasses

from altered import replaced


@dataclasses.dataclass(frozen=True)
class Mend:
    """Lines that mended something, and what stands in their place without it."""
    ident: str
    path: str
    test: str               # what must fail without it: see run.py
    what: str               # was mended
    old: str
    new: str
    more: tuple = ()        # pairs of the same, of a mend in several places of the file

    def taken_out(self, text):
        """The file's text without the mend."""
        for old, new in ((self.old, self.new),) + self.more:
            text = replaced(text, old, new, "%s: %s" % (self.ident, self.path))
        return text


MENDS = []


def mend(*args, more=()):
    MENDS.append(Mend(*args, more=more))


def load():
    """All rows, in the order of the findings' letters."""
    import bus, disk, nic, services     # noqa: E401, F401
    return MENDS
