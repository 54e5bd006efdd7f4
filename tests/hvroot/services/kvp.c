// SPDX-License-Identifier: GPL-2.0-only
/*
 * Key-value pairs: the command `kvp`. Words in it may hold %XX for bytes that
 * a command line cannot; what is printed does likewise.
 */
#include <stdlib.h>
#include <string.h>
#include "control/control.h"
#include "loop/log.h"
#include "services/ic.h"
#include "services/kvp.h"
#include "services/kvp_msg.h"
#include "services/utf.h"

#define ITEMS_MAX	100000u		/* of an enumeration that does not end */

/* The item that a message is about, as far as it has one. */
static void item_of(const uint8_t *data, size_t len, struct kvp_enumerate *e)
{
	struct kvp_delete d = { 0 };
	uint8_t op = len ? data[0] : KVP_OPS;

	memset(e, 0, sizeof(*e));
	len = len > KVP_BODY ? len - KVP_BODY : 0;
	if (op == KVP_ENUMERATE && len >= sizeof(*e)) {
		memcpy(e, data + KVP_BODY, sizeof(*e));
	} else if (op <= KVP_SET && len >= sizeof(e->v)) {
		memcpy(&e->v, data + KVP_BODY, sizeof(e->v));
	} else if (op == KVP_DELETE && len >= sizeof(d)) {
		memcpy(&d, data + KVP_BODY, sizeof(d));
		e->v.key_size = d.key_size;
		memcpy(e->v.key, d.key, sizeof(d.key));
	}
}

static void describe(const struct ic *ic, const uint8_t *data, size_t len, bool answer,
		     char *text, size_t size)
{
	struct kvp_head h = { KVP_OPS, 0 };
	char key[KVP_KEY_TEXT], shown[200];
	struct kvp_enumerate e;

	item_of(data, len, &e);
	memcpy(&h, data, len < sizeof(h) ? len : sizeof(h));
	utf16_get(key, sizeof(key), e.v.key,
		  e.v.key_size < KVP_KEY_BYTES ? e.v.key_size : KVP_KEY_BYTES);
	percent_encode(shown, sizeof(shown), key, "\"");
	snprintf(text, size, "op=%u (%s) pool=%u index=%u key=\"%s\" key-size=%u type=%u value-size=%u",
		 h.op, kvp_op_name(h.op), h.pool, e.index, shown, e.v.key_size, e.v.type,
		 e.v.value_size);
}

/* Every text of the operation without its NUL, and its size at the limit. */
static void unterminate(uint8_t *data, size_t len)
{
	uint32_t sizes[2] = { KVP_KEY_BYTES, KVP_VALUE_BYTES };

	if (len < KVP_BYTES)
		return;
	switch (data[0]) {
	case KVP_DELETE:
		memcpy(data + KVP_BODY, sizes, 4);
		memset(data + KVP_BODY + 4, 'A', KVP_KEY_BYTES);
		break;
	case KVP_GET:
	case KVP_SET:
		memcpy(data + KVP_BODY + 4, sizes, sizeof(sizes));
		memset(data + KVP_BODY + 12, 'A', KVP_KEY_BYTES + KVP_VALUE_BYTES);
		break;
	case KVP_GET_IP:
	case KVP_SET_IP:
		memset(data + KVP_IP_BODY, 'A', len - KVP_IP_BODY);
		break;
	}
}

/* The first thing that the guest says of itself. */
static size_t probe(uint8_t to[IC_DATA_MAX])
{
	struct kvp_message m;

	kvp_start(&m, KVP_ENUMERATE, KVP_AUTO);
	memcpy(to, m.bytes, sizeof(m.bytes));
	return sizeof(m.bytes);
}

/* ---- one item ---- */

static void print_item(struct reply *r, const struct kvp_item *item)
{
	char key[3 * KVP_KEY_TEXT], value[3 * KVP_VALUE_TEXT];

	percent_encode(key, sizeof(key), item->key, "=");
	percent_encode(value, sizeof(value), item->value, "");
	reply_printf(r, "%s%s%s=%s\n", item->type == KVP_STRING ? "" : kvp_type_name(item->type),
		     item->type == KVP_STRING ? "" : ":", key, value);
}

/* NULL and the item, or what is wrong with the answer. */
static const char *value_at(const struct ic_answer *a, size_t at, struct kvp_item *item)
{
	struct kvp_value v;

	if (a->len < at + sizeof(v))
		return "an answer that is too short for an item";
	memcpy(&v, a->data + at, sizeof(v));
	return kvp_get_value(&v, item);
}

static void print_value(struct reply *r, const struct ic *ic, const struct ic_answer *a)
{
	struct kvp_item item;
	const char *why;

	if (a->status != IC_OK)
		return;
	why = value_at(a, KVP_BODY, &item);
	if (why)
		reply_printf(r, "the guest sent %s\n", why);
	else
		print_item(r, &item);
}

/* The words behind the pool, decoded: NULL or why not. */
static const char *decode(int argc, char **argv)
{
	for (int i = 3; i < argc; i++)
		if (percent_decode(argv[i]))
			return "a % that is not followed by two hexadecimal digits";
	return NULL;
}

