// SPDX-License-Identifier: GPL-2.0-only
/* Integration components: versions, negotiation, headers. Pure. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "services/msg.h"

static const char *number(const char *p, const char *end, uint16_t *to)
{
	unsigned long v = 0;
	const char *start = p;

	while (p < end && isdigit((unsigned char)*p) && v <= 0xFFFF)
		v = v * 10 + (*p++ - '0');
	*to = v;
	return p == start || v > 0xFFFF ? NULL : p;
}

int ic_versions_parse(const char *text, size_t len, struct ic_versions *to)
{
	const char *p = text, *end = text + len;

	to->n = 0;
	if (!len || (len == 4 && !strncmp(text, "none", 4)))
		return 0;
	while (to->n < IC_VERSIONS_MAX) {
		uint16_t major, minor;

		p = number(p, end, &major);
		if (!p || p == end || *p != '.')
			return -1;
		p = number(p + 1, end, &minor);
		if (!p)
			return -1;
		to->v[to->n++] = (struct ic_version){ major, minor };
		if (p == end)
			return 0;
		if (*p++ != '+')
			return -1;
	}
	return -1;
}

const char *ic_versions_text(const struct ic_versions *v, char *text, size_t size)
{
	size_t at = 0;

	snprintf(text, size, "none");
	for (unsigned int i = 0; i < v->n && at < size; i++)
		at += snprintf(text + at, size - at, "%s%u.%u", i ? "+" : "",
			       v->v[i].major, v->v[i].minor);
	return text;
}

bool ic_versions_has(const struct ic_versions *list, struct ic_version v)
{
	for (unsigned int i = 0; i < list->n; i++)
		if (list->v[i].major == v.major && list->v[i].minor == v.minor)
			return true;
	return false;
}

size_t ic_negotiate_put(struct ic_negotiate *m, const struct ic_versions *framework,
			const struct ic_versions *message, unsigned int frameworks,
			unsigned int messages)
{
	unsigned int n = 0;

	memset(m, 0, sizeof(*m));
	m->frameworks = frameworks;
	m->messages = messages;
	for (unsigned int i = 0; i < framework->n; i++)
		m->version[n++] = framework->v[i];
	for (unsigned int i = 0; i < message->n; i++)
		m->version[n++] = message->v[i];
	return offsetof(struct ic_negotiate, version) + n * sizeof(struct ic_version);
}

/* The answer's data size is not looked at: guests disagree about it. */
enum ic_agreed ic_negotiate_get(const void *data, size_t len, const struct ic_versions *framework,
				const struct ic_versions *message, struct ic_version agreed[2],
				const char **why)
{
	struct ic_negotiate m = { 0 };
	size_t fixed = offsetof(struct ic_negotiate, version);

	*why = "shorter than a negotiation";
	if (len < fixed)
		return IC_NONSENSE;
	memcpy(&m, data, len < sizeof(m) ? len : sizeof(m));
	if (!m.frameworks && !m.messages)
		return IC_NO_MATCH;
	*why = "the answer names not one version of each";
	if (m.frameworks != 1 || m.messages != 1 || len < fixed + 2 * sizeof(struct ic_version))
		return IC_NONSENSE;
	agreed[0] = m.version[0];
	agreed[1] = m.version[1];
	*why = "a version that was not offered";
	if (!ic_versions_has(framework, agreed[0]) || !ic_versions_has(message, agreed[1]))
		return IC_NONSENSE;
	return IC_AGREED;
}

const char *ic_answer_check(const void *msg, size_t len, uint16_t type, struct ic_header *h)
{
	if (len < sizeof(*h))
		return "shorter than the header";
	memcpy(h, msg, sizeof(*h));
	if (h->type != type)
		return "not of the type that was asked for";
	if (!(h->flags & IC_FLAG_RESPONSE) || !(h->flags & IC_FLAG_TRANSACTION))
		return "not an answer to a transaction";	/* OpenVMM: hyperv_ic, read_message() */
	if (type != IC_TYPE_NEGOTIATE && h->size > len - sizeof(*h))
		return "more data promised than there is";
	return NULL;
}

bool ic_daemon_says(uint16_t type, uint32_t status)
{
	switch (type) {
	case IC_TYPE_KVP:		/* the first of its items, or there are none */
		return status == IC_OK || status == IC_NO_MORE_ITEMS;
	case IC_TYPE_VSS:		/* a backup is possible */
		return status == IC_OK;
	case IC_TYPE_FCOPY:		/* a folder is not overwritten with a file */
		return status == IC_EXISTS;
	}
	return false;
}

const char *ic_status_name(uint32_t status)
{
	static const struct {
		uint32_t status;
		const char *name;
	} names[] = {
		{ IC_OK, "ok" }, { IC_FAILURE, "failure" },
		{ IC_NO_MORE_ITEMS, "no more items" }, { IC_NOT_SUPPORTED, "not supported" },
		{ IC_BAD_ARGUMENT, "bad argument" }, { IC_NOT_FOUND, "not found" },
		{ IC_EXISTS, "exists" }, { IC_DISK_FULL, "disk full" },
		{ IC_LOCKED, "locked" }, { IC_NOT_CONNECTED, "not connected" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].status == status)
			return names[i].name;
	return "unknown status";
}

const char *ic_type_name(uint16_t type)
{
	static const char *const names[] = {
		"NEGOTIATE", "HEARTBEAT", "KVP", "SHUTDOWN", "TIME", "VSS", "RDV", "FCOPY", "SESSION",
	};

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : "UNKNOWN";
}
