// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VMBus server: joins the pure control plane to the virtual machine
 * (messages, signals, memory) and to the devices.
 */
#include <stdlib.h>
#include <string.h>
#include "control/control.h"
#include "hostile/hostile.h"
#include "loop/log.h"
#include "machine/hcall.h"
#include "machine/machine.h"
#include "machine/synic.h"
#include "machine/vm.h"
#include "session/session.h"
#include "vmbus/bus.h"

/* The one server of this process, for the seam with the VMM alone. */
static struct bus *server;

static void on_send(void *ctx, uint32_t vp, uint32_t sint, const void *msg,
		    size_t len)
{
	fault_send(ctx, vp, sint, msg, len);
}

static void on_connected(void *ctx)
{
	struct bus *b = ctx;

	if (b->ctl.version >= VMBUS_V5_0)
		hcall_allow(b->vm, b->ctl.message_connection, true);
	trace("CONNECTED", "version=%u.%u features=%#x vp=%u",
	      b->ctl.version >> 16, b->ctl.version & 0xFFFF, b->ctl.features,
	      b->ctl.target_vp);
	fault_connected(b);
}

static void on_disconnected(void *ctx)
{
	struct bus *b = ctx;

	hostile_forget();
	device_forget_offers(b);
	fault_forget_delayed(b);
}

static void on_list(void *ctx)
{
	device_list(ctx);
}

static uint32_t on_open(void *ctx, struct ctl_chan *cc)
{
	return chan_open(ctx, cc);
}

static bool on_open_waits(void *ctx, struct ctl_chan *cc)
{
	const struct vsp_dev *d = cc->owner;
	struct bus *b = ctx;

	return d->opens_late ||
		(cc->offer.sub_index && b->ctl.manners.bits & MANNER_SUBS_UNOPENED);
}

static void on_close(void *ctx, struct ctl_chan *cc)
{
	chan_close(cc);
}

/* The channel reads its processor from @cc at each interrupt. */
static void on_modified(void *ctx, struct ctl_chan *cc)
{
	trace("CHANNEL_MOVED", "relid=%u vp=%u", cc->offer.relid, cc->target_vp);
}

static void on_released(void *ctx, struct ctl_chan *cc)
{
	device_offered_again(ctx, cc);
}

static void on_monitor(void *ctx, uint64_t to_guest, uint64_t to_host)
{
	monitor_pages(ctx, to_guest, to_host);
}

static bool on_tl_connect(void *ctx, const struct guid *endpoint,
			  const struct guid *service)
{
	return vsock_connect(ctx, endpoint, service);
}

static bool on_vp_ok(void *ctx, uint32_t vp)
{
	struct bus *b = ctx;

	return vp < vm_cpus(b->vm);
}

static void on_refused(void *ctx, uint32_t type, const char *why)
{
	trace("REFUSED", "%s type=%u: %s", message_name(type), type, why);
	log_guest("message %s (%u) refused: %s", message_name(type), type, why);
}

static const struct ctl_ops effects = {
	.send = on_send,
	.connected = on_connected,
	.disconnected = on_disconnected,
	.list_devices = on_list,
	.open = on_open,
	.open_waits = on_open_waits,
	.close = on_close,
	.modified = on_modified,
	.released = on_released,
	.monitor_pages = on_monitor,
	.tl_connect = on_tl_connect,
	.vp_ok = on_vp_ok,
	.refused = on_refused,
};

static bool frame_ok(void *ctx, uint64_t pfn)
{
	struct bus *b = ctx;

	return pfn < UINT64_MAX / VMBUS_PAGE &&
		vm_mem(b->vm, pfn * VMBUS_PAGE, VMBUS_PAGE);
}

static uint32_t message_type_of(const void *payload, size_t len)
{
	uint32_t type = 0;

	memcpy(&type, payload, len < sizeof(type) ? len : sizeof(type));
	return type;
}

/* A message of the guest; what devices send meanwhile leaves after the answer. */
static void on_message(void *ctx, uint32_t conn, uint32_t type,
		       const void *payload, size_t len)
{
	struct bus *b = ctx;
	const char *name;

	if (type != VMBUS_MESSAGE_TYPE) {
		trace("REFUSED", "hypercall message type %u", type);
		b->ctl.refusals++;
		return;
	}
	trace_message("<", payload, len);
	vsp_batch_begin(b);
	name = message_name(message_type_of(payload, len));
	steps_take(steps_device(b, payload, len), "before", name);
	if (session_on)
		session_message_in(payload, len);
	ctl_message(&b->ctl, conn, payload, len);
	if (session_on)
		session_asked();
	/* looked up again: the message may have been a device's last */
	steps_take(steps_device(b, payload, len), "after", name);
	vsp_batch_end(b);
}

/* A host older than 5.0 has no connection for the newer contact. */
static void set_version(struct bus *b, uint32_t version)
{
	b->ctl.version_cap = version;
	hcall_allow(b->vm, VMBUS_CONN_MESSAGE, true);
	hcall_allow(b->vm, VMBUS_CONN_CONTACT, version >= VMBUS_V5_0);
}

static int cmd_version(struct reply *r, int argc, char **argv, void *ctx)
{
	unsigned int major, minor;
	struct bus *b = ctx;
	char *end;

	if (argc != 2)
		return reply_error(r, "usage: vmbus-version X.Y");
	major = strtoul(argv[1], &end, 10);
	if (*end != '.' || major > 99)
		return reply_error(r, "a version looks like 5.3");
	minor = strtoul(end + 1, &end, 10);
	if (*end || minor > 99)
		return reply_error(r, "a version looks like 5.3");
	set_version(b, VMBUS_VERSION(major, minor));
	return 0;
}

int vmbus_init(struct vm *vm, const struct machine_options *o)
{
	struct bus *b = calloc(1, sizeof(*b));

	if (!b) {
		log_err("out of memory");
		return -1;
	}
	server = b;
	b->vm = vm;
	b->opt = o;
	ctl_init(&b->ctl, &effects, b);
	b->ctl.gpadls.frame_ok = frame_ok;
	b->ctl.gpadls.ctx = b;
	fault_init(b);
	monitor_init(b);
	inspect_init(b);
	devctl_init(b);
	steps_init(b);
	hostile_init(b);
	if (session_init(o))
		return -1;
	vsock_init(b);
	if (stor_init(b) || classes_init(b) || ic_init(b) || net_init(b))
		return -1;
	hcall_on_message(vm, on_message, b);
	set_version(b, o->vmbus_version ? o->vmbus_version : VMBUS_V6_0);
	control_register("vmbus-version",
			 "X.Y  accept no newer VMBus version at the next contact",
			 cmd_version, b);
	return 0;
}

void vmbus_reset(struct vm *vm)
{
	struct bus *b = server;

	hostile_forget();
	ctl_reset(&b->ctl);
	stor_drain(b);
	if (b->ctl.resetting)
		log_err("a device still holds a channel after the machine reset");
}

void vmbus_exit(struct vm *vm)
{
	struct bus *b = server;

	if (!b)
		return;
	hostile_exit();
	session_exit();
	vmbus_reset(vm);
	monitor_exit(b);
	stor_exit(b);
	vsock_exit(b);
	ic_exit(b);
	devices_free(b);
	fault_exit(b);
	ctl_fini(&b->ctl);
	free(b);
	server = NULL;
}
