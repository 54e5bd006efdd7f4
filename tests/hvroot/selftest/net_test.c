// SPDX-License-Identifier: GPL-2.0-only
/* What a host does not take from a guest's NIC: an order that is wrong, info that is not the frame's. */
#include <string.h>
#include "network/info.h"
#include "network/order.h"
#include "network/wire.h"
#include "test.h"

static struct net_order o;

static bool nvsp(uint32_t version, uint32_t type)
{
	return !order_nvsp(&o, version, type);
}

static bool rndis(uint32_t type, bool sub)
{
	return !order_rndis(&o, type, type != RNDIS_PACKET, sub);
}

/* Up to where RNDIS is initialized. */
static void connected(uint32_t version)
{
	memset(&o, 0, sizeof(o));
	CHECK(version < NVSP_V2 || nvsp(version, NVSP_NDIS_CONFIG));
	CHECK(nvsp(version, NVSP_NDIS_VERSION) && nvsp(version, NVSP_RECV_BUF) && nvsp(version, NVSP_SEND_BUF));
	CHECK(nvsp(version, NVSP_RNDIS) && rndis(RNDIS_INITIALIZE, false));
}

static void takes_the_usual_order(void)
{
	for (uint32_t v = NVSP_V1; v; v = v == NVSP_V1 ? NVSP_V6_1 : 0) {
		connected(v);
		CHECK(nvsp(v, NVSP_RNDIS) && rndis(RNDIS_QUERY, false) && rndis(RNDIS_SET, false));
		CHECK(nvsp(v, NVSP_SUBCHANNEL) && rndis(RNDIS_PACKET, false) && rndis(RNDIS_PACKET, true));
		CHECK(rndis(RNDIS_HALT, false));
		CHECK(nvsp(v, NVSP_REVOKE_RECV_BUF) && nvsp(v, NVSP_REVOKE_SEND_BUF));
	}
}

static void takes_nothing_twice(void)
{
	static const uint32_t once[] = { NVSP_NDIS_VERSION, NVSP_NDIS_CONFIG, NVSP_RECV_BUF, NVSP_SEND_BUF };

	for (unsigned int i = 0; i < 4; i++) {
		memset(&o, 0, sizeof(o));
		CHECK(nvsp(NVSP_V6, NVSP_NDIS_CONFIG) || i == 1);
		CHECK(i == 1 ? !nvsp(NVSP_V6, once[i]) : nvsp(NVSP_V6, once[i]) && !nvsp(NVSP_V6, once[i]));
		connected(NVSP_V6);
		CHECK(!nvsp(NVSP_V6, once[i]));
	}
	connected(NVSP_V6);
	CHECK(!rndis(RNDIS_INITIALIZE, false));
	connected(NVSP_V6);
	CHECK(rndis(RNDIS_HALT, false) && !rndis(RNDIS_INITIALIZE, false));	/* a halt ends nothing */
}

static void takes_nothing_too_early(void)
{
	memset(&o, 0, sizeof(o));
	CHECK(!nvsp(NVSP_V6, NVSP_RECV_BUF) && !nvsp(NVSP_V6, NVSP_RNDIS));
	CHECK(nvsp(NVSP_V6, NVSP_NDIS_CONFIG) && nvsp(NVSP_V6, NVSP_RECV_BUF) && !nvsp(NVSP_V6, NVSP_RNDIS));
	CHECK(nvsp(NVSP_V6, NVSP_NDIS_VERSION) && nvsp(NVSP_V6, NVSP_RNDIS));	/* a send buffer may be left out */
	CHECK(!rndis(RNDIS_PACKET, false) && !rndis(RNDIS_QUERY, false) && rndis(RNDIS_INITIALIZE, false));
	CHECK(!nvsp(NVSP_V6, NVSP_SEND_BUF));
}

static void takes_nothing_after_a_revoke(void)
{
	connected(NVSP_V6_1);
	CHECK(nvsp(NVSP_V6_1, NVSP_REVOKE_SEND_BUF) && nvsp(NVSP_V6_1, NVSP_REVOKE_RECV_BUF));
	CHECK(!nvsp(NVSP_V6_1, NVSP_RNDIS) && !nvsp(NVSP_V6_1, NVSP_SEND_BUF) && !nvsp(NVSP_V6_1, NVSP_SUBCHANNEL));
}

static void takes_control_on_the_primary_alone(void)
{
	connected(NVSP_V6_1);
	CHECK(!rndis(RNDIS_SET, true));
	CHECK(order_rndis(&o, RNDIS_SET, false, false) && order_rndis(&o, RNDIS_PACKET, true, false));
}

/* ---- info ---- */

static const char *csum(const struct frame_info *i, uint32_t v)
{
	struct tx_info t = { .csum = v, .has_csum = true };

	return info_wrong(&t, i, 0, 0);
}

static const char *lso(const struct frame_info *i, uint32_t v, size_t payload)
{
	struct tx_info t = { .lso = v, .has_lso = true };

	return info_wrong(&t, i, payload, 60000);
}

