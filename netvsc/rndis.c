// SPDX-License-Identifier: GPL-2.0-only
/*
 * RNDIS control messages: each request waits for its own answer, for a limited
 * time; the host's own messages go to where they belong.
 */
#include <linux/slab.h>
#include "netvsc.h"
#include "trace.h"

/* ---- sending ---- */

/* The request is over: its page goes, its slot can be used again. */
static void nv_ctl_end(struct nv_ctl_slot *s)
{
	struct page *page = s->page;

	s->page = NULL;
	nv_owner_release(&s->owner);
	__free_page(page);
}

/* A slot for a message, held; -EAGAIN when the host has all of them. */
static int nv_ctl_hold(struct nv_conn *conn)
{
	unsigned int i;

	for (i = 0; i < NV_CTL_SLOTS; i++)
		if (nv_owner_hold(&conn->ctl[i].owner))
			return i;
	return -EAGAIN;
}

/**
 * nv_rndis_sent - the host completed the packet of a control message
 * @conn: the connection
 * @id: its transaction id
 *
 * Context: NAPI.
 */
void nv_rndis_sent(struct nv_conn *conn, u64 id)
{
	struct nv_ctl_slot *s = NULL;

	if (NV_ID_SLOT(id) < NV_CTL_SLOTS)
		s = &conn->ctl[NV_ID_SLOT(id)];
	if (s && nv_owner_take(&s->owner, NV_ID_GEN(id)))
		nv_ctl_end(s);
	else
		nv_bad(conn->nv, NV_BAD_COMPLETION,
		       "completion %#llx of no control message", id);
}

/* The channel is closed: what the host never completed goes. */
void nv_rndis_free(struct nv_conn *conn)
{
	unsigned int i;

	for (i = 0; i < NV_CTL_SLOTS; i++)
		if (nv_owner_take_left(&conn->ctl[i].owner))
			nv_ctl_end(&conn->ctl[i]);
}

/*
 * Takes @page over, but with -EAGAIN: no slot is free, or the ring is full.  That passes, as
 * soon as the host reads.
 */
static int nv_ctl_send(struct nv_conn *conn, struct page *page, u32 len)
{
	struct {
		struct vmbus_packet_mpb_array head;
		u64 pfn;
	} __packed desc = { .head.rangecount = 1, .head.range.len = len };
	struct hv_nvsp m = { .type = cpu_to_le32(HV_NVSP_RNDIS) };
	u32 type = le32_to_cpu(((struct hv_rndis_head *)page_address(page))->type);
	int slot = nv_ctl_hold(conn), ret;
	struct nv_ctl_slot *s;
	u64 id;

	if (slot < 0)
		return slot;
	s = &conn->ctl[slot];
	s->page = page;
	m.rndis.channel = cpu_to_le32(HV_NVSP_CHANNEL_CONTROL);
	m.rndis.section = cpu_to_le32(HV_NVSP_NO_SECTION);
	desc.pfn = page_to_hvpfn(page);
	id = NV_ID(NV_ID_CTL, nv_owner_next(&s->owner), slot);
	trace_rndis_send(conn->nv->ndev, 0, type);
	nv_owner_give(&s->owner);
	ret = vmbus_sendpacket_mpb_desc(conn->chan, &desc.head, sizeof(desc), &m,
					sizeof(m), id);
	if (!ret)
		return 0;
	if (!nv_owner_take(&s->owner, NV_ID_GEN(id)))
		return -EPROTO;		/* "completed" before it was sent, and the page gone */
	if (ret != -EAGAIN) {
		nv_ctl_end(s);
		return ret;
	}
	s->page = NULL;
	nv_owner_release(&s->owner);
	return -EAGAIN;
}

/* The same for who can wait for a moment; takes @page over in any case. */
static int nv_ctl_send_wait(struct nv_conn *conn, struct page *page, u32 len)
{
	unsigned int tries = 0;
	int ret;

	do {
		ret = nv_ctl_send(conn, page, len);
	} while (nv_wait_room(ret, &tries));
	if (ret != -EAGAIN)
		return ret;
	__free_page(page);
	return -EBUSY;
}

/* Sends a copy of a message that has no answer; a failure shows up elsewhere. */
void nv_rndis_tell(struct nv_conn *conn, const void *msg, u32 len)
{
	struct page *page = alloc_page(GFP_ATOMIC);
	int ret;

	if (!page)
		return;
	memcpy(page_address(page), msg, len);
	ret = nv_ctl_send(conn, page, len);
	if (ret)
		netdev_dbg(conn->nv->ndev, "control message not sent\n");
	if (ret == -EAGAIN)
		__free_page(page);
}

