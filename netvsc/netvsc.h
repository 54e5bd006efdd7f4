/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Private to the network driver.
 *
 * struct nv lives as long as the network device; struct nv_conn is one
 * connection to the host with its buffers and queues, made by nv_attach() and
 * unmade by nv_detach() whenever a setting needs a new one.
 */
#ifndef _NETVSC_H
#define _NETVSC_H

#include <linux/bpf.h>
#include <linux/completion.h>
#include <linux/hyperv.h>
#include <linux/kref.h>
#include <linux/llist.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/ratelimit.h>
#include <linux/sizes.h>
#include <linux/u64_stats_sync.h>
#include <linux/workqueue.h>
#include <net/xdp.h>
#include <hv/compat_driver.h>
#include <hv/compat_net.h>
#include <hv/compat_work.h>
#include "free_list.h"
#include "life.h"
#include "owner.h"
#include "rndis_msg.h"

#define NV_QUEUES_MAX	64
/* How long a ring of which the host has taken the channel back is read until it is empty. */
#define NV_DRAIN_MS	1000
/* How long the host may take for one answer, and once it failed to answer. */
#define NV_WAIT_MS	5000
#define NV_WAIT_SILENT_MS 300
/* Who waits with RTNL, because the user is to hear of it, waits for all of it so long. */
#define NV_RTNL_MS	1000
/* And for all that a new connection takes, the way back to old settings included. */
#define NV_BUILD_MS	(3 * NV_WAIT_MS)
/* A lost connection is tried again after so many seconds, then twice that, ... */
#define NV_RETRY_MIN_S	5
#define NV_RESET_EACH		HZ	/* from one reset to the next, at least */
#define NV_RETRY_MAX_S	320
/* Changes of the link are told to the stack at least this far apart. */
#define NV_LINK_MS	2000

#define NV_MTU_MIN	68
#define NV_MTU_MAX	65521
#define NV_RECV_BYTES	(16 * SZ_1M)
#define NV_RECV_BYTES_OLD (15 * SZ_1M)
#define NV_RECV_BYTES_MAX (31 * SZ_1M)
#define NV_SEND_BYTES	SZ_1M
#define NV_SEND_BYTES_MAX (15 * SZ_1M)
/* Ranges that a coalesced packet may consist of, and the packet around them. */
#define NV_RANGES_MAX	562
#define NV_PACKET_MAX	(24 + NV_RANGES_MAX * 8 + 40 + 64)

#define NV_TX_HEAD	128	/* room for the header of one of them */
/* Pieces of a frame: what a host takes that does not say, and what any has to. */
#define NV_PIECES	34
#define NV_PIECES_MIN	2	/* header and a linear frame */
#define NV_TX_HEAD_PAGES DIV_ROUND_UP(NV_TX_SLOTS * NV_TX_HEAD, PAGE_SIZE)
/* A host takes what lies in the ring at once. Byte queue limits below two of the largest packets
 * would stop the stack after each, and the next would cost a signal.
 */
#define NV_BQL_MIN	(2 * SZ_64K)
#define NV_COMPLETIONS	1024	/* receive completions that may wait */
#define NV_PARTS	NV_RANGES_MAX	/* of a coalesced packet: all lie in one transfer packet */
#define NV_CTL_SLOTS	8	/* control messages the host may hold */
#define NV_SEND_TRIES	100	/* of a request, half a millisecond apart, at a full ring */
#define NV_CTL_REPLY	2048	/* longest control message of the host */
#define NV_RSS_ENTRIES	256
#define NV_TX_COPYBREAK	U16_MAX	/* whatever fits into a section */
#define NV_RX_COPYBREAK	2048
#define NV_RX_COPYBREAK_MIN 256	/* what is always copied: the headers */
/* A program's frame without fragments fits into a page with head and tail. */
#define NV_XDP_FRAME	(PAGE_SIZE - XDP_PACKET_HEADROOM - \
			 SKB_DATA_ALIGN(sizeof(struct skb_shared_info)))
