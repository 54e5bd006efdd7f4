// SPDX-License-Identifier: GPL-2.0-only
/*
 * NVSP: agreeing on a version, requests with an answer, and what the host
 * says on its own ("NVSP versions and framing" in the protocol).
 */
#include "netvsc.h"
#include "trace.h"

static const u32 nv_versions[] = {
	HV_NVSP_V6_1, HV_NVSP_V6, HV_NVSP_V5, HV_NVSP_V4, HV_NVSP_V2, HV_NVSP_V1,
};

static int nv_nvsp_send(struct nv_conn *conn, const struct hv_nvsp *m, u64 id,
			bool answer)
{
	unsigned int tries = 0;
	int ret;

	trace_nvsp_send(conn->nv->ndev, le32_to_cpu(m->type));
	do {
		ret = vmbus_sendpacket(conn->chan, (void *)m, sizeof(*m), id,
				       VM_PKT_DATA_INBAND, answer ?
				       VMBUS_DATA_PACKET_FLAG_COMPLETION_REQUESTED : 0);
	} while (nv_wait_room(ret, &tries));
	return ret;
}

/**
 * nv_nvsp_request - send a message and wait for its answer
 * @conn: the connection
 * @m: the message; overwritten by the answer
 * @want: type that the answer must have; 0 if it may be empty
 * @least: length that the answer must have
 *
 * Context: may sleep, for a limited time.
 * Return: the answer's length, or a negative error.
 */
int nv_nvsp_request(struct nv_conn *conn, struct hv_nvsp *m, u32 want, u32 least)
{
	u32 type = le32_to_cpu(m->type);
	struct nv_wait *w = &conn->nvsp;
	struct hv_nvsp reply = {};
	char what[24];
	u64 id;
	int ret;

	ret = nv_request_begin(conn);
	if (ret)
		return ret;
	id = NV_ID(NV_ID_NVSP, ++conn->nvsp_gen, type);
	nv_wait_arm(w, id, want, &reply, sizeof(reply));
	ret = nv_nvsp_send(conn, m, id, true);
	if (ret) {
		nv_wait_disarm(w);
	} else {
		snprintf(what, sizeof(what), "NVSP message %u", type);
		ret = nv_wait_for(conn, w, what);
	}
	if (!ret) {
		*m = reply;
		ret = w->len;
	}
	mutex_unlock(&conn->request_lock);
	if (ret >= 0 && (u32)ret < least) {
		nv_bad(conn->nv, NV_BAD_REPLY, "NVSP message %u answered with %d bytes",
		       type, ret);
		ret = -EPROTO;
	}
	return ret;
}

/* Sends a message that has no answer; a failure shows up elsewhere. */
void nv_nvsp_tell(struct nv_conn *conn, struct hv_nvsp *m)
{
	if (conn->chan->rescind)
		return;
	if (nv_nvsp_send(conn, m, VMBUS_RQST_ID_NO_RESPONSE, false))
		netdev_dbg(conn->nv->ndev, "message %u not sent\n",
			   le32_to_cpu(m->type));
}

/**
 * nv_nvsp_completion - the host completed an NVSP request
 * @q: queue that it came on
 * @id: its transaction id
 * @body: private copy of the answer
 * @len: its length, rounded up
 *
 * Context: NAPI.
 */
void nv_nvsp_completion(struct nv_queue *q, u64 id, const void *body, u32 len)
{
	struct nv_conn *conn = q->conn;
	struct nv_wait *w = &conn->nvsp;
	struct hv_nvsp m = {};
	enum nv_answer a = NV_ANSWER_TO_NOBODY;

	memcpy(&m, body, min_t(u32, len, sizeof(m)));
	trace_nvsp_recv(conn->nv->ndev, le32_to_cpu(m.type));
	if (!q->index)
		a = nv_wait_answer(w, id, le32_to_cpu(m.type), &m,
				   min_t(u32, len, sizeof(m)));
	if (a == NV_ANSWER_TO_NOBODY)
		nv_bad(conn->nv, NV_BAD_COMPLETION,
		       "completion %#llx of no NVSP request (channel %u)", id,
		       q->chan->offermsg.child_relid);
	else if (a == NV_ANSWER_UNFIT)
		nv_bad(conn->nv, NV_BAD_REPLY,
		       "request %#llx answered with type %u of %u bytes", id,
		       le32_to_cpu(m.type), len);
}

/* Under sub_lock.  A number that is no queue of ours stands for some queue. */
static void nv_map_table(struct nv_conn *conn)
{
	u32 i, k;

	for (i = 0; i < HV_NVSP_SEND_TABLE_LEN; i++) {
		u32 at = conn->host_table[i] % conn->nqueues;

		for (k = 0; k < conn->nqueues; k++)
			if (conn->queue[k]->sub == conn->host_table[i])
				at = k;
		WRITE_ONCE(conn->send_table[i], at);
	}
	WRITE_ONCE(conn->has_send_table, true);
	nv_pick_anew(conn->nv);
}

