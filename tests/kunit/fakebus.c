// SPDX-License-Identifier: GPL-2.0-only
/* The parts of the bus that are played; see fakebus.h. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpu.h>
#include <linux/delay.h>
#include <linux/random.h>
#include <linux/sched/isolation.h>
#include <linux/slab.h>
#include <linux/topology.h>
#include "fakebus.h"

/* no tracepoints */
#define _HV_VMBUS_TRACE_H
#define trace_vmbus_onoffer(m)			((void)(m))
#define trace_vmbus_onoffer_rescind(relid)	((void)(relid))
#define trace_vmbus_release_relid(relid, ret)	((void)(ret))
#define trace_vmbus_open(m, ret)		((void)(ret))
#define trace_vmbus_onopen_result(m)		((void)(m))
#define trace_vmbus_close_internal(relid, ret)	((void)(ret))
#define trace_vmbus_send_modifychannel(m, ret)	((void)(ret))
#define trace_vmbus_onmodifychannel_response(m)	((void)(m))

struct fakebus_log fake;

/* protects: the counts in fake, which works on several CPUs change */
static DEFINE_SPINLOCK(count_lock);

static void tally(unsigned int *what, int by)
{
	spin_lock(&count_lock);
	*what += by;
	spin_unlock(&count_lock);
}

/* A machine of the suite's choice, whose CPUs may all be bothered; nodes take turns. */
static int fake_node(unsigned int cpu)
{
	fake.cpu_looks++;
	return cpu % fake.nodes;
}

#undef nr_cpu_ids
#undef nr_node_ids
#undef cpu_online
#undef cpu_to_node
#define nr_cpu_ids			fake.cpus
#define nr_node_ids			fake.nodes
#define cpu_online(cpu)			((cpu) < fake.cpus)
#define cpu_to_node(cpu)		fake_node(cpu)
#define housekeeping_cpumask(type)	NULL
#define cpus_read_lock()		tally(&fake.cpus_locked, 1)
#define cpus_read_unlock()		tally(&fake.cpus_locked, -1)
#define cpumask_test_cpu(cpu, mask)	(!(mask))

/* Each look at an element of a list is counted. */
static bool look(void)
{
	tally(&fake.looks, 1);
	return true;
}

#undef list_for_each_entry
#define list_for_each_entry(pos, head, member)					\
	for (pos = list_first_entry(head, typeof(*pos), member);		\
	     !list_entry_is_head(pos, head, member) && look();			\
	     pos = list_next_entry(pos, member))
#undef list_for_each_entry_safe
#define list_for_each_entry_safe(pos, n, head, member)				\
	for (pos = list_first_entry(head, typeof(*pos), member),		\
	     n = list_next_entry(pos, member);					\
	     !list_entry_is_head(pos, head, member) && look();			\
	     pos = n, n = list_next_entry(n, member))
#undef hlist_for_each_entry
#define hlist_for_each_entry(pos, head, member)					\
	for (pos = hlist_entry_safe((head)->first, typeof(*(pos)), member);	\
	     pos && look();							\
	     pos = hlist_entry_safe((pos)->member.next, typeof(*(pos)), member))
#define list_is_last(entry, head)	(look() && list_is_last(entry, head))

#include "../../vmbus/object.c"
#include "../../vmbus/channel.c"

/* Channels are counted from here on. */
static struct vmbus_chan *counted_alloc(struct vmbus *bus,
					const struct vmbus_channel_offer_channel *offer)
{
	struct vmbus_chan *chan = fake.alloc_error ? NULL : chan_alloc(bus, offer);

	tally(&fake.allocated, !!chan);
	return chan;
}

/* what conn_test.c has for itself */
#define vmbus_connect		fake_connect
#define vmbus_ask_offers	fake_ask_offers
#define vmbus_unload		fake_unload
static int vmbus_connect(struct vmbus *bus);
static int vmbus_ask_offers(struct vmbus *bus);
static void vmbus_unload(struct vmbus *bus, bool crash);

#include "../../vmbus/chans.c"
#include "../../vmbus/affinity.c"
#include "../../vmbus/move.c"
#include "../../vmbus/pause.c"
#define chan_alloc counted_alloc
#include "../../vmbus/offer.c"
#undef chan_alloc
#include "../../vmbus/storm.c"
#include "../../vmbus/devtypes.c"

struct vmbus vmbus_bus;
uint vmbus_host_timeout = 20;
const char * const vmbus_err_names[VERR_COUNT] = { [0 ... VERR_COUNT - 1] = "error" };

/* Steps that wait for the host take their time, each another: works overtake each other. */
static void dawdle(void)
{
	if (fake.dawdle && !(get_random_u32() & 7))
		usleep_range(20, 200);
}