/* ---- requests with an answer ---- */

/**
 * nv_rndis_exchange - send a request and wait for its answer
 * @conn: the connection
 * @page: the request; taken over in any case
 * @len: its length
 * @id: its request id
 * @type: HV_RNDIS_*, the answer is of this type too
 * @reply: gets the answer, NV_CTL_REPLY bytes at most
 *
 * Context: conn->request_lock; may sleep, for a limited time.
 * Return: the answer's length or a negative error.
 */
int nv_rndis_exchange(struct nv_conn *conn, struct page *page, u32 len, u32 id, u32 type,
		      void *reply)
{
	struct nv_wait *w = &conn->rndis;
	char what[40];
	int ret;

	if (type == HV_RNDIS_QUERY || type == HV_RNDIS_SET)
		snprintf(what, sizeof(what), "RNDIS %s of %#x",
			 type == HV_RNDIS_QUERY ? "query" : "set",
			 le32_to_cpu(((struct hv_rndis_request *)
				      page_address(page))->oid));
	else
		snprintf(what, sizeof(what), "RNDIS message %u", type);
	nv_wait_arm(w, id, type | HV_RNDIS_REPLY, reply, NV_CTL_REPLY);
	ret = nv_ctl_send_wait(conn, page, len);
	if (ret) {
		nv_wait_disarm(w);
		return ret;
	}
	ret = nv_wait_for(conn, w, what);
	return ret ? ret : w->len;
}

static int nv_rndis_request(struct nv_conn *conn, u32 type, u32 oid,
			    const void *in, u32 in_len, void *reply)
{
	struct page *page = alloc_page(GFP_KERNEL);
	int ret;

	if (!page)
		return -ENOMEM;
	ret = nv_request_begin(conn);
	if (ret) {
		__free_page(page);
		return ret;
	}
	conn->rndis_id++;
	ret = nv_rndis_put_request(page_address(page), PAGE_SIZE, type,
				   conn->rndis_id, oid, in, in_len);
	if (ret < 0)
		__free_page(page);
	else
		ret = nv_rndis_exchange(conn, page, ret, conn->rndis_id, type, reply);
	mutex_unlock(&conn->request_lock);
	return ret;
}

/**
 * nv_rndis_query - ask the host for an object
 * @conn: the connection
 * @oid: which
 * @in: what the request says about the answer, or NULL
 * @in_len: its length
 * @out: gets the object
 * @cap: room there; a longer object is cut
 *
 * Context: may sleep, for a limited time.
 * Return: length of what is in @out, or a negative error (-EIO: refused).
 */
int nv_rndis_query(struct nv_conn *conn, u32 oid, const void *in, u32 in_len,
		   void *out, u32 cap)
{
	u8 *reply = kmalloc(NV_CTL_REPLY, GFP_KERNEL);
	u32 at, len;
	int ret;

	if (!reply)
		return -ENOMEM;
	ret = nv_rndis_request(conn, HV_RNDIS_QUERY, oid, in, in_len, reply);
	if (ret >= 0)
		ret = nv_rndis_reply_data(reply, ret, &at, &len);
	if (!ret) {
		ret = min(len, cap);
		memcpy(out, reply + at, ret);
	} else if (ret == -EINVAL) {
		nv_bad(conn->nv, NV_BAD_REPLY, "answer to query of %#x malformed", oid);
	}
	kfree(reply);
	return ret;
}

/**
 * nv_rndis_set - set an object of the host
 * @conn: the connection
 * @oid: which
 * @data: to what
 * @len: length of that
 *
 * Context: may sleep, for a limited time.
 * Return: 0 or a negative error (-EIO: refused).
 */
int nv_rndis_set(struct nv_conn *conn, u32 oid, const void *data, u32 len)
{
	u8 *reply = kmalloc(NV_CTL_REPLY, GFP_KERNEL);
	struct hv_rndis_set_reply r;
	int ret;

	if (!reply)
		return -ENOMEM;
	ret = nv_rndis_request(conn, HV_RNDIS_SET, oid, data, len, reply);
	if (ret >= 0 && ret < (int)sizeof(r))
		ret = -EINVAL;
	if (ret >= 0)
		memcpy(&r, reply, sizeof(r));
	kfree(reply);
	if (ret < 0)
		return ret;
	return le32_to_cpu(r.status) == HV_RNDIS_STATUS_OK ? 0 : -EIO;
}

