// SPDX-License-Identifier: GPL-2.0-only
/*
 * The connection: agree on a version, ask for the offers, unload.
 *
 * Writes vmbus.phase and fills in the exported variables that describe the
 * connection (vmbus_connection, vmbus_proto_version).
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/gfp.h>
#include <linux/nmi.h>
#include <hv/hv_wire.h>
#include "trace.h"
#include "vmbus_priv.h"

#define UNLOAD_CRASH_MS		100000	/* a host that is busy flushing disks takes its time */
#define UNLOAD_STEP_MS		10

struct vmbus_connection vmbus_connection = {
	.conn_state		= DISCONNECTED,
	.next_gpadl_handle	= ATOMIC_INIT(0xe1e10),
	.unload_event		= COMPLETION_INITIALIZER(vmbus_connection.unload_event),
	.chn_msg_list		= LIST_HEAD_INIT(vmbus_connection.chn_msg_list),
	.channelmsg_lock	= __SPIN_LOCK_UNLOCKED(vmbus_connection.channelmsg_lock),
	.chn_list		= LIST_HEAD_INIT(vmbus_connection.chn_list),
	.channel_mutex		= __MUTEX_INITIALIZER(vmbus_connection.channel_mutex),
};

__u32 vmbus_proto_version;

/* "Versions, features, connection ids": newest first */
static const u32 versions[] = {
	VERSION_WIN10_V5_3,
	VERSION_WIN10_V5_2,
	VERSION_WIN10_V5_1,
	VERSION_WIN10_V5,
	VERSION_WIN10_V4_1,
	VERSION_WIN10,
	VERSION_WIN8_1,
	VERSION_WIN8,
};

static void free_pages_of_connection(void)
{
	struct vmbus_connection *c = &vmbus_connection;

	free_page((unsigned long)c->int_page);
	free_page((unsigned long)c->monitor_pages[0]);
	free_page((unsigned long)c->monitor_pages[1]);
	c->int_page = NULL;
	c->recv_int_page = NULL;
	c->send_int_page = NULL;
	c->monitor_pages[0] = NULL;
	c->monitor_pages[1] = NULL;
}

/* First half of the interrupt page is for flags from the host, second for flags to it. */
static int alloc_pages_of_connection(void)
{
	struct vmbus_connection *c = &vmbus_connection;

	if (c->int_page)
		return 0;
	c->int_page = (void *)get_zeroed_page(GFP_KERNEL);
	c->monitor_pages[0] = (void *)get_zeroed_page(GFP_KERNEL);
	c->monitor_pages[1] = (void *)get_zeroed_page(GFP_KERNEL);
	if (!c->int_page || !c->monitor_pages[0] || !c->monitor_pages[1]) {
		free_pages_of_connection();
		return -ENOMEM;
	}
	c->recv_int_page = c->int_page;
	c->send_int_page = c->int_page + HV_HYP_PAGE_SIZE / 2;
	return 0;
}

static void contact_fill(struct vmbus_channel_initiate_contact *msg, u32 version)
{
	struct vmbus_connection *c = &vmbus_connection;

	memset(msg, 0, sizeof(*msg));
	msg->header.msgtype = CHANNELMSG_INITIATE_CONTACT;
	msg->vmbus_version_requested = version;
	msg->target_vcpu = hv_cpu_to_vp(VMBUS_CONNECT_CPU);
	if (version >= VERSION_WIN10_V5)
		msg->msg_sint = VMBUS_SINT;
	else
		msg->interrupt_page = virt_to_phys(c->int_page);
	msg->monitor_page1 = virt_to_phys(c->monitor_pages[0]);
	msg->monitor_page2 = virt_to_phys(c->monitor_pages[1]);
}

