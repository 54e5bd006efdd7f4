// SPDX-License-Identifier: GPL-2.0-only
/*
 * Builds and takes apart RNDIS messages ("RNDIS messages", "Per-packet info"
 * and "NDIS structures" in the protocol).
 *
 * Pure.  What comes from the host lies in memory that it may change at any
 * time: each word is read once, then checked, then used.
 */
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/if_vlan.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <asm/byteorder.h>
#include "rndis_msg.h"

u16 nv_vlan_to_tci(u32 info)
{
	return (info >> HV_VLAN_ID_SHIFT & VLAN_VID_MASK) |
	       (info & 7) << VLAN_PRIO_SHIFT |
	       (info & HV_VLAN_CFI ? VLAN_CFI_MASK : 0);
}

u32 nv_vlan_from_tci(u16 tci)
{
	return (tci & VLAN_VID_MASK) << HV_VLAN_ID_SHIFT |
	       tci >> VLAN_PRIO_SHIFT |
	       (tci & VLAN_CFI_MASK ? HV_VLAN_CFI : 0);
}

/* An info with a value of four bytes */
struct value_info {
	struct hv_rndis_info h;
	__le32 value;
} __packed;
static_assert(sizeof(struct value_info) == 16);

static __always_inline u32 put_info(u8 *p, u32 type, u32 value)
{
	struct value_info *e = (void *)p;

	*e = (struct value_info){
		.h.size = cpu_to_le32(sizeof(*e)),
		.h.type = cpu_to_le32(type),
		.h.offset = cpu_to_le32(sizeof(e->h)),
		.value = cpu_to_le32(value),
	};
	return sizeof(*e);
}

/**
 * nv_rndis_put_packet - write the header of a frame that we send
 * @buf: nv_rndis_packet_len() bytes, NV_TX_HEAD_MAX at most; written, never read: it may be
 *	memory that the host can change
 * @m: what to say; a large send includes its checksums, so @m->csum is left
 *	out when @m->lso is set
 *
 * Return: length of the header; the frame goes right behind it.
 */
u32 nv_rndis_put_packet(void *buf, const struct nv_tx_meta *m)
{
	u32 head = nv_rndis_packet_len(m), infos = head - sizeof(struct hv_rndis_packet);
	u8 *info = (u8 *)buf + sizeof(struct hv_rndis_packet);

	*(struct hv_rndis_packet *)buf = (struct hv_rndis_packet){
		.h.type = cpu_to_le32(HV_RNDIS_PACKET),
		.h.len = cpu_to_le32(head + m->frame_len),
		.data_offset = cpu_to_le32(head - HV_RNDIS_OFFSET_BASE),
		.data_len = cpu_to_le32(m->frame_len),
		.info_offset = cpu_to_le32(infos ? sizeof(struct hv_rndis_packet) -
						   HV_RNDIS_OFFSET_BASE : 0),
		.info_len = cpu_to_le32(infos),
	};
	if (m->hash)
		info += put_info(info, HV_INFO_HASH, m->hash);
	if (m->has_vlan)
		info += put_info(info, HV_INFO_VLAN, m->vlan);
	if (m->lso)
		put_info(info, HV_INFO_LSO, m->lso);
	else if (m->csum)
		put_info(info, HV_INFO_CHECKSUM, m->csum);
	return head;
}

/* A word of the host's, read once: what is checked is what is used. */
static __always_inline u32 word_of(const u8 *p)
{
	__le32 raw;

	memcpy(&raw, p, sizeof(raw));
	OPTIMIZER_HIDE_VAR(raw);
	return le32_to_cpu(raw);
}

/* Version, flags and number are one word. */
static void take_packet_id(struct nv_rx_meta *m, const u8 *entry, u32 size)
{
	u32 v;

	if (size < sizeof(struct hv_info_packet_id))
		return;
	v = word_of(entry + offsetof(struct hv_info_packet_id, version));
	if ((v & 0xff) != 1 || !(v >> 8 & HV_PACKET_PART))
		return;
	m->packet_flags = v >> 8;
	m->packet_id = v >> 16;
}

