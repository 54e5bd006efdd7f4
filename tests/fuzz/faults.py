# SPDX-License-Identifier: GPL-2.0-only
"""Faults that proof.py puts into the drivers: name, file, what stands there, what the fault makes of
it, what the fault is; where two stand guard over the same, MORE has the second. "@" is true when this fault is the one that is
tried, and all others are not there. Each takes one check away that stands against a host; some were faults of these
drivers once, or of their kind: a request that ends twice, state that is used before it is there, a copy that is not the
one that was judged."""

FAULTS = (
    # -- the ring, and what the bus is told
    ("ring-index", "vmbus/ring_read.h",
     "if (unlikely(!index_ok(write, size)))", "if (unlikely(!@ && !index_ok(write, size)))",
     "the host's write index is believed"),
    ("packet-length", "vmbus/packet.h",
     "len < sizeof(struct vmpacket_descriptor) || len > avail", "len < sizeof(struct vmpacket_descriptor) || (!@ && len > avail)",
     "a packet may be longer than what was published"),
    ("packet-offset", "vmbus/packet.h",
     "offset < sizeof(struct vmpacket_descriptor) || offset > len",
     "offset < sizeof(struct vmpacket_descriptor) || (!@ && offset > len)",
     "the payload may begin behind the packet's end"),
    ("packet-twice", "vmbus/ring_read.h",
     "\tword[0] = head;", "\tword[0] = @ ? READ_ONCE(*(u64 *)from) : head;",
     "the descriptor is read again after it was judged"),
    ("offer-relid", "vmbus/offer.c",
     "return relid > 0 && relid < VMBUS_RELIDS && !rcu", "return relid > 0 && (@ || relid < VMBUS_RELIDS) && !rcu",
     "an offer's channel number is used as an index"),
    ("rescind-relid", "vmbus/offer.c",
     "if (relid < VMBUS_RELIDS && __test_and", "if ((@ || relid < VMBUS_RELIDS) && __test_and",
     "the number of a rescind is used as an index"),
    # -- disk
    ("disk-id", "storvsc/done.c",
     "\t\t     id.index >= ctl->depth)) {", "\t\t     (!@ && id.index >= ctl->depth))) {",
     "the slot of a transaction id is used as an index"),
    ("disk-twice", "storvsc/slot.c",
     "return seen == (armed & ~1U) ? STOR_CLAIM_REPEATED", "return seen == (armed & ~1U) ? @ ? STOR_CLAIMED : STOR_CLAIM_REPEATED",
     "a command ends as often as the host says so"),
    ("disk-sense", "storvsc/srb.c",
     "v->sense_len = min_t(u8, reply->sense_len, HV_STOR_SENSE_LEN);", "v->sense_len = @ ? reply->sense_len : min_t(u8, reply->sense_len, HV_STOR_SENSE_LEN);",
     "as much sense data is copied as the host says"),
    ("disk-luns", "storvsc/ask.c",
     "listed = min(get_unaligned_be32(data), len - 8) / 8;", "listed = (@ ? get_unaligned_be32(data) : min(get_unaligned_be32(data), len - 8)) / 8;",
     "the length of the list of LUNs is believed"),
    # -- NIC
    ("net-range", "netvsc/rx.c",
     "if (at > limit || n > limit - at) {", "if (!@ && (at > limit || n > limit - at)) {",
     "a range may lie outside the receive buffer"),
    ("net-frame", "netvsc/rndis_msg.c",
     "if (!n || !inside(msg_len, head, at, n))", "if (!n || (!@ && !inside(msg_len, head, at, n)))",
     "a frame may lie outside its RNDIS message"),
    ("net-info", "netvsc/rndis_msg.c",
     "if (size < head || size > len || offset < head ||", "if ((!@ && size < head) || size > len || offset < head ||",
     "packet info of no length: the walk never ends"),
    ("net-control", "netvsc/rx.c",
     "if (len > sizeof(conn->ctl_copy)) {", "if (!@ && len > sizeof(conn->ctl_copy)) {",
     "an RNDIS answer of any length is copied"),
    ("net-slot", "netvsc/tx_done.c",
     "slot < slots ? &q->tx.slot[slot] : NULL", "(@ ? slots : slot < slots) ? &q->tx.slot[slot] : NULL",
     "the slot of a transaction id is used as an index"),
    ("net-twice", "netvsc/owner.h",
     "return cmpxchg(&o->word, out, nv_owner_word(gen, NV_OWNER_HELD)) == out;",
     "return cmpxchg(&o->word, out, nv_owner_word(gen, NV_OWNER_HELD)) == out || (@ && nv_owner_gen(o->word));",
     "a frame ends as often as the host says so"),
    ("net-early", "netvsc/rx.c",
     "if (!smp_load_acquire(&q->conn->rx_ready))", "if (!@ && !smp_load_acquire(&q->conn->rx_ready))",
     "data is taken before there is a buffer for it"),
    ("net-sections", "netvsc/bufs.c",
     "if (size < NV_TX_HEAD_MAX + ETH_ZLEN)", "if (!@ && size < NV_TX_HEAD_MAX + ETH_ZLEN)",
     "the size of a send section is believed"),
    # -- services
    ("service-versions", "vmbus/versions.c",
     "if (host_fw > HV_IC_VERSIONS_MAX || host_msg > HV_IC_VERSIONS_MAX ||\n"
     "\t    (host_fw + host_msg) * sizeof(n->version[0]) > len - sizeof(*head) - sizeof(*n))",
     "if (!@ && (host_fw > HV_IC_VERSIONS_MAX || host_msg > HV_IC_VERSIONS_MAX ||\n"
     "\t    (host_fw + host_msg) * sizeof(n->version[0]) > len - sizeof(*head) - sizeof(*n)))",
     "the count of versions in a negotiation is believed"),
    ("service-size", "hv_utils/fcopy_msg.c",
     "if (size > sizeof(m->data) || size > len - offsetof(struct hv_fcopy_write, data))",
     "if (!@ && (size > sizeof(m->data) || size > len - offsetof(struct hv_fcopy_write, data)))",
     "the size of a piece of a file is believed"),
)

MORE = {
    "net-early": (
        ("netvsc/rx.c", "at > limit || n > limit - at", "(!@ && (at > limit || n > limit - at))"),
    ),
    "service-versions": (
        ("hv_utils/ic_msg.c", "if (frameworks > HV_IC_VERSIONS_MAX || messages > HV_IC_VERSIONS_MAX)",
         "if (!@ && (frameworks > HV_IC_VERSIONS_MAX || messages > HV_IC_VERSIONS_MAX))"),
        ("hv_utils/ic_msg.c", "if ((frameworks + messages) * sizeof(n->version[0]) > room - sizeof(*n))",
         "if (!@ && (frameworks + messages) * sizeof(n->version[0]) > room - sizeof(*n))"),
    ),
}