int nv_rndis_filter(struct nv_conn *conn, u32 filter)
{
	__le32 v = cpu_to_le32(filter);
	int ret = nv_rndis_set(conn, HV_OID_FILTER, &v, sizeof(v));

	if (!ret)
		WRITE_ONCE(conn->filter, filter);
	return ret;
}

/* ---- receiving ---- */

static void nv_answer_keepalive(struct nv_conn *conn, __le32 id)
{
	struct hv_rndis_set_reply r = {
		.h = { cpu_to_le32(HV_RNDIS_KEEPALIVE | HV_RNDIS_REPLY),
		       cpu_to_le32(sizeof(r)) },
		.id = id,
	};

	atomic64_inc(&conn->nv->keepalives);
	nv_rndis_tell(conn, &r, sizeof(r));
}

static void nv_indication(struct nv_conn *conn, const void *msg, u32 len)
{
	struct hv_rndis_indicate m;
	u32 at, n;

	if (len < sizeof(m))
		goto bad;
	memcpy(&m, msg, sizeof(m));
	n = le32_to_cpu(m.len);
	at = le32_to_cpu(m.offset);
	if (n && ((u64)at + HV_RNDIS_OFFSET_BASE + n > len ||
		  at + HV_RNDIS_OFFSET_BASE < sizeof(m))) {
		/*
		 * Of the statuses that mean something here the speed's alone has data. Windows
		 * Server 2012 R2 leaves those of HV_RNDIS_IND_OFFLOAD out of the message's length.
		 */
		if (le32_to_cpu(m.status) == HV_RNDIS_IND_SPEED)
			goto bad;
		n = 0;
	}
	nv_link_event(conn->nv, le32_to_cpu(m.status),
		      n ? (const u8 *)msg + at + HV_RNDIS_OFFSET_BASE : NULL, n);
	return;
bad:
	nv_bad(conn->nv, NV_BAD_RNDIS, "indication of %u bytes malformed", len);
}

static void nv_reply(struct nv_conn *conn, u32 type, const void *msg, u32 len)
{
	struct hv_rndis_short m;
	enum nv_answer a;

	memcpy(&m, msg, sizeof(m));
	a = nv_wait_answer(&conn->rndis, le32_to_cpu(m.id), type, msg, len);
	if (a == NV_ANSWER_TAKEN)
		return;
	if (a == NV_ANSWER_TO_NOBODY) {
		atomic64_inc(&conn->nv->late_replies);
		WRITE_ONCE(conn->silent, false);	/* it is slow */
	}
	nv_bad(conn->nv, NV_BAD_REPLY, "RNDIS reply %#x with id %u that nobody waits for",
	       type, le32_to_cpu(m.id));
}

/**
 * nv_rndis_receive - a control message of the host
 * @conn: the connection
 * @msg: private copy
 * @len: its length, checked against the message's own
 *
 * Context: NAPI of the primary channel.
 */
void nv_rndis_receive(struct nv_conn *conn, const void *msg, u32 len)
{
	struct hv_rndis_short m;
	u32 type;

	if (len < sizeof(m)) {
		nv_bad(conn->nv, NV_BAD_RNDIS, "control message of %u bytes", len);
		return;
	}
	memcpy(&m, msg, sizeof(m));
	type = le32_to_cpu(m.h.type);
	trace_rndis_recv(conn->nv->ndev, 0, type);
	switch (type) {
	case HV_RNDIS_INIT | HV_RNDIS_REPLY:
	case HV_RNDIS_QUERY | HV_RNDIS_REPLY:
	case HV_RNDIS_SET | HV_RNDIS_REPLY:
		nv_reply(conn, type, msg, len);
		break;
	case HV_RNDIS_INDICATE:
		nv_indication(conn, msg, len);
		break;
	case HV_RNDIS_KEEPALIVE:
		nv_answer_keepalive(conn, m.id);
		break;
	case HV_RNDIS_RESET:
	case HV_RNDIS_RESET | HV_RNDIS_REPLY:
		/* The host lost its state: build up the connection anew. */
		nv_reset_wanted(conn);
		break;
	default:
		nv_bad(conn->nv, NV_BAD_RNDIS, "control message of type %#x", type);
	}
}
