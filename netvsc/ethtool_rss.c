// SPDX-License-Identifier: GPL-2.0-only
/*
 * ethtool: how received packets are spread over queues, and a self-test.
 */
#include <linux/ethtool.h>
#include <linux/rtnetlink.h>
#include "netvsc.h"
#include "ethtool.h"

u32 nv_get_rxfh_key_size(struct net_device *ndev)
{
	return HV_RSS_KEY_LEN;
}

u32 nv_get_rxfh_indir_size(struct net_device *ndev)
{
	struct nv *nv = netdev_priv(ndev);
	struct nv_conn *conn = nv_conn_rtnl(nv);

	/* with one queue, too: the core reads the table before there may be more */
	return conn ? nv->rss_entries : 0;
}

int nv_get_rxfh(struct net_device *ndev, HV_RXFH_ARGS)
{
	struct nv *nv = netdev_priv(ndev);
	struct nv_conn *conn = nv_conn_rtnl(nv);
	u32 i;

	hv_rxfh_set_func(ETH_RSS_HASH_TOP);
	/* as the host has it: fewer queues may have come than the user's table names */
	for (i = 0; conn && hv_rxfh_table && i < nv->rss_entries; i++)
		hv_rxfh_table[i] = nv->rss_table[i] % conn->nqueues;
	if (hv_rxfh_key)
		memcpy(hv_rxfh_key, nv->rss_key, sizeof(nv->rss_key));
	return 0;
}

static bool nv_table_ok(const struct nv_conn *conn, const u32 *table, u32 n)
{
	while (n--)
		if (table[n] >= conn->nqueues)
			return false;
	return true;
}

static int nv_rss_try(struct nv *nv, struct nv_conn *conn)
{
	int ret;

	WRITE_ONCE(nv->changes, nv->changes + 1);
	nv_hurry(nv);
	ret = nv_rss_apply(conn);
	nv_hurry_end(nv);
	return ret;
}

/*
 * The old values stay when the host refuses the new ones.  It is told to stop spreading
 * before it gets them, and may have done so: it is told the old ones again, without RTNL.
 */
int nv_set_rxfh(struct net_device *ndev, HV_RXFH_SET_ARGS)
{
	struct nv *nv = netdev_priv(ndev);
	struct nv_conn *conn = nv_conn_rtnl(nv);
	u32 table[NV_RSS_ENTRIES];
	u8 old[HV_RSS_KEY_LEN];
	int ret;

	if (hv_rxfh_func != ETH_RSS_HASH_NO_CHANGE && hv_rxfh_func != ETH_RSS_HASH_TOP)
		return -EOPNOTSUPP;
	if (!conn)
		return -ENODEV;
	if (hv_rxfh_table && !nv_table_ok(conn, hv_rxfh_table, nv->rss_entries))
		return -EINVAL;
	memcpy(table, nv->rss_table, sizeof(table));
	memcpy(old, nv->rss_key, sizeof(old));
	if (hv_rxfh_table)
		memcpy(nv->rss_table, hv_rxfh_table, nv->rss_entries * sizeof(u32));
	if (hv_rxfh_key)
		memcpy(nv->rss_key, hv_rxfh_key, sizeof(nv->rss_key));
	ret = nv_rss_try(nv, conn);
	if (ret) {
		memcpy(nv->rss_table, table, sizeof(table));
		memcpy(nv->rss_key, old, sizeof(old));
		nv_tell_again(conn, &conn->rss_late);
	}
	return ret;
}

/* The HV_HASH_* bit that adds ports for a flow type; 0 = always without. */
static u32 nv_flow_bit(u32 type)
{
	switch (type) {
	case TCP_V4_FLOW:
		return HV_HASH_TCP4;
	case TCP_V6_FLOW:
		return HV_HASH_TCP6;
	case UDP_V4_FLOW:
		return HV_HASH_UDP4;
	case UDP_V6_FLOW:
		return HV_HASH_UDP6;
	}
	return 0;
}

