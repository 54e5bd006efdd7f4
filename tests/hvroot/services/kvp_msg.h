/* SPDX-License-Identifier: GPL-2.0-only */
/* Bodies of the key-value messages: written and read. Pure. */
#ifndef HVROOT_IC_KVP_MSG_H
#define HVROOT_IC_KVP_MSG_H

#include <stdbool.h>
#include "services/msg.h"

#define KVP_KEY_TEXT	(KVP_KEY_BYTES / 2 * 3 + 1)	/* as UTF-8 */
#define KVP_VALUE_TEXT	(KVP_VALUE_BYTES / 2 * 3 + 1)

struct kvp_item {
	uint32_t type;
	char key[KVP_KEY_TEXT];
	char value[KVP_VALUE_TEXT];
};

/* A whole message, zero but for the head; always KVP_BYTES long. */
struct kvp_message {
	uint8_t bytes[KVP_BYTES];
};

void kvp_start(struct kvp_message *m, enum kvp_op op, unsigned int pool);

/* NULL, or why the item does not fit. @value NULL: a key alone, as for get. */
const char *kvp_put_value(struct kvp_value *v, const char *key, uint32_t type, const char *value);
const char *kvp_put_key(uint8_t key[KVP_KEY_BYTES], uint32_t *size, const char *text);

/* The item in a value of an answer, or why it is none. */
const char *kvp_get_value(const struct kvp_value *v, struct kvp_item *item);

const char *kvp_op_name(unsigned int op);
const char *kvp_pool_name(unsigned int pool);
/* A name or a number of at most 255: the pool, or -1. */
int kvp_pool_parse(const char *text);
const char *kvp_type_name(uint32_t type);
int kvp_type_parse(const char *text);		/* or -1 */

/* ---- addresses ---- */

/* What a user says and sees, in lists of words with ';' between. */
struct kvp_addresses {
	char adapter[384];
	unsigned int family;		/* KVP_IPV4 | KVP_IPV6 */
	bool dhcp;
	char address[3072], subnet[3072], gateway[1536], dns[3072];
};

/* The body in the form of a version, at its place in @m; NULL or why not. */
const char *kvp_put_ip(struct kvp_message *m, struct ic_version version,
		       const struct kvp_addresses *a);
const char *kvp_get_ip(const uint8_t *data, size_t len, struct ic_version version,
		       struct kvp_addresses *a);

#endif
