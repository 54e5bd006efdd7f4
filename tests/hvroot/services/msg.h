/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pure parts of the integration components: versions and their negotiation,
 * the check of an answer's header, names of status values. No I/O.
 */
#ifndef HVROOT_IC_MSG_H
#define HVROOT_IC_MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "services/wire.h"

struct ic_versions {
	unsigned int n;
	struct ic_version v[IC_VERSIONS_MAX];
};

/* "4.0+3.0", "none" or "" for an empty list: 0, or -1. */
int ic_versions_parse(const char *text, size_t len, struct ic_versions *to);
/* As ic_versions_parse() takes it, "none" for an empty list. */
const char *ic_versions_text(const struct ic_versions *v, char *text, size_t size);
bool ic_versions_has(const struct ic_versions *list, struct ic_version v);

/*
 * The data of a negotiation request (behind the header): its length. @frameworks
 * and @messages are the counts to claim, which may lie.
 */
size_t ic_negotiate_put(struct ic_negotiate *m, const struct ic_versions *framework,
			const struct ic_versions *message, unsigned int frameworks,
			unsigned int messages);

enum ic_agreed { IC_AGREED, IC_NO_MATCH, IC_NONSENSE };

/*
 * What the guest made of it: @agreed gets the framework and the message
 * version. IC_NONSENSE with the reason in @why.
 */
enum ic_agreed ic_negotiate_get(const void *data, size_t len, const struct ic_versions *framework,
				const struct ic_versions *message, struct ic_version agreed[2],
				const char **why);

/* NULL if @len bytes are an answer of type @type, with a copy of the header in @h. */
const char *ic_answer_check(const void *msg, size_t len, uint16_t type, struct ic_header *h);

/*
 * Is this the status of a daemon's answer to the question of ic_service's
 * probe()? A driver without a daemon fails it.
 */
bool ic_daemon_says(uint16_t type, uint32_t status);

/* "ok", "failure", ... or "unknown". */
const char *ic_status_name(uint32_t status);
const char *ic_type_name(uint16_t type);

#endif