static int cmd_item(struct reply *r, int argc, char **argv, enum kvp_op op, int pool,
		    unsigned int limit)
{
	const char *type_text = control_arg(argc, argv, "type");
	int type = type_text ? kvp_type_parse(type_text) : KVP_STRING;
	struct kvp_message m;
	struct kvp_value v = { 0 };
	const char *why = decode(argc, argv);
	char what[32];

	if (argc < (op == KVP_SET ? 5 : 4))
		return reply_error(r, "kvp %s POOL KEY%s", argv[1], op == KVP_SET ? " VALUE [type=TYPE]" : "");
	if (type < 0)
		return reply_error(r, "type=%s: want string, expand, u32, u64, u64-linux or a number", type_text);
	if (!why)
		why = kvp_put_value(&v, argv[3], type, op == KVP_SET ? argv[4] : NULL);
	if (why)
		return reply_error(r, "%s", why);
	kvp_start(&m, op, pool);
	if (op == KVP_DELETE) {
		memcpy(m.bytes + KVP_BODY, &v.key_size, 4);
		memcpy(m.bytes + KVP_BODY + 4, v.key, sizeof(v.key));
	} else {
		memcpy(m.bytes + KVP_BODY, &v, sizeof(v));
	}
	snprintf(what, sizeof(what), "kvp %s", argv[1]);
	return ic_ask(r, ic_get(IC_KVP), what, m.bytes, sizeof(m.bytes), limit,
		      op == KVP_GET ? print_value : NULL);
}

/* ---- enumeration ---- */

struct listing {
	struct reply *r;
	int pool;
	unsigned int limit;
	uint32_t index;
	uint64_t slowest, began;
};

static bool ask_next(struct listing *l);

static void list_end(struct listing *l, int ret)
{
	reply_printf(l->r, "kvp list: %u items in pool %d (%s) in %llu us, the slowest %llu us\n",
		     l->index, l->pool, kvp_pool_name(l->pool),
		     (unsigned long long)(ic_now() - l->began), (unsigned long long)l->slowest);
	reply_finish(l->r, ret);
	free(l);
}

static void list_done(void *ctx, const struct ic_answer *a)
{
	struct listing *l = ctx;
	struct kvp_item item;
	const char *why;

	if (a->micros > l->slowest)
		l->slowest = a->micros;
	if (a->how == IC_ANSWERED && a->status == IC_NO_MORE_ITEMS) {
		list_end(l, 0);
		return;
	}
	if (a->how != IC_ANSWERED || a->status != IC_OK) {
		list_end(l, ic_report(l->r, ic_get(IC_KVP), "kvp list", a));
		return;
	}
	why = value_at(a, KVP_BODY + 4, &item);
	if (why) {
		list_end(l, reply_error(l->r, "item %u: the guest sent %s", l->index, why));
		return;
	}
	print_item(l->r, &item);
	reply_flush(l->r);
	if (++l->index == ITEMS_MAX)
		list_end(l, reply_error(l->r, "kvp list: more than %u items", ITEMS_MAX));
	else if (!ask_next(l))
		list_end(l, reply_error(l->r, "kvp list: %s", "the service is gone"));
}

static bool ask_next(struct listing *l)
{
	struct kvp_message m;

	kvp_start(&m, KVP_ENUMERATE, l->pool);
	memcpy(m.bytes + KVP_BODY, &l->index, sizeof(l->index));
	return ic_request(ic_get(IC_KVP), m.bytes, sizeof(m.bytes), l->limit, list_done, l);
}

static int cmd_list(struct reply *r, int pool, unsigned int limit)
{
	struct listing *l;

	if (ic_check(r, ic_get(IC_KVP)))
		return -1;
	l = calloc(1, sizeof(*l));
	if (!l)
		return reply_error(r, "out of memory");
	*l = (struct listing){ .r = r, .pool = pool, .limit = limit, .began = ic_now() };
	if (ask_next(l))
		return CONTROL_LATER;
	free(l);
	return reply_error(r, "out of memory");
}

/* ---- addresses ---- */

static void print_addresses(struct reply *r, const struct ic *ic, const struct ic_answer *a)
{
	struct kvp_addresses ip;
	const char *why;

	if (a->status != IC_OK)
		return;
	why = kvp_get_ip(a->data, a->len, ic->message, &ip);
	if (why)
		reply_printf(r, "the guest sent %s\n", why);
	else
		reply_printf(r, "adapter=%s\nfamily=%u\ndhcp=%d\naddress=%s\nsubnet=%s\ngateway=%s\ndns=%s\n",
			     ip.adapter, ip.family, ip.dhcp, ip.address, ip.subnet, ip.gateway,
			     ip.dns);
}

/*
 * adapter=ID or "adapter ID"; else the first network device: hosts ask by its
 * address and set by its instance, and guests go by that.
 */
