# SPDX-License-Identifier: GPL-2.0-only
"""What a host has not taken, or not yet, of what a NIC's driver says: it is said again, and nobody waits for it with RTNL."""
from nethost import Nic
from registry import ONLY_OURS, scenario
from s_net import PLAIN


@scenario(rows="~N27 F01", machine=PLAIN, drivers=ONLY_OURS, timeout=200, noise="host:")
def net_two_changes(m):
    "queues and MTU are changed at the same time, over and over: one of the two may be told to come again, none hangs"
    n = Nic(m)
    m.sh("""rm -f /tmp/channels /tmp/mtu
(set +e; for i in 1 2 1 2 1 2 1 2 1 2; do ethtool -L eth0 combined $i; done; echo >/tmp/channels) >/dev/null 2>&1 &
(set +e; until [ -e /tmp/channels ]; do ip link set eth0 mtu 1400; ip link set eth0 mtu 1500; done; echo >/tmp/mtu) >/dev/null 2>&1 &""")
    m.wait("[ -e /tmp/channels ] && [ -e /tmp/mtu ]", 60, "both are over")
    m.sh("ip link set eth0 mtu 1500; ethtool -L eth0 combined 2; rm /tmp/channels /tmp/mtu")
    n.up()
    n.content(0.2, "after all that")
