// SPDX-License-Identifier: GPL-2.0-only
/*
 * The connection and the memory that the host gets: whatever the host answers or leaves
 * unanswered, pages that it may still write are not freed, and it cannot keep all of them.
 *
 * Kernel only: it runs connect.c, gpadl.c and quarantine.c themselves.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/slab.h>
#include "vmbus_priv.h"
#include "params.h"

/* no tracepoints */
#define _HV_VMBUS_TRACE_H
#define trace_vmbus_negotiate_version(m, ret)		((void)(ret))
#define trace_vmbus_request_offers(ret)			((void)(ret))
#define trace_vmbus_onversion_response(m)		((void)(m))
#define trace_vmbus_establish_gpadl_header(m, ret)	((void)(ret))
#define trace_vmbus_establish_gpadl_body(m, ret)	((void)(ret))
#define trace_vmbus_teardown_gpadl(m, ret)		((void)(ret))
#define trace_vmbus_ongpadl_created(m)			((void)(m))
#define trace_vmbus_ongpadl_torndown(m)			((void)(m))

/* What the host answers, and what it was asked */
static struct {
	int wait;		/* result of each wait, but of a teardown's */
	int torn;		/* of that */
	int torn_first;		/* of that which a rescind may end */
	unsigned long patience;	/* of the last wait */
	int late;		/* of that for a list's answer after a rescind */
	u32 refused;		/* the status in it */
	int post;		/* of each post */
	bool agree, unload;	/* to a version; answers the unload */
	unsigned int posts[CHANNELMSG_COUNT];
	unsigned int freed, pages;
	struct completion *asked, *go;	/* a wait that begins, and may end */
} host;

static struct vmbus conn_bus;

static int conn_post(struct vmbus *bus, const void *msg, size_t len)
{
	const struct vmbus_channel_message_header *h = msg;

	host.posts[h->msgtype]++;
	if (h->msgtype == CHANNELMSG_UNLOAD && host.unload)
		complete(&vmbus_connection.unload_event);
	return host.post;
}

static void conn_req_start(struct vmbus *bus, struct vmbus_req *req)
{
}

static int conn_req_wait(struct vmbus *bus, struct vmbus_req *req, unsigned long timeout)
{
	struct vmbus_channel_version_response *r = (void *)req->reply;

	memset(req->reply, 0, sizeof(req->reply));
	host.patience = timeout;
	if (host.asked) {
		complete(host.asked);
		wait_for_completion(host.go);
	}
	if (req->type == CHANNELMSG_VERSION_RESPONSE)
		r->version_supported = host.agree;
	if (req->type == CHANNELMSG_GPADL_CREATED && !req->chan) {
		((struct vmbus_channel_gpadl_created *)r)->creation_status = host.refused;
		return host.late;
	}
	if (req->type == CHANNELMSG_GPADL_TORNDOWN)
		return req->chan ? host.torn_first : host.torn;
	return host.wait;
}

static bool conn_req_answer(struct vmbus *bus, u32 type, u32 relid, u32 key, const void *msg,
			    size_t len)
{
	return false;
}

static void conn_req_fail_chan(struct vmbus *bus, struct vmbus_chan *chan, int err)
{
}

static void conn_free_pages(struct page **pages, unsigned int count, unsigned int order)
{
	host.freed++;
	kvfree(pages);
}

static unsigned long conn_get_page(gfp_t flags)
{
	host.pages++;
	return get_zeroed_page(flags);
}

static void conn_free_page(unsigned long page)
{
	if (!page)
		return;
	host.pages--;
	free_page(page);
}

/* the host confirms an unload while it is told of it, or never */
static unsigned long conn_unload_wait(struct completion *event, unsigned long timeout)
{
	return try_wait_for_completion(event) ? timeout : 0;
}

static uint conn_timeout __maybe_unused;
static uint conn_max_version = VERSION_WIN10_V5_3;