/* Propose one version.  0 = agreed, -EOPNOTSUPP = try an older one, else give up. */
static int contact(struct vmbus *bus, u32 version)
{
	struct vmbus_req req = { .type = CHANNELMSG_VERSION_RESPONSE };
	const struct vmbus_channel_version_response *rsp = (void *)req.reply;
	struct vmbus_channel_initiate_contact msg;
	int ret;

	contact_fill(&msg, version);
	vmbus_connection.msg_conn_id = HV_CONN_MESSAGES;
	if (version >= VERSION_WIN10_V5)
		vmbus_connection.msg_conn_id = HV_CONN_CONTACT;

	vmbus_req_start(bus, &req);
	ret = vmbus_post(bus, &msg, sizeof(msg));
	trace_vmbus_negotiate_version(&msg, ret);
	if (ret) {
		vmbus_req_cancel(bus, &req);
		return ret;
	}
	ret = vmbus_req_wait(bus, &req, vmbus_timeout());
	if (ret)
		return ret;
	if (!rsp->version_supported)
		return -EOPNOTSUPP;
	if (version >= VERSION_WIN10_V5)
		vmbus_connection.msg_conn_id = rsp->msg_conn_id;
	return 0;
}

static int walk(struct vmbus *bus)
{
	unsigned int i;
	int ret = -EOPNOTSUPP;

	for (i = 0; i < ARRAY_SIZE(versions); i++) {
		/* After a suspend the host must still speak what the drivers were told. */
		if (vmbus_proto_version && versions[i] != vmbus_proto_version)
			continue;
		if (versions[i] > vmbus_max_version)
			continue;
		ret = contact(bus, versions[i]);
		if (!ret) {
			vmbus_proto_version = versions[i];
			return 0;
		}
		if (ret != -EOPNOTSUPP)
			return ret;
	}
	return ret;
}

static void set_phase(struct vmbus *bus, enum vmbus_phase phase, enum vmbus_connect_state state)
{
	if (!phase_move_legal(bus->phase, phase))
		pr_warn("connection: no way from phase %#x to %#x\n", bus->phase, phase);
	WRITE_ONCE(bus->phase, phase);
	vmbus_connection.conn_state = state;
}

/*
 * There is no connection any more.  If the host was left once without a word of it, by now or
 * before a pause, it may have memory of ours all the same: nobody may take it for his own.
 */
static void set_ended(struct vmbus *bus)
{
	set_phase(bus, bus->unconfirmed ? VMBUS_PHASE_LOST : VMBUS_PHASE_DOWN, DISCONNECTED);
}

/*
 * A proposal was posted and the answer is unknown: the host may still accept it, and
 * from then on write the pages.  Unload takes that back; without its answer the phase stays
 * UNLOAD and vmbus_disconnect() leaves the pages to the host.
 */
static void contact_failed(struct vmbus *bus, int err)
{
	if (err == -EOPNOTSUPP) {
		set_ended(bus);
		if (vmbus_proto_version)	/* after a pause */
			pr_err("the host does not speak VMBus %u.%u any more\n",
			       vmbus_proto_version >> 16, vmbus_proto_version & 0xffff);
		else
			pr_err("the host speaks no VMBus version up to %u.%u that we know\n",
			       vmbus_max_version >> 16, vmbus_max_version & 0xffff);
		return;
	}
	pr_err("no connection to the host: error %d\n", err);
	if (err == -EAGAIN || err == -EIO)
		set_ended(bus);		/* it was never posted */
	else
		vmbus_unload(bus, false);
}

/**
 * vmbus_connect() - agree on a protocol version with the host
 * @bus: interrupts and SynIC ready on the connect CPU
 *
 * After a suspend (vmbus_proto_version not 0) only that version will do.
 *
 * Context: may sleep, at most vmbus_timeout() per version, and once more if the host gives
 * no answer at all.
 * Return: 0; -EOPNOTSUPP if the host speaks no version of ours; -ETIMEDOUT;
 * -ENOMEM; or an error of vmbus_post().
 */
int vmbus_connect(struct vmbus *bus)
{
	int ret = alloc_pages_of_connection();

	if (ret)
		return ret;
	set_phase(bus, VMBUS_PHASE_CONTACT, CONNECTING);
	ret = walk(bus);
	if (ret) {
		contact_failed(bus, ret);
		return ret;
	}
	set_phase(bus, VMBUS_PHASE_UP, CONNECTED);
	pr_info("Vmbus version:%d.%d\n", vmbus_proto_version >> 16, vmbus_proto_version & 0xffff);
	return 0;
}