/* ---- below: messages, memory lists, rings ---- */

int vmbus_post(struct vmbus *bus, const void *msg, size_t len)
{
	const struct vmbus_channel_message_header *h = msg;
	const struct vmbus_channel_relid_released *released = msg;
	const struct vmbus_channel_modifychannel *modify = msg;

	dawdle();
	switch (h->msgtype) {
	case CHANNELMSG_RELID_RELEASED:
		if (released->child_relid < FAKE_RELIDS)
			tally(&fake.released[released->child_relid], 1);
		break;
	case CHANNELMSG_OPENCHANNEL:
		tally(&fake.opens, 1);
		return fake.post_error;
	case CHANNELMSG_MODIFYCHANNEL:
		tally(&fake.modifies, 1);
		if (fake.modify_error)
			return fake.modify_error;
		if (fake.on_modify)
			fake.on_modify(modify->child_relid);
		break;
	case CHANNELMSG_CLOSECHANNEL:
		tally(&fake.closes, 1);
		break;
	default:
		break;
	}
	return 0;
}

void vmbus_req_start(struct vmbus *bus, struct vmbus_req *req)
{
}

void vmbus_req_cancel(struct vmbus *bus, struct vmbus_req *req)
{
}

bool vmbus_req_end(struct vmbus *bus, struct vmbus_req *req, int err)
{
	tally(&fake.ended, 1);
	if (!fake.answered)
		req->result = err;
	return !fake.answered;
}

int vmbus_req_wait(struct vmbus *bus, struct vmbus_req *req, unsigned long timeout)
{
	struct vmbus_channel_open_result *r = (void *)req->reply;

	memset(req->reply, 0, sizeof(req->reply));
	fake.patience = timeout;
	if (fake.on_wait)
		fake.on_wait(req);
	if (req->type == CHANNELMSG_OPENCHANNEL_RESULT)
		r->status = fake.status;
	return req->chan->ch.rescind ? -ENODEV : req->result ?: fake.answer;
}

bool vmbus_req_answer(struct vmbus *bus, u32 type, u32 relid, u32 key, const void *msg, size_t len)
{
	return false;
}

void vmbus_req_fail_chan(struct vmbus *bus, struct vmbus_chan *chan, int err)
{
	tally(&fake.woken, 1);
}

void vmbus_req_end_opens(struct vmbus *bus)
{
	tally(&fake.opens_ended, 1);
}

int gpadl_create(struct vmbus_channel *ch, const u64 *pfns, u32 count, u32 bytes, u32 offset,
		 u32 *handle)
{
	dawdle();
	if (fake.gpadl_error)
		return fake.gpadl_error;
	tally(&fake.gpadls, 1);
	*handle = 0xe1e10;
	return 0;
}

int gpadl_destroy(struct vmbus *bus, u32 relid, u32 gpadl, unsigned long timeout)
{
	struct fake_stop *stop = xchg(&fake.stop, NULL);

	if (stop) {
		complete(&stop->reached);
		wait_for_completion(&stop->go);
	}
	dawdle();
	if (relid == fake.silent_relid)
		return -ETIMEDOUT;
	if (fake.teardown_error)
		return fake.teardown_error;
	tally(&fake.gpadls, -1);
	return 0;
}

void gpadl_ask_back(struct vmbus_channel *ch, u32 gpadl, struct gpadl_asked *asked)
{
	tally(&fake.asked_back, 1);
	asked->req.key = gpadl;
}

int gpadl_wait_back(struct vmbus_channel *ch, struct gpadl_asked *asked, unsigned long deadline)
{
	fake.asked_first = fake.asked_first ?: fake.asked_back;
	fake.patience = left_until(deadline);
	if (fake.on_teardown)
		fake.on_teardown(ch);
	if (!asked->req.key)
		return 0;
	return gpadl_destroy(to_chan(ch)->bus, chan_relid(ch), asked->req.key, 0);
}

unsigned long gpadl_patience(const struct vmbus_channel *ch)
{
	return HZ;
}

int reqid_init(struct vmbus_requestor *rq, u32 size)
{
	tally(&fake.ids, !fake.ids_error);
	return fake.ids_error;
}

void reqid_free(struct vmbus_requestor *rq)
{
	tally(&fake.ids, -1);
}

int ringmem_alloc(struct vmbus_channel *ch, u32 send_bytes, u32 recv_bytes, bool contiguous)
{
	if (to_chan(ch)->ring_pages)
		return -EBUSY;
	to_chan(ch)->ring_pages = kcalloc(2, sizeof(struct page *), GFP_KERNEL);
	to_chan(ch)->ring_npages = 2;
	tally(&fake.rings, 1);
	tally(&fake.blocks, contiguous);
	return 0;
}