/* One entry, already known to lie inside the message. */
static __always_inline void take_info(struct nv_rx_meta *m, u32 type, const u8 *data, u32 len)
{
	u32 v;

	if (unlikely(len < sizeof(v))) {
		m->vlan_short |= type == HV_INFO_VLAN;
		return;
	}
	v = word_of(data);
	switch (type) {
	case HV_INFO_CHECKSUM:
		m->csum = v;
		m->has_csum = true;
		break;
	case HV_INFO_VLAN:
		m->vlan_tci = nv_vlan_to_tci(v);
		m->has_vlan = true;
		break;
	case HV_INFO_HASH:
		m->hash = v;
		m->has_hash = true;
		break;
	}
}

/*
 * An entry whose size cannot be right ends the walk with an error: there is
 * no way to find the next one, and going on from the same place never ends.
 */
static __always_inline int take_infos(struct nv_rx_meta *m, const u8 *p, u32 len)
{
	const u32 head = sizeof(struct hv_rndis_info);

	while (len) {
		u32 size, offset, type;

		if (len < head)
			return -EINVAL;
		size = word_of(p + offsetof(struct hv_rndis_info, size));
		offset = word_of(p + offsetof(struct hv_rndis_info, offset));
		type = word_of(p + offsetof(struct hv_rndis_info, type));
		if (size < head || size > len || offset < head ||
		    offset > size)
			return -EINVAL;
		if (type == HV_INFO_PACKET_ID)
			take_packet_id(m, p, size);
		else
			take_info(m, type, p + offset, size - offset);
		p += size;
		len -= size;
	}
	return 0;
}

/* Whether @len bytes at @offset (from the base) lie behind a header of @head. */
static bool inside(u32 msg_len, u32 head, u32 offset, u32 len)
{
	u64 at = (u64)offset + HV_RNDIS_OFFSET_BASE;

	return at >= head && at + len <= msg_len;
}

/**
 * nv_rndis_get_packet - read the header of a received frame
 * @msg: the message, in memory shared with the host
 * @len: bytes that belong to it
 * @m: gets what the header says; the frame lies inside the message
 *
 * Return: 0, or -EINVAL if lengths or offsets contradict each other.
 */
int nv_rndis_get_packet(const void *msg, u32 len, struct nv_rx_meta *m)
{
	const u32 head = sizeof(struct hv_rndis_packet);
	u32 msg_len, at, n;

	memset(m, 0, sizeof(*m));
	if (len < head)
		return -EINVAL;
	msg_len = word_of(msg + offsetof(struct hv_rndis_packet, h.len));
	if (msg_len < head || msg_len > len)
		return -EINVAL;
	at = word_of(msg + offsetof(struct hv_rndis_packet, data_offset));
	n = word_of(msg + offsetof(struct hv_rndis_packet, data_len));
	if (!n || !inside(msg_len, head, at, n))
		return -EINVAL;
	m->data_offset = at + HV_RNDIS_OFFSET_BASE;
	m->data_len = n;
	n = word_of(msg + offsetof(struct hv_rndis_packet, info_len));
	if (!n)
		return 0;
	at = word_of(msg + offsetof(struct hv_rndis_packet, info_offset));
	if (n > NV_INFO_MAX || !inside(msg_len, head, at, n))
		return -EINVAL;
	return take_infos(m, msg + at + HV_RNDIS_OFFSET_BASE, n);
}

/**
 * nv_rndis_put_request - write a QUERY or SET
 * @buf: where to
 * @cap: room there
 * @type: HV_RNDIS_QUERY or HV_RNDIS_SET
 * @id: comes back in the reply
 * @oid: the object
 * @data: what to set, or what the query says about its answer
 * @len: its length
 *
 * Return: length of the message, or -EMSGSIZE.
 */