static void take_adapter(int argc, char **argv, enum kvp_op op, char *to, size_t size)
{
	const char *text = control_arg(argc, argv, "adapter");
	const struct guid *instance;
	const uint8_t *mac;
	char guid[37];

	for (int i = 2; !text && i + 1 < argc; i++)
		if (!strcmp(argv[i], "adapter"))
			text = argv[i + 1];
	if (text) {
		snprintf(to, size, "%s", text);
	} else if (net_first(&mac, &instance) && op == KVP_GET_IP) {
		snprintf(to, size, "%02X:%02X:%02X:%02X:%02X:%02X", mac[0], mac[1], mac[2],
			 mac[3], mac[4], mac[5]);
	} else if (net_first(&mac, &instance)) {
		guid_text(instance, guid);
		snprintf(to, size, "{%s}", guid);
	}
}

static void take_list(int argc, char **argv, const char *key, char *to, size_t size)
{
	const char *text = control_arg(argc, argv, key);

	snprintf(to, size, "%s", text ? text : "");
	for (char *p = to; *p; p++)
		if (*p == ',')
			*p = ';';
}

static int cmd_ip(struct reply *r, int argc, char **argv, enum kvp_op op, unsigned int limit)
{
	struct ic *ic = ic_get(IC_KVP);
	struct kvp_addresses a = { .adapter = "" };
	unsigned long long family, dhcp;
	struct kvp_message m;
	const char *why;

	if (control_num(r, argc, argv, "family", KVP_IPV4 | KVP_IPV6, &family) ||
	    control_num(r, argc, argv, "dhcp", 0, &dhcp) || ic_check(r, ic))
		return -1;
	if (family > 255 || dhcp > 255)
		return reply_error(r, "family is 1 (IPv4), 2 (IPv6) or 3, dhcp 0 or 1");
	a.family = family;
	a.dhcp = dhcp;
	take_adapter(argc, argv, op, a.adapter, sizeof(a.adapter));
	take_list(argc, argv, "address", a.address, sizeof(a.address));
	take_list(argc, argv, "subnet", a.subnet, sizeof(a.subnet));
	take_list(argc, argv, "gateway", a.gateway, sizeof(a.gateway));
	take_list(argc, argv, "dns", a.dns, sizeof(a.dns));
	if (!a.adapter[0])
		return reply_error(r, "which adapter? There is no NIC, so say adapter=ID");
	kvp_start(&m, op, KVP_EXTERNAL);
	why = kvp_put_ip(&m, ic->message, &a);
	if (why)
		return reply_error(r, "%s", why);
	return ic_ask(r, ic, op == KVP_GET_IP ? "kvp ip-get" : "kvp ip-set", m.bytes,
		      sizeof(m.bytes), limit, op == KVP_GET_IP ? print_addresses : NULL);
}

/* ---- kvp ---- */

static int cmd_kvp(struct reply *r, int argc, char **argv, void *ctx)
{
	const char *what = argc > 1 ? argv[1] : "";
	unsigned int limit;
	int pool;

	if (ic_limit(r, argc, argv, IC_ANSWER_MS, &limit))
		return -1;
	if (!strcmp(what, "ip-get"))
		return cmd_ip(r, argc, argv, KVP_GET_IP, limit);
	if (!strcmp(what, "ip-set"))
		return cmd_ip(r, argc, argv, KVP_SET_IP, limit);
	if (!strcmp(what, "facts"))
		return kvp_facts_command(r, argc, argv);
	if (strcmp(what, "get") && strcmp(what, "set") && strcmp(what, "delete") && strcmp(what, "list"))
		return reply_error(r, "kvp get|set|delete|list|ip-get|ip-set|facts");
	pool = argc > 2 ? kvp_pool_parse(argv[2]) : -1;
	if (pool < 0)
		return reply_error(r, "kvp %s POOL: external (0), guest (1), auto (2), auto-external (3), internal (4)", what);
	if (!strcmp(what, "list"))
		return cmd_list(r, pool, limit);
	return cmd_item(r, argc, argv, !strcmp(what, "get") ? KVP_GET :
			!strcmp(what, "set") ? KVP_SET : KVP_DELETE, pool, limit);
}

void ic_kvp_init(struct bus *b)
{
	control_register("kvp",
		"get|delete POOL KEY [limit=MS]  an item of the guest's; pools by number or name: external guest auto auto-external internal\n"
		"set POOL KEY VALUE [type=string|expand|u32|u64|N] [limit=MS]\n"
		"list POOL [limit=MS]\n"
		"ip-get [adapter=ID] [family=1|2|3] [limit=MS]  addresses of an adapter, here by its MAC address (default: the first NIC)\n"
		"ip-set [adapter=ID] [family=1|2|3] [dhcp=0|1] [address=A,..] [subnet=M,..] [gateway=A,..] [dns=A,..] [limit=MS]  set them, here by {its instance}\n"
		"facts [on|off]  send what a guest should know about its host; on: at each start of the service (default)",
		cmd_kvp, NULL);
}

const struct ic_service ic_kvp = {
	.name = "kvp", .type = IC_TYPE_KVP, .messages = "1.0+3.0+4.0+5.0", .depth = 1,
	.ready = kvp_facts_ready, .describe = describe, .unterminate = unterminate, .probe = probe,
};
