# SPDX-License-Identifier: GPL-2.0-only
"""Bad input for hv_utils from the host."""
from registry import ONLY_OURS, scenario
from utilshost import MACHINE, Services

KINDS = ("short", "short=5", "short=21", "short=24", "oversized", "unterminated", "unknown", "operation=119",
         "type=0", "size=65535", "size=1", "pipe=0", "pipe=3", "pipe=65535", "pipe=4294967295", "corrupt=16:0003",
         "corrupt=17:00", "corrupt=17:ff", "duplicate", "delay=300", "drop")
# what a service is asked meanwhile; none of them may end the guest
REQUESTS = {
    "shutdown": ("shutdown flags=0x40 limit=300",), "heartbeat": ("heartbeat limit=300",), "timesync": ("time sample limit=300",),
    "kvp": ("kvp set external key value limit=300", "kvp list auto limit=300", "kvp get external key limit=300",
            "kvp delete external no limit=300"),
    "vss": ("vss check limit=300", "vss thaw limit=300"),
    "fcopy": ("fcopy %s /tmp/bad overwrite limit=300",),
}
# packets no guest should have to see: type, flags, offset, length in units of 8, payload
PACKETS = ("type=6 len=3 payload=01000000ffffffff", "type=6 len=2 payload=", "type=6 offset=7 len=3 payload=0102030405060708",
           "type=11 id=5 payload=0100000000000000", "type=9 flags=1 payload=" + "00" * 32, "type=7 payload=" + "ff" * 40,
           "type=6 payload=01000000140000000300000000000300" + "ff" * 12, "type=6 payload=" + "00" * 64)


def bad_everywhere(m, s, name):
    """All kinds, on requests and on the negotiation, and raw packets; then the service is well."""
    path = m.path("tiny")
    with open(path, "w") as f:
        f.write("tiny\n")
    m.host("heartbeat interval=0")
    for kind in KINDS:
        for request in REQUESTS[name]:
            m.host("fault ic %s %s" % (name, kind))
            s.ask(request % path if "%s" in request else request)
            m.host("fault clear")
    for kind in KINDS[1:]:                      # and two on one message
        m.host("fault ic %s short=3" % name)
        m.host("fault ic %s %s" % (name, kind))
        s.ask(REQUESTS[name][0] % path if "%s" in REQUESTS[name][0] else REQUESTS[name][0])
        m.host("fault clear")
    for kind in KINDS[:6] + ("corrupt=20:ffffffff", "corrupt=20:0000ffff", "size=65535", "duplicate"):
        m.host("fault ic %s %s on=negotiate" % (name, kind))
        m.host("ic negotiate " + name)
        s.ask("ic wait %s limit=300" % name)
        for packet in PACKETS:                  # and while it negotiates
            s.ask("send packet %s %s" % (name, packet))
        m.host("fault clear")
    for kind in range(9):
        m.host("ic send %s type=%d flags=3 data=%s" % (name, kind, "07" * 60))
        m.host("ic send %s type=%d flags=5 transaction=9 size=9" % (name, kind))
    m.host("send packet %s type=6 len=2 payload= count=50" % name)     # empty ones are no end
    for _ in range(20):                         # an answer to what came before may be taken for this one's
        m.host("ic negotiate " + name)
        if not s.ask("ic wait %s limit=3000" % name)[1]:
            break
    s.ready(name)
    m.host("heartbeat interval=2000")


@scenario(rows="~U01 ~U02 ~U03 ~U07 ~U08 ~U14 ~U17", machine=MACHINE, drivers=ONLY_OURS, timeout=900)
def utils_bad_messages(m):
    "short, oversized, unterminated, unknown and raw messages in every service: each goes on"
    s = Services(m)
    m.host("kvp facts off")
    for name in s.names:
        bad_everywhere(m, s, name)
        s.start()
        s.health()
    for op in range(12):                        # operations and pools that are none
        s.ask("kvp get %d key" % (op + 4))
    s.health()
    m.host("kvp facts on")
    m.note("%s lines in the kernel's log" % m.sh("dmesg | wc -l"))