/* What the host did not take of a work item's is said again after so long. */
#define NV_AGAIN_LATER_MS 2000
/* The host is asked again for a path of data that it did not give after so long. */
#define NV_VF_ASK_MS	5000

/*
 * A transaction id says what it belongs to, so that no answer can be taken for
 * another kind: kind, generation of the slot, slot.
 */
enum nv_id_kind { NV_ID_NVSP = 1, NV_ID_CTL, NV_ID_TX };
#define NV_ID(kind, gen, slot)	((u64)(kind) << 56 | (u64)((gen) & 0xffffff) << 32 | (slot))
#define NV_ID_KIND(id)		((unsigned int)((id) >> 56))
#define NV_ID_GEN(id)		((u32)((id) >> 32) & 0xffffff)
#define NV_ID_SLOT(id)		((u32)(id))

/* What the host can get wrong; each has a counter in ethtool -S. */
enum nv_bad {
	NV_BAD_PACKET,		/* type or length of a ring packet */
	NV_BAD_RANGE,		/* range outside the receive buffer */
	NV_BAD_RNDIS,		/* RNDIS message or packet info */
	NV_BAD_REPLY,		/* answer nobody asked for */
	NV_BAD_COMPLETION,	/* completion of an unknown request */
	NV_BAD_STATE,		/* message that makes no sense now */
	NV_BAD_TIMEOUT,		/* answer that did not come */
	NV_BAD_COUNT,
};

/* What goes over a VF; the names in ethtool -S are those of the in-tree driver. */
enum nv_vf_counter {
	NV_VF_RX_PACKETS, NV_VF_RX_BYTES, NV_VF_TX_PACKETS, NV_VF_TX_BYTES,
	NV_VF_TX_DROPPED, NV_VF_COUNTERS,
};

struct nv_vf_stats {
	struct u64_stats_sync syncp;
	u64_stats_t value[NV_VF_COUNTERS];
};

struct nv;
struct nv_conn;

/* Each queue's are written by other processors than its neighbour's. */
struct nv_rx_stats {
	struct u64_stats_sync sync;
	u64_stats_t packets, bytes, multicast;
	u64_stats_t coalesced, paged, csum_ok, csum_bad, no_memory, comp_busy, vlan_error;
	u64_stats_t xdp_drop, xdp_redirect, xdp_tx, no_taker;
} ____cacheline_aligned_in_smp;

struct nv_tx_stats {
	struct u64_stats_sync sync;
	u64_stats_t packets, bytes;
	u64_stats_t trains, sections, direct, lso;
	u64_stats_t stop, wake, full, no_section, dropped, refused, xdp;
	u64_stats_t no_memory, too_big, busy;
	u64_stats_t abandoned;	/* the host had them when it took their queue back */
} ____cacheline_aligned_in_smp;

struct nv_slot {
	struct nv_owner owner;	/* decides who may touch the rest */
	bool xdp;
	u16 packets;	/* for byte queue limits */
	u32 bytes;
	u32 later;	/* the next of nv_tx.later */
	void *data;	/* sk_buff, or xdp_frame; NULL when it was copied */
};

struct nv_tx {
	struct nv_slot *slot;	/* first those with a section, then the others */
	u32 slots;		/* 0 until all else is there */
	u32 sections;		/* how many have one */
	u32 first_section;	/* of the send buffer */
	struct nv_free with;	/* slots with a section */
	struct nv_free without;
	u32 later;		/* NAPI's: a slot whose frame is given back later, + 1 */
	u8 *heads[NV_TX_HEAD_PAGES];	/* NV_TX_HEAD bytes for each slot without */
	/* protected by the queue's transmit lock: */
	struct {
		bool open;
		u32 slot, used, packets, bytes;
		u32 last;	/* where its last message starts */
	} train;
	bool blocked;		/* the ring was full, the train waits */
	atomic_t unsent;	/* bytes that byte queue limits take for sent */
	unsigned long desc[(24 + 24 * 8 + 96 * 8) / sizeof(long)];
};