int ringmem_map(struct vmbus_channel *ch)
{
	tally(&fake.maps, !fake.map_error);
	return fake.map_error;
}

void ringmem_unmap(struct vmbus_channel *ch)
{
	tally(&fake.maps, -1);
}

void ringmem_free(struct vmbus_channel *ch)
{
	if (!to_chan(ch)->ring_pages)
		return;
	if (ch->ringbuffer_gpadlhandle.gpadl_handle) {
		tally(&fake.quarantined, 1);
		tally(&fake.gpadls, -1);
	}
	ch->ringbuffer_gpadlhandle.gpadl_handle = 0;
	kfree(to_chan(ch)->ring_pages);
	to_chan(ch)->ring_pages = NULL;
	tally(&fake.rings, -1);
}

u64 *ringmem_pfns(struct vmbus_channel *ch)
{
	return kvcalloc(2, sizeof(u64), GFP_KERNEL);
}

/* ---- beside: interrupts, CPUs, sysfs, pauses ---- */

u32 hv_cpu_to_vp(unsigned int cpu)
{
	return cpu;
}

void intr_on_event(unsigned long channel)
{
}

void intr_scan_late(struct vmbus *bus, unsigned int cpu)
{
}

/* As the host and the unload see a pause */
static int vmbus_connect(struct vmbus *bus)
{
	tally(&fake.connects, 1);
	bus->phase = VMBUS_PHASE_UP;
	return 0;
}

static int vmbus_ask_offers(struct vmbus *bus)
{
	complete_all(&bus->offers_done);
	return 0;
}

static void vmbus_unload(struct vmbus *bus, bool crash)
{
	tally(&fake.unloads, 1);
	bus->phase = VMBUS_PHASE_DOWN;
}

static void kobj_release(struct kobject *kobj)
{
	tally(&fake.freed, 1);
	chan_free(to_chan(container_of(kobj, struct vmbus_channel, kobj)));
}

struct kobj_type vmbus_chan_ktype = { .release = kobj_release };

int sysfs_add_channel(struct hv_device *dev, struct vmbus_channel *ch)
{
	if (!test_and_set_bit(CHAN_KOBJ_ADDED, &to_chan(ch)->flags))
		tally(&fake.shown, 1);
	return 0;
}

void sysfs_rename_channel(struct vmbus_channel *ch)
{
	fake.renamed = chan_relid(ch);
}

void sysfs_remove_channel(struct vmbus_channel *ch)
{
	if (test_and_clear_bit(CHAN_KOBJ_ADDED, &to_chan(ch)->flags))
		tally(&fake.hidden, 1);
}

/* ---- above: devices and their driver ---- */

static void on_callback(void *context)
{
}

static void sub_gone(struct vmbus_channel *sub)
{
	vmbus_close(sub);
}

static void sub_created(struct vmbus_channel *sub)
{
	vmbus_set_chn_rescind_callback(sub, sub_gone);
	vmbus_open(sub, 8192, 8192, NULL, 0, on_callback, sub);
}

struct hv_device *vmbus_device_new(struct vmbus_channel *ch)
{
	struct hv_device *dev = kzalloc(sizeof(*dev), GFP_KERNEL);

	if (!dev)
		return NULL;
	chan_get(ch);
	dev->channel = ch;
	ch->device_obj = dev;
	return dev;
}

int vmbus_device_add(struct hv_device *dev)
{
	if (fake.add_error) {
		dev->channel->device_obj = NULL;
		chan_put(dev->channel);
		kfree(dev);
		return fake.add_error;
	}
	tally(&fake.devices, 1);
	chan_listed(dev->channel);
	if (!fake.driver)
		return 0;
	vmbus_set_sc_create_callback(dev->channel, sub_created);
	vmbus_open(dev->channel, 8192, 8192, NULL, 0, on_callback, dev);
	return 0;
}

void vmbus_device_unregister(struct hv_device *dev)
{
	struct vmbus_channel *ch = dev->channel;
	struct vmbus *bus = to_chan(ch)->bus;
	bool registered;

	mutex_lock(&bus->chan_mutex);
	registered = test_and_clear_bit(CHAN_REGISTERED, &to_chan(ch)->flags);
	mutex_unlock(&bus->chan_mutex);
	if (!registered)
		return;
	chan_get(ch);
	vmbus_close(ch);
	chan_forget_driver(ch);
	vmbus_close(ch);	/* sub-channels that came meanwhile */
	ch->device_obj = NULL;
	tally(&fake.removed, 1);
	chan_release(ch);
	chan_put(dev->channel);
	kfree(dev);
	chan_put(ch);
}

/* ---- for the suites ---- */

static struct workqueue_struct *queues[5];