/* Kernels ask by one operation or by another, with a structure that has these fields. */
int nv_get_flow_hash(struct net_device *ndev, struct hv_flow_hash *c)
{
	const struct nv *nv = netdev_priv(ndev);
	u32 bit = nv_flow_bit(c->flow_type);

	if (!bit && c->flow_type != IPV4_FLOW && c->flow_type != IPV6_FLOW)
		return -EINVAL;
	c->data = RXH_IP_SRC | RXH_IP_DST;
	if (bit & nv->tx_l4)
		c->data |= RXH_L4_B_0_1 | RXH_L4_B_2_3;
	return 0;
}

/* Newer kernels ask by this, and check each table that a user sets against it. */
u32 nv_get_rx_ring_count(struct net_device *ndev)
{
	struct nv_conn *conn = nv_conn_rtnl(netdev_priv(ndev));

	return conn ? conn->nqueues : 0;
}

int nv_get_rxnfc(struct net_device *ndev, struct ethtool_rxnfc *c, u32 *rules)
{
	switch (c->cmd) {
	case ETHTOOL_GRXRINGS:
		c->data = nv_get_rx_ring_count(ndev);
		return 0;
#ifndef HV_HAVE_RXFH_FIELDS
	case ETHTOOL_GRXFH:
		return nv_get_flow_hash(ndev, c);
#endif
	}
	return -EOPNOTSUPP;
}

int nv_set_flow_hash(struct net_device *ndev, const struct hv_flow_hash *c,
		     struct netlink_ext_ack *extack)
{
	struct nv *nv = netdev_priv(ndev);
	struct nv_conn *conn = nv_conn_rtnl(nv);
	const u64 l3 = RXH_IP_SRC | RXH_IP_DST;
	const u64 l4 = l3 | RXH_L4_B_0_1 | RXH_L4_B_2_3;
	u32 bit = nv_flow_bit(c->flow_type), old = nv->hash;
	int ret = 0;

	if (!bit || (c->data != l3 && c->data != l4))
		return -EINVAL;
	if (!conn)
		return -ENODEV;
	nv->hash = c->data == l4 ? old | bit : old & ~bit;
	if (nv->hash != old)
		ret = nv_rss_try(nv, conn);
	if (ret) {
		nv->hash = old;
		nv_tell_again(conn, &conn->rss_late);
		return ret;
	}
	WRITE_ONCE(nv->tx_l4, c->data == l4 ? nv->tx_l4 | bit : nv->tx_l4 & ~bit);
	nv_pick_anew(nv);
	return 0;
}

#ifndef HV_HAVE_RXFH_FIELDS
int nv_set_rxnfc(struct net_device *ndev, struct ethtool_rxnfc *c)
{
	return c->cmd == ETHTOOL_SRXFH ? nv_set_flow_hash(ndev, c, NULL) : -EOPNOTSUPP;
}
#endif

/* ---- self-test ---- */

void nv_test_strings(u8 **p)
{
	ethtool_sprintf(p, "%s", "host answers a query");
	ethtool_sprintf(p, "%s", "ring indexes in range");
}

static bool nv_ring_ok(const struct vmbus_channel *chan)
{
	const struct hv_ring_buffer_info *in = &chan->inbound, *out = &chan->outbound;

	return READ_ONCE(in->ring_buffer->write_index) < in->ring_datasize &&
	       READ_ONCE(out->ring_buffer->read_index) < out->ring_datasize;
}

static bool nv_rings_ok(const struct nv_conn *conn)
{
	bool ok = true;
	u32 i;

	rcu_read_lock();	/* nv_queue_gone() may close channels meanwhile */
	for (i = 0; i < conn->nqueues; i++) {
		const struct vmbus_channel *chan = READ_ONCE(conn->queue[i]->chan);

		ok &= !chan || nv_ring_ok(chan);
	}
	rcu_read_unlock();
	return ok;
}

void nv_self_test(struct net_device *ndev, struct ethtool_test *t, u64 *data)
{
	struct nv *nv = netdev_priv(ndev);
	struct nv_conn *conn = nv_conn_rtnl(nv);
	__le32 v;

	nv_hurry(nv);
	data[0] = !conn || nv_rndis_query(conn, HV_OID_MEDIA_STATE, NULL, 0, &v,
					  sizeof(v)) < 0;
	nv_hurry_end(nv);
	data[1] = !conn || !nv_rings_ok(conn);
	if (data[0] || data[1])
		t->flags |= ETH_TEST_FL_FAILED;
}