struct nv_part {
	const void *data;	/* in the receive buffer */
	u32 len;
};

struct nv_rx {
	struct page_pool *pool;		/* whole pages: of programs, and of long frames */
	struct page_pool *heads;	/* parts of pages: linear data of all other frames */
	struct xdp_rxq_info xdp_rxq;
	bool xdp_registered;
	/* touched by the queue's NAPI alone: */
	u64 *done;		/* transfer packets to be completed */
	u32 done_put, done_take;
	struct nv_part part[NV_PARTS];
	u32 parts, parts_len;
	struct nv_rx_meta first;	/* of a frame in several parts */
	bool flush_xdp;		/* frames of this poll wait elsewhere */
	bool flush_tx;		/* and in the section that this queue fills */
	u32 empty_polls;
};

struct nv_queue {
	struct nv_conn *conn;
	struct vmbus_channel *chan;	/* NULL before it is open, and once gone_work closed it */
	struct nv_rx_stats *rx_stats;	/* of its number, as the next */
	struct nv_tx_stats *tx_stats;
	u16 index;		/* number of the network device's queue */
	u16 sub;		/* number that the host knows it by */
	bool opened;
	bool dead;		/* a sub-channel that the host has taken back */
	bool opening;		/* sub_lock; somebody is in vmbus_open() */
	bool abandoned;		/* sub_lock; too late, the opener frees it */
	struct napi_struct napi;
	struct nv_rx rx;
	struct nv_tx tx;
	struct delayed_work retry;	/* when the host gave no room in time */
	struct work_struct gone_work;	/* closes a channel that the host has taken back */
	struct completion drained;	/* what was in its ring is read */
	struct llist_node orphan;
	/* completions of this poll, for byte queue limits */
	u32 bql_packets, bql_bytes;
	int budget;		/* of this poll; 0: netpoll */
};

/* A buffer shared with the host, made of single pages. */
struct nv_buf {
	void *mem;
	u32 bytes;
	struct vmbus_gpadl gpadl;
	bool shared;		/* the host may use it */
	bool told;		/* the host was told of it by NVSP */
	struct nv_sections sec;
};

/* Protected by @lock: one request to the host that is waited for. */
struct nv_wait {
	spinlock_t lock;	/* protects: all below, @done excepted */
	struct completion done;
	bool active;
	u64 id;			/* NVSP: transaction; RNDIS: request id */
	u32 want;		/* type of the answer, 0 = any, even an empty one */
	void *reply;
	u32 cap, len;
};

enum nv_answer { NV_ANSWER_TAKEN, NV_ANSWER_UNFIT, NV_ANSWER_TO_NOBODY };

struct nv_ctl_slot {
	struct nv_owner owner;	/* decides who may touch the page */
	struct page *page;
};

/* What the host said about itself, in one go at attach. */
struct nv_host {
	u32 nvsp;
	u32 ndis_minor;
	u64 caps;		/* HV_NVSP_CAP_* asked for */
	u32 pieces;		/* that a frame sent as its pages may have, its header included */
	u32 max_frame;
	u8 mac[ETH_ALEN];
	bool link;
	u64 speed;		/* in 100 bit/s */
	struct hv_ndis_offload offload;
	u32 rss_queues, rss_entries;
	u32 multicast_max;
	u32 max_packets;	/* messages in one section */
	u32 align;
};

struct nv_config {
	u32 mtu;
	u32 queues;
	u32 recv_bytes;
	u32 send_bytes;
};

/* How a connection is built. */
enum nv_how {
	NV_AS_IT_GOES,	/* the host may take less than the settings; RTNL is free */
	NV_EXACTLY,	/* as the user wants it, or not at all; RTNL is free */
	NV_UNDER_RTNL,	/* exactly, and the caller keeps RTNL: twice NV_WAIT_MS for all */
};

