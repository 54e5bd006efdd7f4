// SPDX-License-Identifier: GPL-2.0-only
/*
 * RNDIS' start and end: what the host is asked when a connection is new, and what it is
 * told when one goes.
 */
#include <linux/slab.h>
#include "netvsc.h"

static int nv_rndis_init(struct nv_conn *conn)
{
	struct page *page = alloc_page(GFP_KERNEL);
	struct hv_rndis_init_reply r;
	struct hv_rndis_init *m;
	u8 *reply = kzalloc(NV_CTL_REPLY, GFP_KERNEL);
	u32 align;
	int ret = -ENOMEM;

	if (!page || !reply)
		goto free;
	ret = nv_request_begin(conn);
	if (ret)
		goto free;
	m = page_address(page);
	*m = (struct hv_rndis_init){
		.h = { cpu_to_le32(HV_RNDIS_INIT), cpu_to_le32(sizeof(*m)) },
		.id = cpu_to_le32(++conn->rndis_id),
		.major = cpu_to_le32(1),
		.max_transfer = cpu_to_le32(0x4000),
	};
	ret = nv_rndis_exchange(conn, page, sizeof(*m), conn->rndis_id, HV_RNDIS_INIT,
				reply);
	mutex_unlock(&conn->request_lock);
	page = NULL;
	if (ret < 0)
		goto free;
	memcpy(&r, reply, sizeof(r));
	if (ret < (int)sizeof(r) || r.status != cpu_to_le32(HV_RNDIS_STATUS_OK)) {
		ret = -EIO;
		goto free;
	}
	ret = 0;
	align = le32_to_cpu(r.alignment);
	conn->host.align = align <= 12 ? 1u << align : 1;
	conn->host.max_packets = clamp_t(u32, le32_to_cpu(r.max_packets), 1, 64);
free:
	if (page)
		__free_page(page);
	kfree(reply);
	return ret;
}

static int nv_query_u32(struct nv_conn *conn, u32 oid, u32 *value)
{
	__le32 v;
	int ret = nv_rndis_query(conn, oid, NULL, 0, &v, sizeof(v));

	if (ret < 0)
		return ret;
	if (ret < (int)sizeof(v))
		return -EINVAL;
	*value = le32_to_cpu(v);
	return 0;
}

static void nv_query_rss(struct nv_conn *conn)
{
	struct hv_ndis_head in = { HV_NDIS_RSS_CAPS, 2,
				   cpu_to_le16(sizeof(struct hv_ndis_rss_caps)) };
	struct hv_ndis_rss_caps c = {};

	conn->host.rss_queues = 1;
	if (conn->host.nvsp < HV_NVSP_V5 ||
	    nv_rndis_query(conn, HV_OID_RSS_CAPS, &in, sizeof(in), &c,
			   sizeof(c)) < (int)offsetof(struct hv_ndis_rss_caps, entries))
		return;
	conn->host.rss_queues = clamp_t(u32, le32_to_cpu(c.queues), 1, NV_QUEUES_MAX);
	conn->host.rss_entries = clamp_t(u32, le16_to_cpu(c.entries), 0, NV_RSS_ENTRIES);
	if (!conn->host.rss_entries)
		conn->host.rss_entries = 128;
}

/**
 * nv_rndis_connect - start RNDIS and learn what the host is
 * @conn: a connection with buffers
 *
 * Context: may sleep, for a limited time.
 * Return: 0 or a negative error.
 */
int nv_rndis_connect(struct nv_conn *conn)
{
	struct nv_host *h = &conn->host;
	u32 v = 0;
	int ret = nv_rndis_init(conn);

	if (ret)
		return ret;
	ret = nv_query_u32(conn, HV_OID_MAX_FRAME, &v);
	if (ret == -ETIMEDOUT || ret == -ENODEV)
		return ret;
	h->max_frame = ret || v < NV_MTU_MIN ? ETH_DATA_LEN : v;
	ret = nv_rndis_query(conn, HV_OID_PERMANENT_MAC, NULL, 0, h->mac, ETH_ALEN);
	if (ret != ETH_ALEN)
		return ret < 0 ? ret : -EINVAL;
	ret = nv_offload_query(conn, &h->offload);
	if (ret == -ETIMEDOUT || ret == -ENODEV)
		return ret;
	nv_link_asked(conn->nv);
	h->link = nv_query_u32(conn, HV_OID_MEDIA_STATE, &v) || !v;
	h->speed = nv_query_u32(conn, HV_OID_LINK_SPEED, &v) ? 0 : v;
	if (!nv_query_u32(conn, HV_OID_MULTICAST_MAX, &v))
		h->multicast_max = min_t(u32, v, 64);
	nv_query_rss(conn);
	return 0;
}

/* Has no answer. */
void nv_rndis_halt(struct nv_conn *conn)
{
	struct hv_rndis_short m = {
		.h = { cpu_to_le32(HV_RNDIS_HALT), cpu_to_le32(sizeof(m)) },
		.id = cpu_to_le32(++conn->rndis_id),
	};

	if (!conn->chan->rescind)
		nv_rndis_tell(conn, &m, sizeof(m));
}
