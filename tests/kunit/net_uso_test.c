// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which large buffers of UDP a queue takes: the stack asks about one that has waited, under RCU
 * and without the queue's lock, and the channel may be closed by then.
 *
 * Kernel only: it runs tx_uso.c itself, with a queue that sends nothing.
 */
#include <kunit/test.h>
#include <linux/ip.h>
#include <linux/skbuff.h>
#include <linux/udp.h>
#include "bus.h"
#include "netvsc.h"

DEFINE_STATIC_CALL_NULL(nv_bus_hold, hv_ring_hold);
DEFINE_STATIC_CALL_NULL(nv_bus_let_go, hv_ring_let_go);

u8 *nv_train_room(struct nv_queue *q, struct netdev_queue *txq, u32 len)
{
	return NULL;
}

void nv_tx_flush(struct nv_queue *q, struct netdev_queue *txq)
{
}

void nv_unsent(struct nv_queue *q, u32 bytes)
{
}

#include "../../netvsc/tx_uso.c"

#define USO_SIZE	500
#define USO_DATAGRAMS	4

struct uso_test {
	struct nv nv;
	struct vmbus_channel chan;
	struct nv_queue q;
	struct nv_conn *conn;
	struct sk_buff *skb;
};

static struct sk_buff *uso_buffer(struct kunit *test)
{
	u32 len = ETH_HLEN + sizeof(struct iphdr) + sizeof(struct udphdr) +
		  USO_SIZE * USO_DATAGRAMS;
	struct sk_buff *skb = alloc_skb(len, GFP_KERNEL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, skb);
	skb_put_zero(skb, len);
	skb_set_network_header(skb, ETH_HLEN);
	skb_set_transport_header(skb, ETH_HLEN + sizeof(struct iphdr));
	skb->protocol = htons(ETH_P_IP);
	skb_shinfo(skb)->gso_size = USO_SIZE;
	return skb;
}

static struct uso_test *uso_queue(struct kunit *test)
{
	struct uso_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	struct nv_conn *conn = kunit_kzalloc(test, struct_size(conn, queue, 1), GFP_KERNEL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, t);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, conn);
	t->conn = conn;
	t->nv.tx_copybreak = NV_TX_COPYBREAK;
	t->chan.outbound.ring_datasize = SZ_128K;
	t->q.chan = &t->chan;
	t->q.tx.sections = 8;
	conn->nv = &t->nv;
	conn->queue[0] = &t->q;
	conn->nqueues = 1;
	conn->send.sec.size = 6144;
	conn->host.max_packets = 8;
	conn->host.align = 8;
	t->skb = uso_buffer(test);
	return t;
}

static void uso_taken(struct kunit *test)
{
	struct uso_test *t = uso_queue(test);

	KUNIT_EXPECT_TRUE(test, nv_uso_fits(t->conn, t->skb));
	t->chan.outbound.ring_datasize = NV_USO_RING;	/* would never have room for it */
	KUNIT_EXPECT_FALSE(test, nv_uso_fits(t->conn, t->skb));
	kfree_skb(t->skb);
}

/* The stack cuts it then, and sends it by another queue. */
static void uso_channel_gone(struct kunit *test)
{
	struct uso_test *t = uso_queue(test);

	t->q.chan = NULL;
	KUNIT_EXPECT_FALSE(test, nv_uso_fits(t->conn, t->skb));
	kfree_skb(t->skb);
}

static struct kunit_case uso_cases[] = {
	KUNIT_CASE(uso_taken),
	KUNIT_CASE(uso_channel_gone),
	{}
};

static struct kunit_suite uso_suite = {
	.name = "netvsc_uso",
	.test_cases = uso_cases,
};

kunit_test_suite(uso_suite);