struct nv_conn {
	struct kref ref;	/* its owner, and whoever opens a sub-channel */
	struct rcu_head rcu;
	struct nv *nv;
	struct vmbus_channel *chan;
	struct nv_config cfg;
	struct nv_host host;
	struct nv_buf recv, send;
	bool dead;		/* the channel is gone or the host does not answer */
	bool silent;		/* the last request got no answer */
	bool reset_wanted;	/* it is of no use any more */
	bool rtnl;		/* who builds or undoes it has RTNL */
	bool exactly;		/* a host that takes less than the settings is refused */
	bool rsc_told;		/* the host knows that it may coalesce */
	bool rx_ready;		/* transfer packets make sense now */
	u32 filter;		/* HV_FILTER_* that the host has */
	bool filter_late;	/* it has not taken the last one; rx_mode_work alone */
	u32 filter_refused;	/* that one, for which it has a simpler; rx_mode_work alone */
	bool filter_none;	/* it refuses each */
	bool rss_late;		/* it may not have our key and table; set and cleared under RTNL */
	bool mac_late;		/* nor our address; likewise */

	struct mutex request_lock;	/* one request at a time */
	struct nv_wait nvsp, rndis;
	u32 nvsp_gen, rndis_id;
	struct nv_ctl_slot ctl[NV_CTL_SLOTS];
	u8 ctl_copy[NV_CTL_REPLY] __aligned(8);	/* primary's NAPI alone */

	spinlock_t sub_lock;		/* protects: sub_accept, queues while subs open */
	bool sub_accept;
	u32 sub_granted;
	wait_queue_head_t sub_wait;
	u32 subs_seen;			/* offers that were opened, or failed to */
	u32 nqueues;			/* usable, primary included */
	u32 nalloc;
	bool queues_known;		/* sub_lock; @queue stays as it is from here on */
	bool has_host_table;		/* sub_lock */
	u32 host_table[HV_NVSP_SEND_TABLE_LEN];	/* sub_lock; the host's numbers */
	u32 send_table[HV_NVSP_SEND_TABLE_LEN];	/* queue numbers */
	bool has_send_table;
	struct nv_queue *queue[];
};

struct nv {
	struct net_device *ndev;
	struct hv_device *hdev;
	struct mutex lock;		/* protects: life, and all building of connections */
	enum nv_life life;		/* who has RTNL may read it */
	unsigned long deadline;		/* of the connection that is being built */
	struct task_struct *hurry;	/* has RTNL and waits; under RTNL, any task compares */
	unsigned long hurry_until;	/* that task alone */
	struct nv_conn __rcu *conn;	/* written under RTNL and lock */
	struct nv_config cfg;
	struct bpf_prog __rcu *prog;
	u32 msg_enable;
	u32 hash;			/* HV_HASH_* that we ask for */
	u8 rss_key[HV_RSS_KEY_LEN];
	u32 rss_table[NV_RSS_ENTRIES];
	u32 rss_entries;
	u32 changes;			/* of those and of the address, so far; under RTNL */
	u32 tx_l4;			/* HV_HASH_*: flows that we spread by ports too */
	unsigned long pick_until;	/* nv_pick_anew() */
	u32 speed;			/* set by the user, else 0 */
	u8 duplex;
	u32 tx_copybreak;		/* longer frames go as their pages */
	u32 rx_copybreak;		/* longer frames come in pages */
	netdev_features_t offered;	/* by any host so far; under RTNL */
	bool gone;			/* rescinded or removed */
	struct delayed_work link_work, announce_work;
	struct delayed_work rx_mode_work;
	struct delayed_work offload_work;
	bool offload_asked;		/* the host has indicated other offloads */
	bool rsc;			/* the stack wants coalesced frames; under RTNL */
	struct delayed_work reset_work;
	struct delayed_work start_work;	/* until there is a network device */
	unsigned int retry_s;		/* until the next try to connect */
	spinlock_t link_lock;		/* protects: those up to link_speed, which any reads */
	bool link;
	bool link_flap;			/* the network is another one now */
	bool link_told, speed_told;	/* since the newest connection asked */
	u64 link_speed;
	unsigned long link_last;

