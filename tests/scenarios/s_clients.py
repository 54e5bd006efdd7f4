# SPDX-License-Identifier: GPL-2.0-only
"""The other in-tree VMBus drivers on our bus: the same symbols, the same behaviour."""
from registry import INTREE, ONLY_OURS, BOTH, Machine, scenario

ALL_OFFERS = Machine(cpus=1, offers="all")
# module, the driver's name on the bus, what hvroot offers for it (None: nothing to bind)
CLIENTS = (
    ("hv_utils", "hv_utils", "shutdown"),
    ("hv_balloon", "hv_balloon", "balloon"),
    ("hyperv_keyboard", "hyperv_keyboard", "keyboard"),
    ("hid_hyperv", "hid_hyperv", "mouse"),
    ("hyperv_drm", "hyperv_drm", "video"),
    ("pci_hyperv", "hv_pci", "pci"),
    ("hv_netvsc", "hv_netvsc", None),
    ("uio_hv_generic", "uio_hv_generic", None),
    ("hv_sock", None, None),
)


@scenario(rows="V60", machine=ALL_OFFERS, drivers=BOTH, timeout=400, fresh=True)
def abi_clients(m):
    "every other VMBus driver that Debian ships loads on the bus, and binds where there is a device"
    loaded, bound, absent = [], [], []
    for module, driver, offer in CLIENTS:
        if not m.has_module(module):
            absent.append(module)
            continue
        m.sh("modprobe " + module, 60)
        loaded.append(module)
        if driver and offer:
            m.wait("ls /sys/bus/vmbus/drivers/%s | grep -q -- -" % driver, 20, "%s binds" % module)
            bound.append(module)
    m.expect(len(loaded) >= 6, "only %s loaded; this kernel lacks %s" % (loaded, absent))
    m.note("loaded %s; bound %s; not in this kernel: %s" % (loaded, bound, absent))
    gone = [x for x in reversed(loaded) if x != "hv_balloon"]           # has no exit
    m.sh("for x in %s; do rmmod $x || exit 1; done" % " ".join(gone), 100)