#define vmbus_post			conn_post
#define vmbus_req_start			conn_req_start
#define vmbus_req_cancel		conn_req_start
#define vmbus_req_wait			conn_req_wait
#define vmbus_req_answer		conn_req_answer
#define vmbus_req_fail_chan		conn_req_fail_chan
#define vmbus_host_timeout		conn_timeout
#define vmbus_max_version		conn_max_version
#define wait_for_completion_timeout	conn_unload_wait
#define ringmem_free_pages		conn_free_pages
#define intr_poll_message(bus, cpu)	(false)
#undef get_zeroed_page
#define get_zeroed_page			conn_get_page
#undef free_page
#define free_page			conn_free_page
/* the played ones of fakebus.c and messages_test.c have these names */
#define gpadl_create			conn_gpadl_create
#define gpadl_destroy			conn_gpadl_destroy
#define gpadl_ask_back			conn_gpadl_ask_back
#define gpadl_wait_back			conn_gpadl_wait_back
#define gpadl_patience			conn_gpadl_patience
#define vmbus_on_version_response	conn_on_version_response
#define vmbus_on_unload_response	conn_on_unload_response
#define vmbus_on_gpadl_created		conn_on_gpadl_created
#define vmbus_on_gpadl_torndown		conn_on_gpadl_torndown
static void conn_on_version_response(struct vmbus *bus, const void *msg, size_t len) __maybe_unused;
static void conn_on_unload_response(struct vmbus *bus, const void *msg, size_t len) __maybe_unused;
static void conn_on_gpadl_created(struct vmbus *bus, const void *msg, size_t len) __maybe_unused;
static void conn_on_gpadl_torndown(struct vmbus *bus, const void *msg, size_t len) __maybe_unused;
static int gpadl_create(struct vmbus_channel *ch, const u64 *pfns, u32 count, u32 bytes,
			u32 offset, u32 *handle);
static int gpadl_destroy(struct vmbus *bus, u32 relid, u32 gpadl, unsigned long timeout);
static void gpadl_ask_back(struct vmbus_channel *ch, u32 gpadl, struct gpadl_asked *asked);
static int gpadl_wait_back(struct vmbus_channel *ch, struct gpadl_asked *asked,
			   unsigned long deadline);
static unsigned long gpadl_patience(const struct vmbus_channel *ch);
#include "../../vmbus/connect.c"
#undef pr_fmt
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt
#include "../../vmbus/quarantine.c"
#include "../../vmbus/gpadl.c"

static int conn_init(struct kunit *test)
{
	memset(&host, 0, sizeof(host));
	memset(&conn_bus, 0, sizeof(conn_bus));
	conn_bus.phase = VMBUS_PHASE_DOWN;
	vmbus_proto_version = 0;
	quarantine_init(&conn_bus);
	init_completion(&vmbus_connection.unload_event);
	return 0;
}

struct contact_case {
	const char *name;
	int post, wait;
	bool agree, unload;
	int want;
	unsigned int unloads;
	enum vmbus_phase phase;
	bool kept;		/* the pages stay the host's */
};

static const struct contact_case contacts[] = {
	{ "agreed", 0, 0, true, true, 0, 0, VMBUS_PHASE_UP, false },
	{ "refused in every version", 0, 0, false, false, -EOPNOTSUPP, 0,
	  VMBUS_PHASE_DOWN, false },
	{ "never posted", -EAGAIN, 0, false, false, -EAGAIN, 0, VMBUS_PHASE_DOWN, false },
	{ "no answer, unload confirmed", 0, -ETIMEDOUT, false, true, -ETIMEDOUT, 1,
	  VMBUS_PHASE_DOWN, false },
	{ "no answer at all", 0, -ETIMEDOUT, false, false, -ETIMEDOUT, 1,
	  VMBUS_PHASE_UNLOAD, true },
};

KUNIT_ARRAY_PARAM_DESC(contacts, contacts, name);

/* The end: the pages are freed, or left to the host, and the phase says which. */
static void disconnect_and_look(struct kunit *test, bool kept)
{
	void *pages[3] = { vmbus_connection.int_page, vmbus_connection.monitor_pages[0],
			   vmbus_connection.monitor_pages[1] };
	unsigned int i;

	vmbus_disconnect(&conn_bus);
	KUNIT_EXPECT_EQ(test, kept ? VMBUS_PHASE_LOST : VMBUS_PHASE_DOWN, conn_bus.phase);
	KUNIT_EXPECT_EQ(test, kept ? 3u : 0u, host.pages);
	if (host.pages) {	/* for the next case */
		for (i = 0; i < ARRAY_SIZE(pages); i++)
			free_page((unsigned long)pages[i]);
		vmbus_connection.int_page = NULL;
	}
}