	unsigned long next_reset;	/* jiffies: not before; written under @lock */
	struct ratelimit_state limit;
	struct llist_head orphans;	/* queues whose channels came too late */
	atomic_t openers;		/* of sub-channels, of whatever connection */
	atomic64_t bad[NV_BAD_COUNT];
	atomic64_t resets, keepalives, late_replies;
	struct nv_rx_stats *rx_stats;	/* NV_QUEUES_MAX of each */
	struct nv_tx_stats *tx_stats;

	/* vf.c, under RTNL */
	struct net_device __rcu *vf;
	bool vf_path;			/* data goes over the VF */
	bool vf_asked;			/* it may, as far as the host is concerned; under RTNL */
	atomic_t vf_ends;		/* of its path, so far */
	bool vf_assoc;
	bool vf_mirrored;		/* it has what we have; under RTNL and the address lock */
	u32 vf_serial;
	struct delayed_work vf_work;
	struct nv_vf_stats __percpu *vf_stats;
};

static inline struct nv_conn *nv_conn_rtnl(struct nv *nv)
{
	return rtnl_dereference(nv->conn);
}

/* One line, limited, and a counter for what a host should not do. */
#define nv_bad(dev, kind, fmt, ...) do {				\
	struct nv *__nv = (dev);					\
									\
	atomic64_inc(&__nv->bad[kind]);					\
	if (__ratelimit(&__nv->limit))					\
		netdev_err(__nv->ndev, "host: " fmt "\n", ##__VA_ARGS__);	\
} while (0)

static inline void nv_add_one(struct u64_stats_sync *sync, u64_stats_t *value)
{
	u64_stats_update_begin(sync);
	u64_stats_inc(value);
	u64_stats_update_end(sync);
}

#define nv_count_rx(q, field)	nv_add_one(&(q)->rx_stats->sync, &(q)->rx_stats->field)
#define nv_count_tx(q, field)	nv_add_one(&(q)->tx_stats->sync, &(q)->tx_stats->field)

/* main.c */
extern unsigned int nv_ring_pages;

/* conn.c */
struct nv_conn *nv_attach(struct nv *nv, const struct nv_config *cfg, enum nv_how how);
void nv_detach(struct nv *nv, struct nv_conn *conn, bool rtnl);
void nv_conn_put(struct nv_conn *conn);
struct nv_conn *nv_conn_get(struct nv *nv);
void nv_conn_lock(struct nv_conn *conn);
void nv_conn_unlock(struct nv_conn *conn);

/* rebuild.c */
int nv_turn(struct nv *nv, enum nv_turn turn);
int nv_begin(struct nv *nv, enum nv_turn turn);
void nv_take_rtnl(struct nv *nv);
void nv_publish(struct nv *nv, struct nv_conn *conn);
int nv_reconfigure(struct nv *nv, const struct nv_config *cfg, enum nv_how how);
void nv_reset_wanted(struct nv_conn *conn);
void nv_reset_work(struct work_struct *work);
void nv_sleep(struct nv *nv);
int nv_wake(struct nv *nv);
unsigned int nv_retry_after(struct nv *nv);

/* nvsp.c */
int nv_nvsp_connect(struct nv_conn *conn);
void nv_send_table_map(struct nv_conn *conn);
int nv_nvsp_request(struct nv_conn *conn, struct hv_nvsp *m, u32 want, u32 least);
void nv_nvsp_tell(struct nv_conn *conn, struct hv_nvsp *m);
void nv_nvsp_completion(struct nv_queue *q, u64 id, const void *body, u32 len);
void nv_nvsp_inband(struct nv_queue *q, const void *body, u32 len);

