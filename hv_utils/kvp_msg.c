// SPDX-License-Identifier: GPL-2.0-only
/*
 * Key-value pairs: the host's messages to the daemon's and back.  The host
 * writes text in UTF-16 and numbers in binary, the daemon takes UTF-8 only
 * (<linux/hyperv.h>, as of its "hv_kvp_msg").  Pure.
 */
#include <linux/kernel.h>
#include <linux/string.h>
#include "kvp_msg.h"
#include "text.h"

static u32 get_u32(const u8 *p)
{
	return p[0] | p[1] << 8 | p[2] << 16 | (u32)p[3] << 24;
}

static u64 get_u64(const u8 *p)
{
	return get_u32(p) | (u64)get_u32(p + 4) << 32;
}

/* Text of @size bytes in a field of @field bytes.  Returns its bytes as UTF-8, or an error. */
static int get_text(const u8 *in, u32 size, u32 field, u8 *out, u32 room)
{
	if (size > field || size % 2)
		return -EINVAL;
	return text_fit_from_host(in, size, out, room);
}

static int get_value(const struct hv_kvp_value *v, u8 *out)
{
	u32 size = le32_to_cpu(v->value_size);

	switch (le32_to_cpu(v->type)) {
	case HV_KVP_STRING:
	case HV_KVP_EXPAND_STRING:
		return get_text(v->value, size, sizeof(v->value), out, HV_KVP_VALUE_LEN);
	case HV_KVP_U32:
		if (size != 4)
			return -EINVAL;
		return 1 + snprintf((char *)out, HV_KVP_VALUE_LEN, "%u", get_u32(v->value));
	case HV_KVP_U64:
	case HV_KVP_QWORD:
		if (size != 8)
			return -EINVAL;
		return 1 + snprintf((char *)out, HV_KVP_VALUE_LEN, "%llu",
				    (unsigned long long)get_u64(v->value));
	}
	return -EINVAL;
}

/* A key, which must be there. */
static int get_key_text(const u8 *in, __le32 size, u8 *out)
{
	u32 bytes = le32_to_cpu(size);

	return bytes ? get_text(in, bytes, HV_KVP_KEY_LEN, out, HV_KVP_KEY_LEN) : -EINVAL;
}

static int get_key(const struct hv_kvp_value *v, struct hv_kvp_exchg_msg_value *to)
{
	int n = get_key_text(v->key, v->key_size, to->key);

	if (n < 0)
		return n;
	to->key_size = n;
	return 0;
}

static int get_pair(const struct hv_kvp_value *v, struct hv_kvp_exchg_msg_value *to)
{
	int n = get_value(v, to->value);

	if (n < 0)
		return n;
	to->value_type = REG_SZ;
	to->value_size = n;
	return get_key(v, to);
}

/* All but the operations on addresses. */
static u32 get_plain(struct hv_kvp_msg *to, const void *data, u32 len)
{
	static const u16 need[] = {
		[HV_KVP_GET] = offsetofend(struct hv_kvp, pair),
		[HV_KVP_SET] = offsetofend(struct hv_kvp, pair),
		[HV_KVP_DELETE] = offsetofend(struct hv_kvp, delete),
		[HV_KVP_ENUMERATE] = offsetofend(struct hv_kvp, item),
	};
	const struct hv_kvp *m = data;
	int n = 0;

	if (len < need[m->op] || m->pool >= HV_KVP_POOLS)
		return HV_IC_BAD_ARGUMENT;
	to->kvp_hdr.pool = m->pool;
	switch (m->op) {
	case HV_KVP_GET:
		n = get_key(&m->pair, &to->body.kvp_get.data);
		/* that many bytes of what it keeps */
		to->body.kvp_get.data.value_size = HV_KVP_VALUE_LEN;
		break;
	case HV_KVP_SET:
		n = get_pair(&m->pair, &to->body.kvp_set.data);
		break;
	case HV_KVP_DELETE:
		n = get_key_text(m->delete.key, m->delete.key_size, to->body.kvp_delete.key);
		to->body.kvp_delete.key_size = n;
		break;
	case HV_KVP_ENUMERATE:
		to->body.kvp_enum_data.index = le32_to_cpu(m->item.index);
		break;
	}
	return n < 0 ? HV_IC_BAD_ARGUMENT : HV_IC_OK;
}

/* The daemon's fields are as large as the host's, and hold UTF-8. */
static int get_list(const u8 *in, u32 size, void *out)
{
	return text_from_host(in, size, out, size);
}