/**
 * nv_send_table_map - all queues are known: the host's table, if it came, applies
 * @conn: the connection
 *
 * A table that comes later is mapped when it comes.
 * Context: may sleep.
 */
void nv_send_table_map(struct nv_conn *conn)
{
	spin_lock_bh(&conn->sub_lock);
	conn->queues_known = true;
	if (conn->has_host_table)
		nv_map_table(conn);
	spin_unlock_bh(&conn->sub_lock);
}

static void nv_got_send_table(struct nv_conn *conn, const void *body, u32 len)
{
	u32 table[HV_NVSP_SEND_TABLE_LEN];

	if (nv_send_table(body, len, conn->host.nvsp, table)) {
		nv_bad(conn->nv, NV_BAD_PACKET, "send table of %u bytes malformed", len);
		return;
	}
	/* sub-channels may still be opening: until they are, it is kept as it is */
	spin_lock(&conn->sub_lock);
	memcpy(conn->host_table, table, sizeof(table));
	conn->has_host_table = true;
	if (conn->queues_known)
		nv_map_table(conn);
	spin_unlock(&conn->sub_lock);
}

/* What the host says without being asked. */
void nv_nvsp_inband(struct nv_queue *q, const void *body, u32 len)
{
	struct nv_conn *conn = q->conn;
	struct hv_nvsp m = {};
	u32 type;

	memcpy(&m, body, min_t(u32, len, sizeof(m)));
	type = le32_to_cpu(m.type);
	trace_nvsp_recv(conn->nv->ndev, type);
	if (type == HV_NVSP_SEND_TABLE && conn->host.nvsp >= HV_NVSP_V5)
		nv_got_send_table(conn, body, len);
	else if (type == HV_NVSP_VF_ASSOCIATION && len >= HV_NVSP_LEN(vf))
		nv_vf_association(conn->nv, le32_to_cpu(m.vf.allocated),
				  le32_to_cpu(m.vf.serial));
	else if (type == HV_NVSP_DATA_PATH && len >= HV_NVSP_LEN(data_path) &&
		 le32_to_cpu(m.data_path.path) == HV_NVSP_PATH_SYNTHETIC)
		nv_vf_fallen_back(conn->nv);
	else
		nv_bad(conn->nv, NV_BAD_PACKET,
		       "in-band message %u of %u bytes (channel %u)", type, len,
		       q->chan->offermsg.child_relid);
}

static int nv_try_version(struct nv_conn *conn, u32 version)
{
	struct hv_nvsp m = { .type = cpu_to_le32(HV_NVSP_INIT) };
	int ret;

	m.init.min = cpu_to_le32(version);
	m.init.max = cpu_to_le32(version);
	ret = nv_nvsp_request(conn, &m, HV_NVSP_INIT_REPLY, HV_NVSP_LEN(init_reply));
	if (ret < 0)
		return ret;
	if (le32_to_cpu(m.init_reply.status) != HV_NVSP_STATUS_OK)
		return -EPROTONOSUPPORT;
	conn->host.nvsp = version;
	conn->host.pieces = max_t(u32, le32_to_cpu(m.init_reply.max_mdl) ?: NV_PIECES,
				  NV_PIECES_MIN);
	return 0;
}

static void nv_tell_config(struct nv_conn *conn)
{
	struct hv_nvsp m = { .type = cpu_to_le32(HV_NVSP_NDIS_CONFIG) };
	u64 caps = HV_NVSP_CAP_8021Q;

	if (conn->host.nvsp >= HV_NVSP_V5)
		caps |= HV_NVSP_CAP_SRIOV | HV_NVSP_CAP_TEAMING;
	if (conn->host.nvsp >= HV_NVSP_V6_1)
		caps |= HV_NVSP_CAP_RSC;
	conn->host.caps = caps;
	m.config.mtu = cpu_to_le32(conn->cfg.mtu + ETH_HLEN);
	m.config.caps = cpu_to_le64(caps);
	nv_nvsp_tell(conn, &m);
}

static void nv_tell_ndis(struct nv_conn *conn)
{
	struct hv_nvsp m = { .type = cpu_to_le32(HV_NVSP_NDIS_VERSION) };

	conn->host.ndis_minor = conn->host.nvsp >= HV_NVSP_V5 ? 30 : 1;
	m.ndis_version.major = cpu_to_le32(6);
	m.ndis_version.minor = cpu_to_le32(conn->host.ndis_minor);
	nv_nvsp_tell(conn, &m);
}

/**
 * nv_nvsp_connect - agree on a version and say what we want
 * @conn: a connection whose channel is open
 *
 * Context: may sleep, for a limited time.
 * Return: 0 or a negative error.
 */
int nv_nvsp_connect(struct nv_conn *conn)
{
	int ret = -EPROTONOSUPPORT;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(nv_versions); i++) {
		ret = nv_try_version(conn, nv_versions[i]);
		if (ret != -EPROTONOSUPPORT)
			break;
	}
	if (ret)
		return ret;
	if (conn->host.nvsp > HV_NVSP_V1)
		nv_tell_config(conn);
	nv_tell_ndis(conn);
	return 0;
}
