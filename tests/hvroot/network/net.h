/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A network device of the root partition, its traffic on a TAP. Private to
 * the files of this room: nvsp.c speaks NVSP, ctl.c the RNDIS control
 * messages, oid.c their objects, tx.c takes the guest's frames to the
 * TAP and rx.c the TAP's to the guest; frame.c and rss.c are pure.
 */
#ifndef HVROOT_NET_H
#define HVROOT_NET_H

#include "manner.h"
#include "network/frame.h"
#include "network/order.h"
#include "network/rss.h"
#include "network/wire.h"
#include "vmbus/bus.h"

#define NET_RANGES	562	/* at most, in one transfer packet */
#define NET_TRAIN	16	/* frames gathered into one transfer packet */
#define NET_XACTS	1024	/* transfer packets that the guest may hold */
#define NET_RESERVE	16	/* sections kept back for control messages */
#define NET_MULTICAST	64	/* addresses in the list */
#define NET_SLOT	512	/* of the receive buffer, with MANNER_NIC_SLOTS */

struct net_buf {			/* shared buffer of the guest */
	bool ok;
	uint32_t gpadl;
	uint16_t id;
	uint32_t bytes;
	uint32_t offset;		/* of byte 0 in the first page */
	uint8_t **page;
	uint32_t section;		/* size of one */
	uint32_t sections;
};

struct net_xact {			/* a transfer packet that the guest holds */
	struct vsp_chan *ch;
	unsigned int count;
	uint32_t section[NET_RANGES];
	int next_free;
};

struct net_train {			/* frames for one queue, not sent yet */
	unsigned int count;
	struct xfer_range range[NET_RANGES];
	uint32_t section[NET_RANGES];
};

struct net_held {			/* an answer kept back by a fault */
	struct net_held *next;
	struct nic *nic;
	struct vsp_chan *ch;
	struct ptimer *timer;
	bool control;			/* RNDIS reply, else a completion */
	uint64_t id;
	size_t len;
	uint8_t data[];
};

struct net_fault {
	struct net_fault *next;
	char on[32];			/* message name, or "" */
	uint32_t oid;			/* 0 = any */
	enum { NETF_DROP, NETF_DELAY, NETF_HOLD, NETF_DUPLICATE, NETF_STATUS,
	       NETF_SHORT, NETF_ID, NETF_HEX } kind;
	unsigned int count;
	uint64_t value;
	uint32_t offset;
	size_t nbytes;
	uint8_t bytes[256];
};

struct net_stats {
	uint64_t tx_packets, tx_bytes, tx_messages, tx_lso, tx_csum, tx_vlan;
	uint64_t tx_section, tx_direct, tx_bad, tx_refused, tx_trains;
	uint64_t rx_packets, rx_bytes, rx_messages, rx_rsc, rx_filtered;
	uint64_t rx_no_section, rx_vlan, rx_too_long, rx_bad_completion;
	uint64_t control, control_bad;
};

struct nic {
	struct vsp_dev dev;
	struct nic *next;

	/* as asked for */
	char tap[16];
	int fd;
	bool reading;
	uint8_t mac[6];
	uint32_t nvsp_cap;
	uint32_t mtu_max;		/* without the Ethernet header */
	unsigned int queues;		/* channels at most, primary included */
	uint64_t speed;			/* bit/s */
	bool link;
	uint16_t access_vlan;		/* 0 = trunk */
	bool no_csum, no_lso, no_rsc, no_rss;
	bool no_v6opt;			/* large frames over IPv6 without options and extension headers */
	bool lie;			/* calls every checksum right */
	uint32_t manners;		/* enum manner bits */
	uint32_t lso_max;
	uint32_t send_section;
	uint32_t max_packets;		/* announced: messages in a section */

	/* as agreed with the guest */
	uint32_t nvsp;			/* 0 = not yet */
	uint32_t ndis;			/* major << 16 | minor */
	struct net_order order;
	uint32_t pieces;		/* page ranges in a packet at most */
	uint32_t mtu;			/* frame with Ethernet header */
	uint64_t caps;
	struct net_buf recv, send;
	uint32_t *free_section;		/* stack */
	uint32_t nfree;
	struct net_xact *xact;
	int free_xact;
	bool rndis_up;
	uint32_t filter;
	uint8_t cur_mac[6];
	uint8_t multicast[NET_MULTICAST][6];
	unsigned int nmulticast;
	struct ndis_offload_params offload;
	struct net_rss rss;
	unsigned int subs;		/* granted */
	unsigned int subs_open;
	bool vf_path;
	bool vf_on;			/* there is a VF for it; told to each connection */
	uint32_t vf_serial;
	struct nic *behind;		/* its wire is that NIC's VF's: frames while the path is the VF */
	uint16_t rsc_id;
	uint32_t rsc_part;		/* bytes of a part at most, 0 = what a section takes */