static u32 get_ip(struct hv_kvp_msg *to, const void *data, u32 len)
{
	struct hv_kvp_ipaddr_value *ip = &to->body.kvp_ip_val;
	const struct hv_kvp_ip *m = data;

	if (len < sizeof(*m))
		return HV_IC_BAD_ARGUMENT;
	to->kvp_hdr.pool = m->pool;
	ip->addr_family = m->family;
	ip->dhcp_enabled = m->dhcp;
	if (get_list(m->adapter, sizeof(m->adapter), &ip->adapter_id) < 0)
		return HV_IC_BAD_ARGUMENT;
	if (m->op == HV_KVP_GET_IP)
		return HV_IC_OK;
	if (get_list(m->addresses, sizeof(m->addresses), &ip->ip_addr) < 0 ||
	    get_list(m->masks, sizeof(m->masks), &ip->sub_net) < 0 ||
	    get_list(m->gateways, sizeof(m->gateways), &ip->gate_way) < 0 ||
	    get_list(m->dns, sizeof(m->dns), &ip->dns_addr) < 0)
		return HV_IC_BAD_ARGUMENT;
	return HV_IC_OK;
}

static bool is_binary_ip(u8 op, int version)
{
	return version >= HV_IC_VERSION(5, 0) && (op == HV_KVP_GET_IP || op == HV_KVP_SET_IP);
}

static u32 get_ip5(struct hv_kvp_msg *to, const void *data, u32 len)
{
	const struct hv_kvp_ip5 *m = data;

	if (len < sizeof(*m))
		return HV_IC_BAD_ARGUMENT;
	to->kvp_hdr.pool = m->pool;
	return kvp_addr_from_host(&to->body.kvp_ip_val, m);
}

/**
 * kvp_from_host() - a request of the host for the daemon
 * @to: the daemon's message, all of which is written
 * @data: the host's
 * @len: bytes there
 * @version: agreed message version
 *
 * Return: HV_IC_OK, or the status to answer with.
 */
u32 kvp_from_host(struct hv_kvp_msg *to, const void *data, u32 len, int version)
{
	const u8 *op = data;

	if (len < 2)
		return HV_IC_BAD_ARGUMENT;
	if (*op >= HV_KVP_OPS)
		return HV_IC_UNSUPPORTED;
	memset(to, 0, sizeof(*to));
	to->kvp_hdr.operation = *op;
	if (is_binary_ip(*op, version))
		return get_ip5(to, data, len);
	if (*op == HV_KVP_GET_IP || *op == HV_KVP_SET_IP)
		return get_ip(to, data, len);
	return get_plain(to, data, len);
}

static void put_value(struct hv_kvp_value *v, const struct hv_kvp_exchg_msg_value *from)
{
	v->type = cpu_to_le32(HV_KVP_STRING);
	v->value_size = cpu_to_le32(text_fit_to_host(from->value, sizeof(from->value),
						     v->value, sizeof(v->value)));
}

static void put_pair(struct hv_kvp_value *v, const struct hv_kvp_exchg_msg_value *from)
{
	v->key_size = cpu_to_le32(text_fit_to_host(from->key, sizeof(from->key),
						   v->key, sizeof(v->key)));
	put_value(v, from);
}

static void put_ip(struct hv_kvp_ip *m, const struct hv_kvp_ipaddr_value *ip)
{
	m->family = ip->addr_family;
	m->dhcp = ip->dhcp_enabled;
	text_fit_to_host((const u8 *)&ip->adapter_id, sizeof(ip->adapter_id),
			 m->adapter, sizeof(m->adapter));
	text_fit_to_host((const u8 *)&ip->ip_addr, sizeof(ip->ip_addr),
			 m->addresses, sizeof(m->addresses));
	text_fit_to_host((const u8 *)&ip->sub_net, sizeof(ip->sub_net),
			 m->masks, sizeof(m->masks));
	text_fit_to_host((const u8 *)&ip->gate_way, sizeof(ip->gate_way),
			 m->gateways, sizeof(m->gateways));
	text_fit_to_host((const u8 *)&ip->dns_addr, sizeof(ip->dns_addr), m->dns, sizeof(m->dns));
}

/**
 * kvp_to_host() - the daemon's answer for the host
 * @data: the host's request, which kvp_from_host() took; becomes the answer
 * @from: the daemon's
 * @version: agreed message version
 *
 * Return: the status to answer with.
 */
u32 kvp_to_host(void *data, const struct hv_kvp_msg *from, int version)
{
	struct hv_kvp *m = data;

	if (from->error)
		return from->error;
	switch (m->op) {
	case HV_KVP_GET:
		put_value(&m->pair, &from->body.kvp_get.data);
		break;
	case HV_KVP_ENUMERATE:
		put_pair(&m->item.pair, &from->body.kvp_enum_data.data);
		break;
	case HV_KVP_GET_IP:
		if (is_binary_ip(m->op, version))
			kvp_addr_to_host(data, &from->body.kvp_ip_val);
		else
			put_ip(data, &from->body.kvp_ip_val);
		break;
	}
	return HV_IC_OK;
}