static const struct frame_info
	tcp4 = { .l3_ok = true, .l4_ok = true, .proto = IPPROTO_TCP_NR, .l3 = 14, .l4 = 38 },	/* options */
	udp4 = { .l3_ok = true, .l4_ok = true, .proto = IPPROTO_UDP_NR, .l3 = 14, .l4 = 34 },
	tcp6 = { .l3_ok = true, .l4_ok = true, .v6 = true, .proto = IPPROTO_TCP_NR, .l3 = 14, .l4 = 62 };

#define AT(n)	((uint32_t)(n) << 16)

static void believes_no_checksum_info(void)
{
	struct frame_info part = tcp4, none = tcp4;

	part.fragment = true;
	none.l4_ok = false;
	CHECK(!csum(&tcp4, CSUM_TX_IPV4 | CSUM_TX_TCP | AT(38)) && !csum(&udp4, CSUM_TX_IPV4 | CSUM_TX_UDP | AT(34)));
	CHECK(!csum(&tcp6, CSUM_TX_IPV6 | CSUM_TX_TCP | AT(62)) && !csum(&tcp4, CSUM_TX_IPV4 | CSUM_TX_IPHDR));
	CHECK(csum(&tcp4, CSUM_TX_IPV4 | CSUM_TX_TCP | AT(34)) && csum(&tcp4, CSUM_TX_IPV4 | CSUM_TX_TCP));
	CHECK(csum(&tcp6, CSUM_TX_IPV6 | CSUM_TX_TCP | AT(54)));
	CHECK(csum(&tcp4, CSUM_TX_IPV6 | CSUM_TX_TCP | AT(38)) && csum(&tcp4, CSUM_TX_TCP | AT(38)));
	CHECK(csum(&tcp4, CSUM_TX_IPV4 | CSUM_TX_IPV6 | CSUM_TX_TCP | AT(38)));
	CHECK(csum(&tcp4, CSUM_TX_IPV4 | CSUM_TX_UDP | AT(38)) && csum(&udp4, CSUM_TX_IPV4 | CSUM_TX_TCP | AT(34)));
	CHECK(csum(&tcp4, CSUM_TX_IPV4 | CSUM_TX_TCP | AT(38) | 1 << 5) && csum(&tcp6, CSUM_TX_IPV6 | CSUM_TX_IPHDR));
	CHECK(csum(&part, CSUM_TX_IPV4 | CSUM_TX_TCP | AT(38)) && csum(&none, CSUM_TX_IPV4 | CSUM_TX_TCP | AT(38)));
}

static void believes_no_large_send_info(void)
{
	const uint32_t at4 = 38u << LSO_L4_SHIFT, at6 = 62u << LSO_L4_SHIFT;

	CHECK(!lso(&tcp4, LSO_TYPE_2 | at4 | 1448, 60000) && !lso(&tcp6, LSO_TYPE_2 | LSO_IPV6 | at6 | 1428, 60000));
	CHECK(lso(&tcp4, LSO_TYPE_2 | at4 | 1448, 60001) && lso(&tcp4, at4 | 1448, 6000));
	CHECK(lso(&tcp4, LSO_TYPE_2 | LSO_IPV6 | at4 | 1448, 6000) && lso(&tcp6, LSO_TYPE_2 | at6 | 1428, 6000));
	CHECK(lso(&tcp4, LSO_TYPE_2 | at6 | 1448, 6000) && lso(&tcp4, LSO_TYPE_2 | at4, 6000));
	CHECK(lso(&tcp4, LSO_TYPE_2 | at4 | 65536, 6000) && lso(&udp4, LSO_TYPE_2 | 34u << LSO_L4_SHIFT | 1448, 6000));
}

static void wants_the_rest_of_the_header_empty(void)
{
	struct rndis_packet p = { .data_len = 60 };

	CHECK(!header_wrong(&p));
	p.vc = 1;
	CHECK(header_wrong(&p));
	p = (struct rndis_packet){ .data_len = 60, .reserved = 1 };
	CHECK(header_wrong(&p));
	p = (struct rndis_packet){ .data_len = 60, .oob_count = 1 };
	CHECK(header_wrong(&p));
	p = (struct rndis_packet){ 0 };
	CHECK(header_wrong(&p));
}

const struct test net_tests[] = {
	{ "takes_the_usual_order", takes_the_usual_order },
	{ "takes_nothing_twice", takes_nothing_twice },
	{ "takes_nothing_too_early", takes_nothing_too_early },
	{ "takes_nothing_after_a_revoke", takes_nothing_after_a_revoke },
	{ "takes_control_on_the_primary_alone", takes_control_on_the_primary_alone },
	{ "believes_no_checksum_info", believes_no_checksum_info },
	{ "believes_no_large_send_info", believes_no_large_send_info },
	{ "wants_the_rest_of_the_header_empty", wants_the_rest_of_the_header_empty },
	{ 0 }
};