static void conn_contact(struct kunit *test)
{
	const struct contact_case *c = test->param_value;

	host.post = c->post;
	host.wait = c->wait;
	host.agree = c->agree;
	host.unload = c->unload;
	KUNIT_EXPECT_EQ(test, c->want, vmbus_connect(&conn_bus));
	KUNIT_EXPECT_EQ(test, c->unloads, host.posts[CHANNELMSG_UNLOAD]);
	KUNIT_EXPECT_EQ(test, c->phase, conn_bus.phase);
	KUNIT_EXPECT_EQ(test, 3u, host.pages);
	if (!c->want)
		vmbus_unload(&conn_bus, false);
	disconnect_and_look(test, c->kept);
}

static void keep_for(u32 serial, u32 gpadl, size_t bytes)
{
	quarantine_pages(&conn_bus, 1, gpadl, serial, kvmalloc(sizeof(void *), GFP_KERNEL),
			 bytes >> PAGE_SHIFT, 0);
}

static void keep(u32 gpadl, size_t bytes)
{
	keep_for(0, gpadl, bytes);
}

/* A host that keeps one ring after the other gets no more at some time, others' answers free it. */
static void conn_quarantine_has_an_end(struct kunit *test)
{
	size_t most = max_t(size_t, totalram_pages() << PAGE_SHIFT >> 2, SZ_32M);
	struct vmbus_chan *chan = kunit_kzalloc(test, sizeof(*chan), GFP_KERNEL);
	u64 pfn = 1;
	u32 handle;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, chan);
	chan->bus = &conn_bus;
	conn_bus.phase = VMBUS_PHASE_UP;
	keep(7, most - PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, 0, gpadl_create(&chan->ch, &pfn, 1, PAGE_SIZE, 0, &handle));
	keep(8, 2 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, -ENOMEM, gpadl_create(&chan->ch, &pfn, 1, PAGE_SIZE, 0, &handle));
	KUNIT_EXPECT_EQ(test, 0u, handle);
	KUNIT_EXPECT_EQ(test, 1u, host.posts[CHANNELMSG_GPADL_HEADER]);
	KUNIT_EXPECT_TRUE(test, quarantine_answer(&conn_bus, 8, false));
	flush_work(&conn_bus.quarantine_work);
	KUNIT_EXPECT_EQ(test, 1u, host.freed);
	KUNIT_EXPECT_EQ(test, 0, gpadl_create(&chan->ch, &pfn, 1, PAGE_SIZE, 0, &handle));
	quarantine_drop_all(&conn_bus);
	KUNIT_EXPECT_EQ(test, 2u, host.freed);
	KUNIT_EXPECT_EQ(test, (size_t)0, conn_bus.quarantine_bytes);
}

/* Taken back while it makes a list: the host lets go of that before the relid is given back. */
static void conn_list_of_what_is_taken_back(struct kunit *test)
{
	struct vmbus_chan *chan = kunit_kzalloc(test, sizeof(*chan), GFP_KERNEL);
	u64 pfn = 1;
	u32 handle;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, chan);
	chan->bus = &conn_bus;
	chan->ch.rescind = true;
	conn_bus.phase = VMBUS_PHASE_UP;
	host.wait = -ENODEV;
	KUNIT_EXPECT_EQ(test, -ENODEV, gpadl_create(&chan->ch, &pfn, 1, PAGE_SIZE, 0, &handle));
	KUNIT_EXPECT_EQ(test, 1u, host.posts[CHANNELMSG_GPADL_TEARDOWN]);
	KUNIT_EXPECT_EQ(test, 0u, handle);
	host.torn = -ETIMEDOUT;
	KUNIT_EXPECT_EQ(test, -ENODEV, gpadl_create(&chan->ch, &pfn, 1, PAGE_SIZE, 0, &handle));
	KUNIT_EXPECT_NE(test, 0u, handle);
	host.torn = 0;
	host.refused = 0xc0000001;	/* then it has nothing, and knows of nothing */
	KUNIT_EXPECT_EQ(test, -ENODEV, gpadl_create(&chan->ch, &pfn, 1, PAGE_SIZE, 0, &handle));
	KUNIT_EXPECT_EQ(test, 2u, host.posts[CHANNELMSG_GPADL_TEARDOWN]);
	KUNIT_EXPECT_EQ(test, 0u, handle);
	host.late = -ETIMEDOUT;		/* no answer to the list, but to this */
	KUNIT_EXPECT_EQ(test, -ENODEV, gpadl_create(&chan->ch, &pfn, 1, PAGE_SIZE, 0, &handle));
	KUNIT_EXPECT_EQ(test, 3u, host.posts[CHANNELMSG_GPADL_TEARDOWN]);
	KUNIT_EXPECT_EQ(test, 0u, handle);
	host.wait = -ETIMEDOUT;		/* silent: not asked again */
	KUNIT_EXPECT_EQ(test, -ETIMEDOUT, gpadl_create(&chan->ch, &pfn, 1, PAGE_SIZE, 0, &handle));
	KUNIT_EXPECT_EQ(test, 3u, host.posts[CHANNELMSG_GPADL_TEARDOWN]);
	KUNIT_EXPECT_NE(test, 0u, handle);
}