/* wait.c */
void nv_wait_init(struct nv_wait *w);
bool nv_wait_room(int ret, unsigned int *tries);
void nv_wait_arm(struct nv_wait *w, u64 id, u32 want, void *reply, u32 cap);
void nv_wait_disarm(struct nv_wait *w);
enum nv_answer nv_wait_answer(struct nv_wait *w, u64 id, u32 type, const void *body, u32 len);
int nv_wait_for(struct nv_conn *conn, struct nv_wait *w, const char *what);
unsigned int nv_wait_limit(const struct nv_conn *conn);
int nv_request_begin(struct nv_conn *conn);
void nv_hurry(struct nv *nv);
void nv_hurry_end(struct nv *nv);

/* bufs.c */
int nv_bufs_share(struct nv_conn *conn);
void nv_bufs_revoke(struct nv_conn *conn);
void nv_bufs_unmap(struct nv_conn *conn);
void nv_bufs_free(struct nv_conn *conn);

/* rndis_start.c */
int nv_rndis_connect(struct nv_conn *conn);
void nv_rndis_halt(struct nv_conn *conn);

/* rndis.c */
void nv_rndis_tell(struct nv_conn *conn, const void *msg, u32 len);
int nv_rndis_exchange(struct nv_conn *conn, struct page *page, u32 len, u32 id, u32 type,
		      void *reply);
int nv_rndis_query(struct nv_conn *conn, u32 oid, const void *in, u32 in_len,
		   void *out, u32 cap);
int nv_rndis_set(struct nv_conn *conn, u32 oid, const void *data, u32 len);
void nv_rndis_receive(struct nv_conn *conn, const void *msg, u32 len);
void nv_rndis_sent(struct nv_conn *conn, u64 id);
void nv_rndis_free(struct nv_conn *conn);
int nv_rndis_filter(struct nv_conn *conn, u32 filter);

/* offload.c */
int nv_offload_query(struct nv_conn *conn, struct hv_ndis_offload *caps);
int nv_offload_set(struct nv_conn *conn, bool rsc);
netdev_features_t nv_offload_features(struct nv *nv, const struct nv_conn *conn);
netdev_features_t nv_offload_possible(const struct nv_conn *conn);
bool nv_offload_wanted(const struct nv_conn *conn);
void nv_offload_soon(struct nv *nv, unsigned int ms);
void nv_offload_work(struct work_struct *work);

/* tx_pick.c */
void nv_pick_anew(struct nv *nv);
u16 nv_select_queue(struct net_device *ndev, struct sk_buff *skb,
		    struct net_device *sb_dev);

/* tx.c, and what is beside it */
netdev_tx_t nv_start_xmit(struct sk_buff *skb, struct net_device *ndev);
void nv_tx_completion(struct nv_queue *q, u64 id, const void *body, u32 len);
void nv_tx_poll(struct nv_queue *q);
bool nv_tx_usable(const struct nv_queue *q);
int nv_tx_init(struct nv_queue *q, u32 first_section, u32 sections);
void nv_tx_free(struct nv_queue *q);
u32 nv_tx_abandon(struct nv_queue *q);
int nv_tx_xdp(struct nv_queue *q, struct xdp_frame *f);
void nv_tx_flush(struct nv_queue *q, struct netdev_queue *txq);

/* rx.c */
void nv_channel_event(void *ctx);
int nv_poll(struct napi_struct *napi, int budget);
int nv_rx_init(struct nv_queue *q);
void nv_rx_free(struct nv_queue *q);
void nv_look(struct nv_queue *q);
void nv_retry(struct work_struct *work);

/* rx_skb.c */
void nv_rx_deliver(struct nv_queue *q, const struct nv_rx_meta *m);

/* queue.c */
struct nv_queue *nv_queue_alloc(struct nv_conn *conn, u32 index);
int nv_queue_open(struct nv_queue *q, struct vmbus_channel *chan);
void nv_queue_quiet(struct nv_queue *q);
void nv_queue_stop(struct nv_queue *q);
void nv_queue_move(struct nv_queue *q, u32 index);
void nv_queue_free(struct nv_queue *q);
void nv_queue_orphan(struct nv_queue *q);
void nv_orphans_free(struct nv *nv);

/* sub_gone.c */
void nv_queue_dead(struct nv_queue *q);
void nv_queue_gone(struct work_struct *work);

