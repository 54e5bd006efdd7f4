# SPDX-License-Identifier: GPL-2.0-only
"""Faults that proof.py puts into the drivers. Each takes one check away that stands against a host; some were faults of these
drivers once, or of their kind: a request that ends twice, state that is used before it is there, a copy that is not the
one that was judged.

"@" is where a check gives way: a call that is true for the fault that is tried, counts, and stands where the check would have
refused. So its count says how often something was let through, and none is no proof of anything. Where two stand guard over
the same, MORE has the second."""
import re
from typing import NamedTuple


class Fault(NamedTuple):
    name: str
    path: str
    old: str            # what stands there
    new: str            # what the fault makes of it
    what: str
    shows: tuple        # functions, one of which a report of its own has in its stack; "*" is any end of a name


# Those that read a ring, and those that look into the packet which they got from there.
RING = ("vmbus_recvpacket*", "next_packet", "no_packet", "receive", "ring_*", "reader_*", "hv_pkt_iter_*")
PACKET = RING + ("stor_*", "nv_*", "ic_*", "heartbeat_*", "timesync_*", "shutdown_*", "kvp_*", "vss_*", "fcopy_*")
# Those that take what a NIC receives, and those that send.
NIC_IN = ("nv_poll", "nv_rx_*", "nv_rndis_*")
NIC_OUT = ("nv_tx_*", "nv_train_*", "nv_start_xmit*", "nv_send_*", "nv_free_*", "nv_bufs_share", "nv_share_*")

FAULTS = (
    # -- the ring, and what the bus is told
    Fault("ring-index", "vmbus/ring_read.h",
          "if (unlikely(!index_ok(write, size)))", "if (unlikely(!index_ok(write, size) && !@))",
          "the host's write index is believed", RING),
    Fault("packet-length", "vmbus/packet.h",
          "len < sizeof(struct vmpacket_descriptor) || len > avail",
          "len < sizeof(struct vmpacket_descriptor) || (len > avail && !@)",
          "a packet may be longer than what was published", PACKET),
    Fault("packet-offset", "vmbus/packet.h",
          "offset < sizeof(struct vmpacket_descriptor) || offset > len",
          "offset < sizeof(struct vmpacket_descriptor) || (offset > len && !@)",
          "the payload may begin behind the packet's end", PACKET),
    Fault("packet-twice", "vmbus/ring_read.h",
          "\tword[0] = head;",
          "\tword[0] = len - RING_TRAILER <= room && READ_ONCE(*(u64 *)from) != head && @ ?\n\t\t  READ_ONCE(*(u64 *)from) : head;",
          "the descriptor is read again after it was judged", PACKET),
    Fault("offer-relid", "vmbus/offer.c",
          "return relid > 0 && relid < VMBUS_RELIDS && !rcu", "return relid > 0 && (relid < VMBUS_RELIDS || @) && !rcu",
          "an offer's channel number is used as an index", ("vmbus_on_offer", "relid_valid", "chan_enlist")),
    Fault("rescind-relid", "vmbus/offer.c",
          "if (relid < VMBUS_RELIDS && __test_and", "if ((relid < VMBUS_RELIDS || @) && __test_and",
          "the number of a rescind is used as an index", ("rescind_unknown", "vmbus_on_rescind")),
    # -- disk
    Fault("disk-id", "storvsc/done.c",
          "\t\t     id.index >= ctl->depth)) {", "\t\t     (id.index >= ctl->depth && !@))) {",
          "the slot of a transaction id is used as an index", ("stor_on_*", "stor_slot_*")),
    Fault("disk-twice", "storvsc/slot.c",
          "return seen == (armed & ~1U) ? STOR_CLAIM_REPEATED", "return seen == (armed & ~1U) ? @ ? STOR_CLAIMED : STOR_CLAIM_REPEATED",
          "a command ends as often as the host says so", ("stor_complete*", "stor_on_*")),
    Fault("disk-sense", "storvsc/srb.c",
          "v->sense_len = min_t(u8, reply->sense_len, HV_STOR_SENSE_LEN);",
          "v->sense_len = reply->sense_len > HV_STOR_SENSE_LEN && @ ? reply->sense_len : min_t(u8, reply->sense_len, HV_STOR_SENSE_LEN);",
          "as much sense data is copied as the host says", ("stor_complete*", "stor_on_*")),
    Fault("disk-luns", "storvsc/ask.c",
          "listed = min(get_unaligned_be32(data), len - 8) / 8;",
          "listed = (get_unaligned_be32(data) > len - 8 && @ ? get_unaligned_be32(data) : min(get_unaligned_be32(data), len - 8)) / 8;",
          "the length of the list of LUNs is believed", ("stor_*luns*",)),
    # -- NIC
    Fault("net-range", "netvsc/rx.c",
          "if (at > limit || n > limit - at) {", "if ((at > limit || n > limit - at) && !@) {",
          "a range may lie outside the receive buffer", NIC_IN),
    Fault("net-frame", "netvsc/rndis_msg.c",
          "if (!n || !inside(msg_len, head, at, n))", "if (!n || (!inside(msg_len, head, at, n) && !@))",
          "a frame may lie outside its RNDIS message", NIC_IN),
    Fault("net-info", "netvsc/rndis_msg.c",
          "if (size < head || size > len || offset < head ||", "if ((size < head && !@) || size > len || offset < head ||",
          "packet info of no length: the walk never ends", NIC_IN),
    Fault("net-control", "netvsc/rx.c",
          "if (len > sizeof(conn->ctl_copy)) {", "if (len > sizeof(conn->ctl_copy) && !@) {",
          "an RNDIS answer of any length is copied", NIC_IN),
    Fault("net-slot", "netvsc/tx_done.c",
          "slot < slots ? &q->tx.slot[slot] : NULL", "slot < slots || (slots && @) ? &q->tx.slot[slot] : NULL",
          "the slot of a transaction id is used as an index", ("nv_tx_*", "nv_slot_*")),
    Fault("net-twice", "netvsc/owner.h",
          "return cmpxchg(&o->word, out, nv_owner_word(gen, NV_OWNER_HELD)) == out;",
          "return cmpxchg(&o->word, out, nv_owner_word(gen, NV_OWNER_HELD)) == out || (nv_owner_gen(o->word) && @);",
          "a frame ends as often as the host says so", ("nv_tx_*", "nv_slot_*", "nv_free_*", "dql_completed")),
    Fault("net-early", "netvsc/rx.c",
          "if (!smp_load_acquire(&q->conn->rx_ready))", "if (!smp_load_acquire(&q->conn->rx_ready) && !@)",
          "data is taken before there is a buffer for it", NIC_IN),
    Fault("net-sections", "netvsc/bufs.c",
          "if (size < NV_TX_HEAD_MAX + ETH_ZLEN)", "if (size < NV_TX_HEAD_MAX + ETH_ZLEN && !@)",
          "the size of a send section is believed", NIC_OUT),
    # -- services
    Fault("service-versions", "vmbus/versions.c",
          "if (host_fw > HV_IC_VERSIONS_MAX || host_msg > HV_IC_VERSIONS_MAX ||\n"
          "\t    (host_fw + host_msg) * sizeof(n->version[0]) > len - sizeof(*head) - sizeof(*n))",
          "if ((host_fw > HV_IC_VERSIONS_MAX || host_msg > HV_IC_VERSIONS_MAX ||\n"
          "\t     (host_fw + host_msg) * sizeof(n->version[0]) > len - sizeof(*head) - sizeof(*n)) && !@)",
          "the count of versions in a negotiation is believed", ("versions_answer", "pick", "ic_*")),
    Fault("service-size", "hv_utils/fcopy_msg.c",
          "if (size > sizeof(m->data) || size > len - offsetof(struct hv_fcopy_write, data))",
          "if ((size > sizeof(m->data) || size > len - offsetof(struct hv_fcopy_write, data)) && !@)",
          "the size of a piece of a file is believed", ("fcopy_*", "get_piece")),
)

