// SPDX-License-Identifier: GPL-2.0-only
/* Key-value messages: names, items. Pure. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "services/kvp_msg.h"
#include "services/utf.h"

static const char *const op_names[] = { "get", "set", "delete", "enumerate", "get-ip", "set-ip" };
static const char *const pool_names[] = { "external", "guest", "auto", "auto-external", "internal" };

const char *kvp_op_name(unsigned int op)
{
	return op < KVP_OPS ? op_names[op] : "unknown";
}

const char *kvp_pool_name(unsigned int pool)
{
	return pool < KVP_POOLS ? pool_names[pool] : "unknown";
}

int kvp_pool_parse(const char *text)
{
	unsigned long v;
	char *end;

	for (int i = 0; i < KVP_POOLS; i++)
		if (!strcmp(text, pool_names[i]))
			return i;
	v = strtoul(text, &end, 0);
	return end == text || *end || v > 255 ? -1 : (int)v;
}

static const struct {
	uint32_t type;
	const char *name;
} types[] = {
	{ KVP_STRING, "string" }, { KVP_EXPAND, "expand" }, { KVP_U32, "u32" },
	{ KVP_U64, "u64" }, { KVP_U64_LINUX, "u64-linux" },
};

const char *kvp_type_name(uint32_t type)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (types[i].type == type)
			return types[i].name;
	return "unknown";
}

int kvp_type_parse(const char *text)
{
	unsigned long v;
	char *end;

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (!strcmp(types[i].name, text))
			return types[i].type;
	v = strtoul(text, &end, 0);
	return end == text || *end || v > 0x7FFFFFFF ? -1 : (int)v;
}

void kvp_start(struct kvp_message *m, enum kvp_op op, unsigned int pool)
{
	memset(m, 0, sizeof(*m));
	m->bytes[0] = op;
	m->bytes[1] = pool;
}

const char *kvp_put_key(uint8_t key[KVP_KEY_BYTES], uint32_t *size, const char *text)
{
	long n = utf16_put(key, KVP_KEY_BYTES, text);

	if (n < 0)
		return "the key is not UTF-8 of at most 255 UTF-16 units";
	*size = n;
	return NULL;
}

static const char *put_number(struct kvp_value *v, const char *text, size_t bytes)
{
	unsigned long long number;
	char *end;

	errno = 0;
	number = strtoull(text, &end, 0);
	if (errno || end == text || *end || *text == '-' || (bytes == 4 && number > 0xFFFFFFFF))
		return "the value is no number that fits its type";
	memcpy(v->value, &number, bytes);
	v->value_size = bytes;
	return NULL;
}

const char *kvp_put_value(struct kvp_value *v, const char *key, uint32_t type, const char *value)
{
	uint32_t key_size = 0;
	const char *why = kvp_put_key(v->key, &key_size, key);
	long n;

	if (why)
		return why;
	v->key_size = key_size;
	v->type = type;
	if (!value)
		return NULL;
	if (type == KVP_U32)
		return put_number(v, value, 4);
	if (type == KVP_U64 || type == KVP_U64_LINUX)
		return put_number(v, value, 8);
	n = utf16_put(v->value, sizeof(v->value), value);
	if (n < 0)
		return "the value is not UTF-8 of at most 1023 UTF-16 units";
	v->value_size = n;
	return NULL;
}

static uint64_t number_of(const struct kvp_value *v, size_t bytes)
{
	uint64_t number = 0;

	memcpy(&number, v->value, bytes);
	return number;
}

const char *kvp_get_value(const struct kvp_value *v, struct kvp_item *item)
{
	if (v->key_size > KVP_KEY_BYTES || !utf16_whole(v->key, v->key_size))
		return "a key that is not whole UTF-16 with its NUL";
	if (v->value_size > KVP_VALUE_BYTES)
		return "a value of an impossible size";
	item->type = v->type;
	utf16_get(item->key, sizeof(item->key), v->key, v->key_size);
	switch (v->type) {
	case KVP_U32:
		snprintf(item->value, sizeof(item->value), "%llu",
			 (unsigned long long)number_of(v, 4));
		return v->value_size == 4 ? NULL : "a 32-bit value that has not four bytes";
	case KVP_U64:
	case KVP_U64_LINUX:
		snprintf(item->value, sizeof(item->value), "%llu",
			 (unsigned long long)number_of(v, 8));
		return v->value_size == 8 ? NULL : "a 64-bit value that has not eight bytes";
	case KVP_STRING:
	case KVP_EXPAND:
		utf16_get(item->value, sizeof(item->value), v->value, v->value_size);
		return utf16_whole(v->value, v->value_size) ? NULL :
			"a string that is not whole UTF-16 with its NUL";
	}
	return "a value of unknown type";
}