/* Which device's rings the host has let go of, and an answer in the moment before they are kept. */
static void conn_rings_that_are_kept(struct kunit *test)
{
	struct vmbus_chan *chan = kunit_kzalloc(test, sizeof(*chan), GFP_KERNEL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, chan);
	chan->bus = &conn_bus;
	chan->serial = quarantine_serial();
	conn_bus.phase = VMBUS_PHASE_UP;
	keep_for(quarantine_serial(), 6, PAGE_SIZE);	/* another device's */
	keep(7, PAGE_SIZE);				/* a buffer, or of a channel taken back */
	KUNIT_EXPECT_FALSE(test, hv_ring_kept(&chan->ch));
	KUNIT_EXPECT_TRUE(test, hv_gpadl_kept(&chan->ch, 7));	/* by its handle, whosever it is */
	KUNIT_EXPECT_FALSE(test, hv_gpadl_kept(&chan->ch, 8));
	keep_for(chan->serial, 8, PAGE_SIZE);
	KUNIT_EXPECT_TRUE(test, hv_gpadl_kept(&chan->ch, 8));
	keep_for(chan->serial, 9, PAGE_SIZE);
	KUNIT_EXPECT_TRUE(test, quarantine_answer(&conn_bus, 8, false));
	KUNIT_EXPECT_FALSE(test, hv_gpadl_kept(&chan->ch, 8));
	KUNIT_EXPECT_TRUE(test, hv_ring_kept(&chan->ch));
	KUNIT_EXPECT_TRUE(test, quarantine_answer(&conn_bus, 9, false));
	KUNIT_EXPECT_FALSE(test, hv_ring_kept(&chan->ch));

	KUNIT_EXPECT_FALSE(test, quarantine_answer(&conn_bus, 10, true));
	KUNIT_EXPECT_FALSE(test, quarantine_answer(&conn_bus, 10, false));
	keep_for(chan->serial, 10, PAGE_SIZE);
	KUNIT_EXPECT_FALSE(test, hv_ring_kept(&chan->ch));
	flush_work(&conn_bus.quarantine_work);
	KUNIT_EXPECT_EQ(test, 3u, host.freed);
	keep_for(chan->serial, 10, PAGE_SIZE);		/* an answer counts once */
	KUNIT_EXPECT_TRUE(test, hv_ring_kept(&chan->ch));
	chan->serial = quarantine_serial();		/* another connection */
	KUNIT_EXPECT_FALSE(test, hv_ring_kept(&chan->ch));
	quarantine_drop_all(&conn_bus);
	KUNIT_EXPECT_EQ(test, 6u, host.freed);
}

/* The host need not answer for a channel that it takes back, but may be about to. */
static void conn_ring_of_what_is_taken_back(struct kunit *test)
{
	struct vmbus_chan *chan = kunit_kzalloc(test, sizeof(*chan), GFP_KERNEL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, chan);
	chan->bus = &conn_bus;
	chan->serial = quarantine_serial();
	chan->ch.offermsg.child_relid = 1;
	conn_bus.phase = VMBUS_PHASE_UP;
	keep_for(chan->serial, 7, PAGE_SIZE);
	chan->ch.offermsg.child_relid = 2;		/* another one is */
	chan->back_since = jiffies - RESCINDED_TEARDOWN - 1;
	quarantine_taken_back(&chan->ch);
	KUNIT_EXPECT_TRUE(test, hv_ring_kept(&chan->ch));
	chan->ch.offermsg.child_relid = 1;
	chan->back_since = jiffies;
	quarantine_taken_back(&chan->ch);
	KUNIT_EXPECT_TRUE(test, hv_ring_kept(&chan->ch));
	list_first_entry(&conn_bus.quarantine, struct quarantined, entry)->since -=
		RESCINDED_TEARDOWN + 1;
	KUNIT_EXPECT_FALSE(test, hv_ring_kept(&chan->ch));
	KUNIT_EXPECT_TRUE(test, hv_gpadl_kept(&chan->ch, 7));	/* which is not forgotten */
	KUNIT_EXPECT_EQ(test, (size_t)PAGE_SIZE, conn_bus.quarantine_bytes);
	quarantine_drop_all(&conn_bus);
	KUNIT_EXPECT_EQ(test, 1u, host.freed);
}