void fakebus_suite_exit(struct kunit_suite *suite)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(queues); i++) {
		if (queues[i])
			destroy_workqueue(queues[i]);
		queues[i] = NULL;
	}
}

/* Made once: a new queue takes longer than all that happens on it. */
int fakebus_suite_init(struct kunit_suite *suite)
{
	queues[0] = alloc_ordered_workqueue("fake_ctl", 0);
	queues[1] = alloc_ordered_workqueue("fake_dev", 0);
	queues[2] = alloc_workqueue("fake_sub", WQ_UNBOUND, 0);
	queues[3] = alloc_workqueue("fake_rescind", WQ_UNBOUND, 0);
	queues[4] = alloc_workqueue("fake_probe", WQ_UNBOUND, 0);
	if (queues[0] && queues[1] && queues[2] && queues[3] && queues[4])
		return 0;
	fakebus_suite_exit(suite);
	return -ENOMEM;
}

struct vmbus *fakebus_new(struct kunit *test)
{
	return fakebus_new_on(test, 1, 1);
}

struct vmbus *fakebus_new_on(struct kunit *test, unsigned int cpus, unsigned int nodes)
{
	struct vmbus *bus = &vmbus_bus;

	memset(&fake, 0, sizeof(fake));
	memset(bus, 0, sizeof(*bus));
	fake.cpus = cpus;
	fake.nodes = nodes;
	KUNIT_ASSERT_EQ(test, 0, affinity_start(bus));
	mutex_init(&bus->chan_mutex);
	init_waitqueue_head(&bus->chan_wait);
	init_completion(&bus->offers_done);
	INIT_LIST_HEAD(&bus->chans);
	INIT_LIST_HEAD(&bus->storms);
	quarantine_init(bus);
	pause_init(bus);
	bus->phase = VMBUS_PHASE_UP;
	bus->relid = kunit_kzalloc(test, VMBUS_RELIDS * sizeof(*bus->relid), GFP_KERNEL);
	bus->ctl_wq = queues[0];
	bus->primary_wq = queues[1];
	bus->sub_wq = queues[2];
	bus->rescind_wq = queues[3];
	bus->probe_wq = queues[4];
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, bus->relid);
	return bus;
}

/* Until nothing is under way; a removal may start what others wait for. */
void fakebus_flush(struct vmbus *bus)
{
	unsigned int i;

	for (i = 0; i < 3; i++) {
		flush_workqueue(bus->rescind_wq);
		flush_workqueue(bus->primary_wq);
		flush_workqueue(bus->probe_wq);
		flush_workqueue(bus->sub_wq);
	}
}

/* As at the module's end; afterwards nothing may be left. */
void fakebus_end(struct kunit *test, struct vmbus *bus)
{
	vmbus_remove_all(bus);
	flush_workqueue(bus->sub_wq);
	affinity_stop(bus);
	kunit_kfree(test, bus->relid);
}

void fakebus_offer_of(struct vmbus *bus, u32 relid, enum vmbus_device_type type, u8 instance,
		      u16 sub)
{
	struct vmbus_channel_offer_channel m = {
		.header.msgtype = CHANNELMSG_OFFERCHANNEL,
		.child_relid = relid,
		.connection_id = 0x2000 + relid,
		.is_dedicated_interrupt = 1,
	};

	m.offer.if_type = vmbus_devs[type].guid;
	m.offer.if_instance.b[15] = instance;
	m.offer.sub_channel_index = sub;
	/* of no known type: a socket */
	if (type == HV_UNKNOWN)
		m.offer.chn_flags = VMBUS_CHANNEL_TLNPI_PROVIDER_OFFER;
	vmbus_on_offer(bus, &m, sizeof(m));
}

void fakebus_offer(struct vmbus *bus, u32 relid, u8 instance, u16 sub)
{
	fakebus_offer_of(bus, relid, HV_SCSI, instance, sub);
}

/* The bus's part of hibernation, or of the way back; the kernel is awake after fakebus_awake(). */
void fakebus_pause(struct vmbus *bus, bool resume)
{
	if (resume) {
		bus_resume(NULL);
	} else {
		bus_prepare(NULL);
		bus_suspend(NULL);
	}
}

void fakebus_awake(struct vmbus *bus)
{
	bus_complete(NULL);
}

void fakebus_rescind(struct vmbus *bus, u32 relid)
{
	struct vmbus_channel_rescind_offer m = {
		.header.msgtype = CHANNELMSG_RESCIND_CHANNELOFFER,
		.child_relid = relid,
	};

	vmbus_on_rescind(bus, &m, sizeof(m));
}

struct vmbus_channel *fakebus_channel(struct vmbus *bus, u32 relid)
{
	struct vmbus_channel *ch = vmbus_relid_get(bus, relid);

	if (ch)
		chan_put(ch);
	return ch;
}
