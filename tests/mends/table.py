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

    def taken_out(self, text):
        """The file's text without the mend."""
        return replaced(text, self.old, self.new, "%s: %s" % (self.ident, self.path))


MENDS = []


def mend(*args):
    MENDS.append(Mend(*args))


def load():
    """All rows, in the order of the findings' letters."""
    import bus, disk, nic, services     # noqa: E401, F401
    return MENDS
