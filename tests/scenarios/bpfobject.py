# SPDX-License-Identifier: GPL-2.0-only
"""XDP programs as ELF objects, such as clang makes and ip and libbpf load."""
import struct

ACTIONS = {"aborted": 0, "drop": 1, "pass": 2, "tx": 3}


def elf(code):
    names = b"\0.strtab\0xdp\0license\0.symtab\0prog\0_license\0"
    at = {n: names.index(n + b"\0") for n in (b".strtab", b"xdp", b"license", b".symtab", b"prog", b"_license")}
    licence = b"GPL\0"
    symbols = bytes(24)
    symbols += struct.pack("<IBBHQQ", at[b"prog"], 0x12, 0, 2, 0, len(code))        # global function
    symbols += struct.pack("<IBBHQQ", at[b"_license"], 0x11, 0, 3, 0, len(licence))  # global object
    out, places = bytes(64), []
    for part in (code, licence, symbols, names):
        out += bytes(-len(out) % 8)
        places.append((len(out), len(part)))
        out += part
    out += bytes(-len(out) % 8)

    def section(name, kind, flags, place, link=0, info=0, align=1, size=0):
        return struct.pack("<IIQQQQIIQQ", at.get(name, 0), kind, flags, 0, place[0], place[1], link, info, align, size)

    table = section(b"", 0, 0, (0, 0)) + section(b".strtab", 3, 0, places[3]) + \
        section(b"xdp", 1, 6, places[0], align=8) + section(b"license", 1, 3, places[1]) + \
        section(b".symtab", 2, 0, places[2], link=1, info=1, align=8, size=24)
    head = b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 1, 247, 1, 0, 0, len(out), 0, 64, 0, 0, 64, 5, 1)
    return head + out[64:] + table


def xdp(action):
    """A program that returns the action, as an object file."""
    return elf(struct.pack("<BBhiBBhi", 0xb7, 0, 0, ACTIONS[action], 0x95, 0, 0, 0))