	uint8_t *frame;			/* from the TAP */
	uint8_t *message;		/* from the guest, one NVSP 107 */
	struct net_train train[VSP_CHANS];
	struct net_fault *faults;
	struct net_held *held;
	struct net_stats stat;
};

#define NET_FRAME_MAX	(65536 + 64)
#define NET_MESSAGE_MAX	(1024 * 1024)

static inline struct nic *nic_of(struct vsp_chan *ch)
{
	return ch->dev->priv;
}

static inline bool net_rsc_on(const struct nic *n)
{
	return n->nvsp >= NVSP_V6_1 && (n->caps & NVSP_CAP_RSC) && !n->no_rsc &&
	       n->offload.rsc_v4 == 2;
}

/* nvsp.c */
extern const struct vsp_ops net_ops;
const char *nvsp_name(uint32_t type);
/* An unsolicited message, no completion wanted. */
void net_send_nvsp(struct nic *n, const struct nvsp *m, size_t len);
/* The table that spreads what the guest sends: entry I is queue(I). */
void net_send_table(struct nic *n, uint32_t count, uint32_t offset, const uint32_t *queue);
/* Whether there is a VF. */
void net_tell_vf(struct nic *n);
void net_fall_back(struct nic *n);
/* All that the guest agreed with us is void. */
void net_forget(struct nic *n);

/* buf.c: the guest's two buffers */
bool net_buf_take(struct nic *n, struct net_buf *b, uint32_t gpadl, uint16_t id);
void net_buf_drop(struct net_buf *b);
/* False when the guest tore the memory list down under us. */
bool net_buf_alive(struct nic *n, struct net_buf *b);
void net_buf_write(struct net_buf *b, uint32_t at, const void *from, size_t len);
void net_buf_read(struct net_buf *b, uint32_t at, void *to, size_t len);

/* The page ranges of a packet, all of them: pieces in @iov (to be freed). */
int net_gather_pages(struct vsp_chan *ch, const struct vsp_packet *p,
		     struct iovec **iov, size_t *bytes);

/* ctl.c */
void net_control(struct nic *n, const uint8_t *msg, size_t len);
void net_indicate(struct nic *n, uint32_t status, const void *data, size_t len);
/* Puts a whole RNDIS message into a section and sends it; false = no room. */
bool net_send_control(struct nic *n, const void *msg, size_t len);
/* The same on any queue, where control messages do not belong. */
bool net_send_on(struct nic *n, unsigned int queue, const void *msg, size_t len);

/* oid.c: length of the answer, status set */
size_t net_query(struct nic *n, uint32_t oid, const uint8_t *in, size_t in_len,
		 uint8_t *out, size_t cap, uint32_t *status);
uint32_t net_set(struct nic *n, uint32_t oid, const uint8_t *in, size_t len);
void net_offload_caps(struct nic *n, struct ndis_offload *o);

/* tx.c */
uint32_t net_transmit(struct nic *n, const uint8_t *msg, size_t len);

/* rx.c */
int net_rx_init(struct nic *n);
void net_rx_start(struct nic *n);
void net_rx_stop(struct nic *n);
bool net_rx_sections(struct nic *n);
void net_rx_completed(struct nic *n, struct vsp_chan *ch, uint64_t id);
void net_rx_channel_gone(struct nic *n, struct vsp_chan *ch);
/* Sends what net_rx gathered for @queue. */
void net_train_flush(struct nic *n, unsigned int queue);
/* A section for one message on @queue; false when none is left. */
bool net_train_add(struct nic *n, unsigned int queue, const struct iovec *iov,
		   unsigned int niov, bool control);

/* tap.c */
int net_tap_open(struct nic *n);
void net_tap_offloads(struct nic *n, bool large);

/* fault.c */
/* Answers with a completion, through the faults; @on names what it answers. */
void net_answer(struct vsp_chan *ch, const char *on, uint64_t id,
		const void *body, size_t len);
void net_answer_control(struct nic *n, const char *on, uint32_t oid,
			void *msg, size_t len);
int net_fault_command(struct reply *r, int argc, char **argv, struct nic *n);
void net_release_held(struct nic *n);
void net_fault_drop(struct nic *n, struct vsp_chan *ch);
void net_fault_clear(struct nic *n);

/* cmd.c: control commands and counters */
void net_commands(struct bus *b, struct nic **nics);

/* dev.c */
/* NVSP version of "6.1" and the like, 0 for others. */
uint32_t net_version(const char *v);
void net_free(struct vsp_dev *d);

#endif