struct back_case {
	const char *name;
	int first, then;		/* of both waits for the answer */
	unsigned int ago;		/* seconds, that the rescind came */
	int want;
	unsigned long patience;		/* of the last */
};

#define LONG_TIME	60		/* seconds that the host has */

static const struct back_case backs[] = {
	{ "answered", 0, -EIO, 0, 0, LONG_TIME * HZ },
	{ "silent", -ETIMEDOUT, 0, 0, -ETIMEDOUT, LONG_TIME * HZ },
	{ "taken back, answered", -ENODEV, 0, 0, 0, RESCINDED_TEARDOWN },
	{ "taken back, never answered", -ENODEV, -ETIMEDOUT, 0, -ETIMEDOUT, RESCINDED_TEARDOWN },
	{ "taken back long ago, asked now", -ENODEV, 0, 100, 0, RESCINDED_TEARDOWN },
};

KUNIT_ARRAY_PARAM_DESC(backs, backs, name);

/* Whoever waits for a ring does so for as long as its host may answer. */
static void conn_ask_for_a_ring(struct kunit *test)
{
	struct vmbus_chan *chan = kunit_kzalloc(test, sizeof(*chan), GFP_KERNEL);
	const struct back_case *c = test->param_value;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, chan);
	chan->bus = &conn_bus;
	conn_bus.phase = VMBUS_PHASE_UP;
	host.torn_first = c->first;
	host.torn = c->then;
	gpadl_ask_back(&chan->ch, 7, &chan->ring_asked);
	KUNIT_EXPECT_EQ(test, 1u, host.posts[CHANNELMSG_GPADL_TEARDOWN]);
	chan->back_since = jiffies - c->ago * HZ;
	KUNIT_EXPECT_EQ(test, c->want,
			gpadl_wait_back(&chan->ch, &chan->ring_asked, jiffies + LONG_TIME * HZ));
	KUNIT_EXPECT_LE(test, host.patience, c->patience);
	KUNIT_EXPECT_GT(test, host.patience, c->patience - 3 * HZ);
	conn_bus.phase = VMBUS_PHASE_DOWN;
	gpadl_ask_back(&chan->ch, 7, &chan->ring_asked);
	KUNIT_EXPECT_EQ(test, 0, gpadl_wait_back(&chan->ch, &chan->ring_asked, jiffies));
	KUNIT_EXPECT_EQ(test, 1u, host.posts[CHANNELMSG_GPADL_TEARDOWN]);
}

static DECLARE_COMPLETION(asked);
static DECLARE_COMPLETION(unloaded);

/* The unload comes while the work waits for a teardown's answer, and ends the wait without one. */
static void conn_unload_while_asking(struct kunit *test)
{
	reinit_completion(&asked);
	reinit_completion(&unloaded);
	conn_bus.phase = VMBUS_PHASE_UP;
	host.torn = -ENODEV;
	host.asked = &asked;
	host.go = &unloaded;
	keep(7, PAGE_SIZE);
	KUNIT_EXPECT_TRUE(test, quarantine_answer(&conn_bus, 7, true));
	wait_for_completion(&asked);
	host.asked = NULL;
	conn_bus.phase = VMBUS_PHASE_DOWN;
	complete_all(&unloaded);
	quarantine_drop_all(&conn_bus);
	KUNIT_EXPECT_EQ(test, 1u, host.freed);
	KUNIT_EXPECT_EQ(test, (size_t)0, conn_bus.quarantine_bytes);
}

