// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a guest learns about its host when the key-value service starts: items
 * of pool 3, one after the other, until one fails.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include "control/control.h"
#include "loop/log.h"
#include "services/ic.h"
#include "services/kvp.h"
#include "services/kvp_msg.h"

static bool wanted = true;

static const struct {
	const char *key;
	uint32_t type;
	const char *value;		/* NULL: the name of this machine */
} facts[] = {
	{ "HostName", KVP_STRING, NULL },
	{ "PhysicalHostName", KVP_STRING, NULL },
	{ "PhysicalHostNameFullyQualified", KVP_STRING, NULL },
	{ "VirtualMachineName", KVP_STRING, "hvroot" },
	{ "VirtualMachineId", KVP_STRING, "68767275-6f6f-7400-8000-000000000001" },
	{ "VirtualMachineDynamicMemoryBalancingEnabled", KVP_U32, "0" },
	{ "HostingSystemEditionId", KVP_U32, "8" },
	{ "HostingSystemNestedLevel", KVP_U32, "0" },
	{ "HostingSystemOsMajor", KVP_U32, "10" },
	{ "HostingSystemOsMinor", KVP_U32, "0" },
	{ "HostingSystemProcessorArchitecture", KVP_U32, "9" },
	{ "HostingSystemProcessorIdleStateMax", KVP_U32, "0" },
	{ "HostingSystemProcessorThrottleMax", KVP_U32, "100" },
	{ "HostingSystemProcessorThrottleMin", KVP_U32, "5" },
	{ "HostingSystemSpMajor", KVP_U32, "0" },
	{ "HostingSystemSpMinor", KVP_U32, "0" },
};

#define FACTS (sizeof(facts) / sizeof(facts[0]))

struct pushing {
	struct reply *r;		/* NULL: nobody waits */
	unsigned int next;
	uint64_t began;
};

static bool push_next(struct pushing *p);

static void push_end(struct pushing *p, const struct ic_answer *a)
{
	if (p->r)
		reply_printf(p->r, "%u of %zu facts in %llu us\n", p->next, FACTS,
			     (unsigned long long)(ic_now() - p->began));
	if (p->r)
		reply_finish(p->r, p->next == FACTS ? 0 :
			     ic_report(p->r, ic_get(IC_KVP), "kvp facts", a));
	free(p);
}

static void push_done(void *ctx, const struct ic_answer *a)
{
	struct pushing *p = ctx;

	if (a->how == IC_ANSWERED && a->status == IC_OK && ++p->next < FACTS && push_next(p))
		return;
	push_end(p, a);
}

static bool push_next(struct pushing *p)
{
	struct kvp_value v = { 0 };
	struct kvp_message m;
	struct utsname u;
	const char *value = facts[p->next].value;

	if (!value)
		value = uname(&u) ? "localhost" : u.nodename;
	if (kvp_put_value(&v, facts[p->next].key, facts[p->next].type, value))
		return false;
	kvp_start(&m, KVP_SET, KVP_AUTO_EXTERNAL);
	memcpy(m.bytes + KVP_BODY, &v, sizeof(v));
	return ic_request(ic_get(IC_KVP), m.bytes, sizeof(m.bytes), IC_ANSWER_MS, push_done, p);
}

static bool push(struct reply *r)
{
	struct pushing *p = calloc(1, sizeof(*p));

	if (!p)
		return false;
	p->r = r;
	p->began = ic_now();
	if (push_next(p))
		return true;
	free(p);
	return false;
}

void kvp_facts_ready(struct ic *ic)
{
	if (wanted)
		push(NULL);
}

int kvp_facts_command(struct reply *r, int argc, char **argv)
{
	if (argc > 2) {
		wanted = !strcmp(argv[2], "on");
		return wanted || !strcmp(argv[2], "off") ? 0 : reply_error(r, "kvp facts [on|off]");
	}
	if (ic_check(r, ic_get(IC_KVP)))
		return -1;
	return push(r) ? CONTROL_LATER : reply_error(r, "out of memory");
}
