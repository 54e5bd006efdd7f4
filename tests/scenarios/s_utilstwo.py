# SPDX-License-Identifier: GPL-2.0-only
"""A host that offers a service twice."""
from registry import ONLY_OURS, scenario
from utilshost import DAEMONS, MACHINE, Services

# Debian's daemons know one name of a device each: the second is shown the other one under that
SECOND = """cp $(which hv_{0}_daemon) /tmp/second_{0}
unshare -m sh -c 'mount --bind /dev/vmbus/hv_{0}1 /dev/vmbus/hv_{0} && exec /tmp/second_{0}' </dev/null >/dev/null 2>&1"""


def second(m, s, name):
    """Another device of a service is there, with a daemon if it wants one, and answers."""
    m.host("ic second " + name)
    if name not in DAEMONS:
        return s.ready(name + "2")
    m.wait("[ -c /dev/vmbus/hv_%s1 ]" % name, 60, "the second device for %s's daemon" % name)
    m.sh(SECOND.format(name))
    return s.daemon(name + "2")


@scenario(rows="F20", machine=MACHINE, drivers=ONLY_OURS, timeout=300)
def utils_two(m):
    "each service twice: the second has a device and a daemon of its own, and each answers when the other comes and goes"
    s = Services(m)
    for name in s.names:
        second(m, s, name)
    s.more("ic.heartbeat.answered", 2)
    m.expect(m.sh("cat /sys/class/ptp/*/clock_name").split() == ["hyperv", "hyperv"], "two clocks")
    for name in DAEMONS:
        s.daemon(name)          # the first ones have theirs still
    # without the first, the second keeps its name, and the first gets its own back
    for name in DAEMONS:
        s.again(name, lambda gone: s.daemon(gone + "2"))
        m.sh("[ -c /dev/vmbus/hv_%s ] && [ -c /dev/vmbus/hv_%s1 ]" % (name, name))
        s.daemon(name + "2")
    # and the other way round
    for name in s.names:
        m.host("rescind %s2" % name)
    m.wait("[ $(ls /dev/vmbus | wc -l) = %d ] && [ $(ls -d /sys/class/ptp/* | wc -l) = 1 ]" % len(DAEMONS), 60, "the second ones go")
    for name in s.names:
        if name in DAEMONS:
            s.daemon(name)
        else:
            s.ready(name)
    s.more("ic.heartbeat.answered", 1)