/* A ring that the host is asked for once more is its own until it answers, and if it does not. */
static void conn_kept_while_asked(struct kunit *test)
{
	struct vmbus_chan *chan = kunit_kzalloc(test, sizeof(*chan), GFP_KERNEL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, chan);
	reinit_completion(&asked);
	reinit_completion(&unloaded);
	chan->bus = &conn_bus;
	chan->serial = quarantine_serial();
	conn_bus.phase = VMBUS_PHASE_UP;
	host.torn = -ETIMEDOUT;
	host.asked = &asked;
	host.go = &unloaded;
	keep_for(chan->serial, 7, PAGE_SIZE);
	KUNIT_EXPECT_TRUE(test, quarantine_answer(&conn_bus, 7, true));
	wait_for_completion(&asked);
	host.asked = NULL;
	KUNIT_EXPECT_TRUE(test, hv_ring_kept(&chan->ch));
	KUNIT_EXPECT_EQ(test, (size_t)PAGE_SIZE, conn_bus.quarantine_bytes);
	complete_all(&unloaded);
	flush_work(&conn_bus.quarantine_work);
	KUNIT_EXPECT_TRUE(test, hv_ring_kept(&chan->ch));
	KUNIT_EXPECT_EQ(test, 0u, host.freed);
	KUNIT_EXPECT_TRUE(test, quarantine_answer(&conn_bus, 7, false));
	KUNIT_EXPECT_TRUE(test, !hv_ring_kept(&chan->ch));
	flush_work(&conn_bus.quarantine_work);
	KUNIT_EXPECT_EQ(test, 1u, host.freed);
	KUNIT_EXPECT_EQ(test, (size_t)0, conn_bus.quarantine_bytes);
}

struct lost_case {
	const char *name;
	u32 version;		/* agreed */
	bool agree, unload;	/* again, after a pause; answers the unload then */
	int post;
	bool kept;
};

static const struct lost_case losts[] = {
	{ "knows no unload", VERSION_WIN8, true, false, 0, true },
	{ "never confirmed", VERSION_WIN10_V5_3, true, false, 0, true },
	{ "refused after the pause", VERSION_WIN10_V5_3, false, false, 0, true },
	{ "never asked after the pause", VERSION_WIN10_V5_3, false, false, -EIO, true },
	{ "confirmed after the pause", VERSION_WIN10_V5_3, true, true, 0, false },
};

KUNIT_ARRAY_PARAM_DESC(losts, losts, name);

/*
 * A host is left without its word for it, for a pause, and then for good: what it was given
 * stays its, also what the work is about to ask back.  A word at the end is for all of it.
 */
static void conn_lost(struct kunit *test)
{
	const struct lost_case *c = test->param_value;

	host.agree = true;
	conn_max_version = c->version;
	KUNIT_EXPECT_EQ(test, 0, vmbus_connect(&conn_bus));
	conn_max_version = VERSION_WIN10_V5_3;
	keep(7, PAGE_SIZE);
	vmbus_unload(&conn_bus, false);
	host.agree = c->agree;
	host.unload = c->unload;
	host.post = c->post;
	if (vmbus_proto_version >= VERSION_WIN8_1)
		KUNIT_EXPECT_EQ(test, c->post ?: c->agree ? 0 : -EOPNOTSUPP,
				vmbus_connect(&conn_bus));
	vmbus_unload(&conn_bus, false);
	disconnect_and_look(test, c->kept);
	keep(8, PAGE_SIZE);
	quarantine_answer(&conn_bus, 7, true);
	quarantine_answer(&conn_bus, 8, true);
	flush_work(&conn_bus.quarantine_work);
	KUNIT_EXPECT_EQ(test, c->kept ? 0u : 2u, host.freed);
	KUNIT_EXPECT_EQ(test, 0u, host.posts[CHANNELMSG_GPADL_TEARDOWN]);
	quarantine_abandon(&conn_bus);
	KUNIT_EXPECT_EQ(test, c->kept ? 0u : 2u, host.freed);
}

static struct kunit_case conn_cases[] = {
	KUNIT_CASE_PARAM(conn_contact, contacts_gen_params),
	KUNIT_CASE_PARAM(conn_lost, losts_gen_params),
	KUNIT_CASE(conn_quarantine_has_an_end),
	KUNIT_CASE(conn_rings_that_are_kept),
	KUNIT_CASE(conn_ring_of_what_is_taken_back),
	KUNIT_CASE_PARAM(conn_ask_for_a_ring, backs_gen_params),
	KUNIT_CASE(conn_list_of_what_is_taken_back),
	KUNIT_CASE(conn_unload_while_asking),
	KUNIT_CASE(conn_kept_while_asked),
	{}
};

static struct kunit_suite conn_suite = {
	.name = "vmbus_connection",
	.init = conn_init,
	.test_cases = conn_cases,
};

kunit_test_suite(conn_suite);