/* subchan.c */
void nv_subchannels(struct nv_conn *conn);
void nv_subchannel_offered(struct vmbus_channel *chan);
void nv_openers_wait(struct nv *nv);

/* rss.c */
int nv_rss_apply(struct nv_conn *conn);
void nv_rss_default(struct nv *nv, u32 queues, u32 entries);
void nv_tell_again(struct nv_conn *conn, bool *late);
void nv_late_tell(struct nv_conn *conn);

/* link.c */
void nv_link_init(struct nv *nv);
void nv_link_event(struct nv *nv, u32 status, const void *data, u32 len);
void nv_link_asked(struct nv *nv);
void nv_link_take(struct nv *nv, const struct nv_host *host);
void nv_link_show(struct nv *nv);
void nv_link_ready(struct nv *nv);

/* netdev.c */
extern const struct net_device_ops nv_netdev_ops;

/* filter.c */
int nv_filter_tell(struct nv_conn *conn);
bool nv_filter_there(const struct nv_conn *conn);
void nv_rx_mode_soon(struct nv *nv, unsigned int ms);
void nv_rx_mode_work(struct work_struct *work);

/* xdp.c */
bool nv_xdp_run(struct nv_queue *q, struct bpf_prog *prog, struct xdp_buff *xdp);
void nv_xdp_release(struct nv_queue *q, struct xdp_buff *xdp);
void nv_xdp_flush(struct nv_queue *q);
int nv_xdp_xmit(struct net_device *ndev, int n, struct xdp_frame **frames, u32 flags);
bool nv_xdp_mtu_ok(const struct bpf_prog *prog, int mtu);
int nv_bpf(struct net_device *ndev, struct netdev_bpf *bpf);

/* qstats.c */
void nv_qstats_init(struct net_device *ndev);

/* ethtool.c */
extern const struct ethtool_ops nv_ethtool_ops;

/* sysfs.c */
extern const struct attribute_group nv_host_group;

/* vf.c */
int nv_vf_register(void);
void nv_vf_unregister(void);
int nv_vf_init(struct nv *nv);
void nv_vf_exit(struct nv *nv);
void nv_vf_association(struct nv *nv, bool allocated, u32 serial);
void nv_vf_disconnected(struct nv *nv);
void nv_vf_connected(struct nv *nv);
void nv_vf_fallen_back(struct nv *nv);

/* vf_path.c */
void nv_vf_path_end(struct nv *nv);
bool nv_vf_path_ask(struct nv *nv, int ends);
void nv_vf_path_leave(struct nv *nv);
void nv_vf_path_back(struct nv *nv);
rx_handler_result_t nv_vf_rx(struct sk_buff **pskb);
bool nv_vf_xmit(struct nv *nv, struct sk_buff *skb);
int nv_vf_pick(struct nv *nv, struct sk_buff *skb);
int nv_vf_xdp_xmit(struct nv *nv, int n, struct xdp_frame **frames, u32 flags);
u64 nv_vf_stat(const struct nv *nv, enum nv_vf_counter which);
u64 nv_vf_stat_cpu(const struct nv *nv, enum nv_vf_counter which, unsigned int cpu);

/* vf_mirror.c */
void nv_vf_mirror(struct nv *nv, struct net_device *vf);
void nv_vf_unmirror(struct nv *nv, struct net_device *vf);
void nv_vf_set_features(struct nv *nv, netdev_features_t features);
bool nv_vf_link_settings(struct nv *nv, struct ethtool_link_ksettings *k);
void nv_vf_close(struct nv *nv);
int nv_vf_set_mtu(struct nv *nv, int mtu);
int nv_vf_set_mac(struct nv *nv, struct sockaddr *address);
void nv_vf_rx_mode(struct nv *nv);
void nv_vf_flags(struct net_device *vf, unsigned int flags, int add);
int nv_vf_set_xdp(struct net_device *vf, struct bpf_prog *prog,
		  struct netlink_ext_ack *extack);

#endif
