/* SPDX-License-Identifier: GPL-2.0-only */
/* Pure: builds and takes apart RNDIS messages, NVSP replies and NDIS objects. */
#ifndef _NETVSC_RNDIS_MSG_H
#define _NETVSC_RNDIS_MSG_H

#include <linux/types.h>
#include <hv/nvsp_wire.h>
#include <hv/rndis_wire.h>

/* All per-packet info that one received packet may bring; more is refused. */
#define NV_INFO_MAX	512
/* Header of a packet that we send: fixed part and three infos. */
#define NV_TX_HEAD_MAX	(sizeof(struct hv_rndis_packet) + 3 * 16)

/* What a header of ours says about the frame behind it. */
struct nv_tx_meta {
	u32 frame_len;
	u32 csum;		/* HV_INFO_CHECKSUM value, 0 = none */
	u32 lso;		/* HV_INFO_LSO value, 0 = none */
	u32 vlan;		/* HV_INFO_VLAN value */
	u32 hash;		/* HV_INFO_HASH value, 0 = none */
	bool has_vlan;
};

/* What a header of the host says. */
struct nv_rx_meta {
	u32 data_offset;	/* from the start of the message */
	u32 data_len;
	u32 csum;
	u32 hash;
	u16 vlan_tci;
	bool vlan_short;	/* there was one, without room for a tag */
	u16 packet_id;
	u8 packet_flags;	/* HV_PACKET_*; 0 = not one of several parts */
	bool has_csum;
	bool has_hash;
	bool has_vlan;
};

struct nv_sections {
	u32 size;
	u32 count;
};

/**
 * nv_rndis_packet_len - what nv_rndis_put_packet() will return
 * @m: what it will say
 *
 * Return: length of the header.
 */
static inline u32 nv_rndis_packet_len(const struct nv_tx_meta *m)
{
	u32 infos = !!m->hash + m->has_vlan + (m->lso || m->csum);

	return sizeof(struct hv_rndis_packet) + infos * (sizeof(struct hv_rndis_info) + 4);
}

u32 nv_rndis_put_packet(void *buf, const struct nv_tx_meta *m);
int nv_rndis_get_packet(const void *msg, u32 len, struct nv_rx_meta *m);
int nv_rndis_put_request(void *buf, u32 cap, u32 type, u32 id, u32 oid,
			 const void *data, u32 len);
int nv_rndis_reply_data(const void *msg, u32 len, u32 *at, u32 *data_len);
int nv_recv_sections(const struct hv_nvsp *m, u32 len, u32 buf_bytes,
		     struct nv_sections *s);
int nv_send_table(const void *msg, u32 len, u32 version,
		  u32 table[HV_NVSP_SEND_TABLE_LEN]);
u32 nv_rss_params(void *buf, const u8 *key, const u32 *table, u32 entries,
		  u32 hash, bool on);
u32 nv_mac_config(void *buf, const u8 *mac);
u32 nv_filter_simpler(u32 filter);
u16 nv_vlan_to_tci(u32 info);
u32 nv_vlan_from_tci(u16 tci);

#endif