int nv_rndis_put_request(void *buf, u32 cap, u32 type, u32 id, u32 oid,
			 const void *data, u32 len)
{
	struct hv_rndis_request q = {
		.h.type = cpu_to_le32(type),
		.h.len = cpu_to_le32(sizeof(q) + len),
		.id = cpu_to_le32(id),
		.oid = cpu_to_le32(oid),
		.len = cpu_to_le32(len),
		.offset = cpu_to_le32(sizeof(q) - HV_RNDIS_OFFSET_BASE),
	};

	if (len > cap || sizeof(q) > cap - len)
		return -EMSGSIZE;
	memcpy(buf, &q, sizeof(q));
	if (len)
		memcpy((u8 *)buf + sizeof(q), data, len);
	return sizeof(q) + len;
}

/**
 * nv_rndis_reply_data - find the data of a QUERY's reply
 * @msg: private copy of the reply
 * @len: its length
 * @at: gets where the data starts
 * @data_len: gets its length, which may be 0: a host has no name for the device, say
 *
 * Return: 0; -EIO if the host refused; -EINVAL if the reply makes no sense.
 */
int nv_rndis_reply_data(const void *msg, u32 len, u32 *at, u32 *data_len)
{
	struct hv_rndis_query_reply r;
	u32 offset;

	if (len < sizeof(r))
		return -EINVAL;
	memcpy(&r, msg, sizeof(r));
	if (le32_to_cpu(r.status) != HV_RNDIS_STATUS_OK)
		return -EIO;
	offset = le32_to_cpu(r.offset);
	*data_len = le32_to_cpu(r.len);
	if (*data_len && !inside(len, sizeof(r), offset, *data_len))
		return -EINVAL;
	*at = *data_len ? offset + HV_RNDIS_OFFSET_BASE : sizeof(r);
	return 0;
}

/* A section holds at least a packet header and a minimal frame. */
#define NV_SECTION_MIN	68

/**
 * nv_recv_sections - check how the host cut the receive buffer
 * @m: its answer
 * @len: length of that
 * @buf_bytes: size of the buffer
 * @s: gets size and number of sections
 *
 * Return: 0; -EIO if the host refused the buffer; -EINVAL if the numbers
 * contradict each other or the buffer.
 */
int nv_recv_sections(const struct hv_nvsp *m, u32 len, u32 buf_bytes,
		     struct nv_sections *s)
{
	u64 bytes;

	if (len < HV_NVSP_LEN(recv_reply))
		return -EINVAL;
	if (le32_to_cpu(m->recv_reply.status) != HV_NVSP_STATUS_OK)
		return -EIO;
	s->size = le32_to_cpu(m->recv_reply.size);
	s->count = le32_to_cpu(m->recv_reply.count);
	bytes = (u64)s->size * s->count;
	if (le32_to_cpu(m->recv_reply.sections) != 1 ||
	    m->recv_reply.offset || s->size < NV_SECTION_MIN || !s->count ||
	    bytes > buf_bytes)
		return -EINVAL;
	return 0;
}

/**
 * nv_send_table - read the table that spreads what we send
 * @msg: private copy of the host's message
 * @len: its length
 * @version: NVSP version; hosts up to 6.0 that send a long message give a
 *	wrong offset
 * @table: gets the channel numbers, unchecked
 *
 * Return: 0 or -EINVAL.
 */
int nv_send_table(const void *msg, u32 len, u32 version,
		  u32 table[HV_NVSP_SEND_TABLE_LEN])
{
	const u32 bytes = HV_NVSP_SEND_TABLE_LEN * sizeof(__le32);
	struct hv_nvsp m;
	u32 offset, i;

	if (len < HV_NVSP_LEN(send_table))
		return -EINVAL;
	memcpy(&m, msg, min_t(u32, len, sizeof(m)));
	offset = le32_to_cpu(m.send_table.offset);
	if (version <= HV_NVSP_V6 && len >= HV_NVSP_SEND_TABLE_AT + bytes)
		offset = HV_NVSP_SEND_TABLE_AT;
	if (le32_to_cpu(m.send_table.count) != HV_NVSP_SEND_TABLE_LEN ||
	    offset < HV_NVSP_LEN(send_table) || offset > len ||
	    len - offset < bytes)
		return -EINVAL;
	for (i = 0; i < HV_NVSP_SEND_TABLE_LEN; i++) {
		__le32 v;

		memcpy(&v, (const u8 *)msg + offset + i * sizeof(v), sizeof(v));
		table[i] = le32_to_cpu(v);
	}
	return 0;
}