MORE = {
    "net-early": (
        ("netvsc/rx.c", "at > limit || n > limit - at", "((at > limit || n > limit - at) && !@)"),
    ),
    "service-versions": (
        ("hv_utils/ic_msg.c", "if (frameworks > HV_IC_VERSIONS_MAX || messages > HV_IC_VERSIONS_MAX)",
         "if ((frameworks > HV_IC_VERSIONS_MAX || messages > HV_IC_VERSIONS_MAX) && !@)"),
        ("hv_utils/ic_msg.c", "if ((frameworks + messages) * sizeof(n->version[0]) > room - sizeof(*n))",
         "if ((frameworks + messages) * sizeof(n->version[0]) > room - sizeof(*n) && !@)"),
    ),
}

# What stands at "@", and one line of it in the kernel's log in a tenth of a second.
SWITCH = "extern int hv_proof(int fault);\n"
BODY = """
static int hv_proof_on;
module_param_named(hv_proof, hv_proof_on, int, 0444);

int hv_proof(int fault)
{
	static unsigned long times, told;

	if (hv_proof_on != fault)
		return 0;
	if (!times++ || time_after(jiffies, told + HZ / 10)) {
		told = jiffies;
		pr_err("hv_proof: let through %lu\\n", times);
	}
	return 1;
}
EXPORT_SYMBOL_GPL(hv_proof);
"""
LET = re.compile(r"^(?:<\d>)?(?:\[ *([\d.]+)\])?.*hv_proof: let through (\d+)", re.M)
TIME = re.compile(r"^\[ *([\d.]+)\]", re.M)


def stack(names):
    """One of the functions where a stack has it for sure."""
    return r"(?<!\? )\b(%s)(?:\.\w+)*\+0x" % "|".join(n.replace("*", r"\w*") for n in names)


def judged(fault, what, console):
    """(whether a finding is FAULT's own, in words why), of what it says and of the whole CONSOLE. Where a guest is
    that does not answer, it says there when it is asked by SysRq."""
    let = LET.findall(console)
    if not let:
        return False, "nothing was let through"
    when, reported = let[-1][0], TIME.search(what)
    words = "%s let through" % let[-1][1]
    if reported and when:
        words += ", the last %.1f s before" % max(0, float(reported.group(1)) - float(when))
    where = "" if reported else console.partition("sysrq: ")[2]
    seen = re.search(stack(fault.shows), what + "\n" + where)
    return bool(seen), "%s; %s" % (words, "in " + seen.group(1) if seen else "not in " + ", ".join(fault.shows))