/**
 * vmbus_disconnect() - the connection's memory goes, after vmbus_unload()
 * @bus: the bus
 *
 * If the host never confirmed, it may still write the pages: they stay.
 */
void vmbus_disconnect(struct vmbus *bus)
{
	set_ended(bus);
	vmbus_proto_version = 0;
	if (bus->unconfirmed)
		vmbus_bad(bus, VERR_QUARANTINE,
			  "the host did not confirm unload: 3 pages are left to it");
	else
		free_pages_of_connection();
}

/**
 * vmbus_ask_offers() - have the host tell all its devices
 * @bus: connected
 *
 * Return: 0, or an error of vmbus_post().
 */
int vmbus_ask_offers(struct vmbus *bus)
{
	struct vmbus_channel_message_header msg = { .msgtype = CHANNELMSG_REQUESTOFFERS };
	int ret;

	reinit_completion(&bus->offers_done);
	ret = vmbus_post(bus, &msg, sizeof(msg));
	trace_vmbus_request_offers(ret);
	return ret;
}

/* All CPUs may be stopped, and any of them may have been told. */
static bool unload_poll(struct vmbus *bus)
{
	unsigned int waited, cpu;

	for (waited = 0; waited < UNLOAD_CRASH_MS; waited += UNLOAD_STEP_MS) {
		for_each_present_cpu(cpu) {
			if (intr_poll_message(bus, cpu))
				return true;
		}
		if (completion_done(&vmbus_connection.unload_event))
			return true;
		touch_nmi_watchdog();
		if (waited && waited % 5000 == 0)
			pr_notice("waiting for the host to unload VMBus, %u s\n", waited / 1000);
		mdelay(UNLOAD_STEP_MS);
	}
	return false;
}

/**
 * vmbus_unload() - tell the host that this kernel is through with VMBus
 * @bus: the bus
 * @crash: called from a crash, panic or kexec: nobody else runs, nothing may sleep
 *
 * With the answer the host has dropped every channel and every memory list.
 */
void vmbus_unload(struct vmbus *bus, bool crash)
{
	struct vmbus_channel_message_header msg = { .msgtype = CHANNELMSG_UNLOAD };
	bool answered;

	/* once is enough: kexec after a panic calls again */
	if (bus->phase != VMBUS_PHASE_UP && bus->phase != VMBUS_PHASE_CONTACT)
		return;
	if (crash)
		bus->crashing = true;
	bus->unconfirmed = true;
	/* 0: nothing agreed yet, so whether the host knows unload will be seen */
	if (vmbus_proto_version && vmbus_proto_version < VERSION_WIN8_1) {
		set_phase(bus, VMBUS_PHASE_LOST, DISCONNECTED);	/* knows no unload */
		return;
	}
	reinit_completion(&vmbus_connection.unload_event);
	set_phase(bus, VMBUS_PHASE_UNLOAD, DISCONNECTING);
	if (vmbus_post(bus, &msg, sizeof(msg)))
		return;
	if (crash)
		answered = unload_poll(bus);
	else
		answered = wait_for_completion_timeout(&vmbus_connection.unload_event,
						       vmbus_timeout());
	if (!answered) {
		vmbus_bad(bus, VERR_TIMEOUT, "the host did not confirm unload");
		return;
	}
	bus->unconfirmed = false;
	set_phase(bus, VMBUS_PHASE_DOWN, DISCONNECTED);
	if (!crash) {
		vmbus_req_fail_chan(bus, NULL, -ENODEV);
		quarantine_drop_all(bus);
	}
}

void vmbus_on_version_response(struct vmbus *bus, const void *msg, size_t len)
{
	trace_vmbus_onversion_response(msg);
	if (!vmbus_req_answer(bus, CHANNELMSG_VERSION_RESPONSE, 0, 0, msg, len))
		vmbus_bad(bus, VERR_LATE_REPLY, "version response that nobody waits for");
}

void vmbus_on_unload_response(struct vmbus *bus, const void *msg, size_t len)
{
	complete(&vmbus_connection.unload_event);
}