/**
 * nv_rss_params - write the object that turns receive-side scaling on or off
 * @buf: room for the structure, @entries numbers and a key
 * @key: HV_RSS_KEY_LEN bytes
 * @table: channel numbers
 * @entries: of the table
 * @hash: HV_HASH_* bits
 * @on: or off
 *
 * Return: its length.
 */
u32 nv_rss_params(void *buf, const u8 *key, const u32 *table, u32 entries,
		  u32 hash, bool on)
{
	u32 bytes = entries * sizeof(__le32), i;
	struct hv_ndis_rss_params p = {
		.h.type = HV_NDIS_RSS_PARAMS,
		.h.rev = 2,
		.h.size = cpu_to_le16(sizeof(p)),
		.flags = cpu_to_le16(on ? 0 : HV_RSS_DISABLE),
		.hash = cpu_to_le32(HV_HASH_TOEPLITZ | hash),
		.table_len = cpu_to_le16(bytes),
		.table_offset = cpu_to_le32(sizeof(p)),
		.key_len = cpu_to_le16(HV_RSS_KEY_LEN),
		.key_offset = cpu_to_le32(sizeof(p) + bytes),
	};
	u8 *at = (u8 *)buf + sizeof(p);

	memcpy(buf, &p, sizeof(p));
	for (i = 0; i < entries; i++) {
		__le32 v = cpu_to_le32(table[i]);

		memcpy(at + i * sizeof(v), &v, sizeof(v));
	}
	memcpy(at + bytes, key, HV_RSS_KEY_LEN);
	return sizeof(p) + bytes + HV_RSS_KEY_LEN;
}

static u32 put_utf16(u8 *to, const char *text, u32 chars)
{
	u32 i;

	for (i = 0; i < chars; i++) {
		to[2 * i] = text[i];
		to[2 * i + 1] = 0;
	}
	return 2 * chars;
}

/**
 * nv_mac_config - write the object that changes the address
 * @buf: room for 128 bytes
 * @mac: the address
 *
 * Return: its length.
 */
u32 nv_mac_config(void *buf, const u8 *mac)
{
	static const char name[] = "NetworkAddress";
	const u32 name_len = 2 * (sizeof(name) - 1);
	struct hv_ndis_config c = {
		.name_offset = cpu_to_le32(sizeof(c)),
		.name_len = cpu_to_le32(name_len),
		.type = cpu_to_le32(HV_CONFIG_STRING),
		.value_offset = cpu_to_le32(sizeof(c) + name_len),
		.value_len = cpu_to_le32(24),
	};
	u8 *at = (u8 *)buf + sizeof(c);
	char digits[13];

	snprintf(digits, sizeof(digits), "%02x%02x%02x%02x%02x%02x", mac[0],
		 mac[1], mac[2], mac[3], mac[4], mac[5]);
	memcpy(buf, &c, sizeof(c));
	at += put_utf16(at, name, sizeof(name) - 1);
	put_utf16(at, digits, 12);
	return sizeof(c) + name_len + 24;
}

/**
 * nv_filter_simpler - what to ask for instead of a receive filter that the host refuses
 * @filter: HV_FILTER_*
 *
 * First it gives more than is wanted, then less: the stack leaves out what is not its own.
 * Return: another filter, which is never asked for twice on the way; 0 if there is none.
 */
u32 nv_filter_simpler(u32 filter)
{
	const u32 plain = HV_FILTER_DIRECTED | HV_FILTER_BROADCAST;

	if (filter & HV_FILTER_PROMISCUOUS)
		return plain | HV_FILTER_ALL_MULTICAST;
	if (filter & HV_FILTER_MULTICAST)
		return (filter & ~HV_FILTER_MULTICAST) | HV_FILTER_ALL_MULTICAST;
	return filter & HV_FILTER_ALL_MULTICAST ? filter & plain : 0;
}
