// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands on devices: offer, rescind, how to offer, and raw messages, event
 * flags, packets and ring words, right or wrong.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "control/control.h"
#include "control/hex.h"
#include "loop/log.h"
#include "loop/poll.h"
#include "machine/synic.h"
#include "vmbus/bus.h"
#include "vmbus/fault.h"

static struct vsp_dev *device(struct reply *r, int argc, char **argv,
			      struct bus *b, int at)
{
	struct vsp_dev *d = argc > at ? vsp_find(b, argv[at]) : NULL;

	if (!d)
		reply_error(r, "no such device: %s (see list)",
			    argc > at ? argv[at] : "(none named)");
	return d;
}

/* step=K: not now but at that step, counted from now; says how many there were before. */
static int rescind_later(struct reply *r, int argc, char **argv, struct vsp_dev *d)
{
	unsigned long long step = 0;
	bool off = !strcmp(control_arg(argc, argv, "step"), "off");

	if (!off && control_num(r, argc, argv, "step", 0, &step))
		return -1;
	reply_printf(r, "steps=%u\n", d->steps);
	d->watched = !off;
	d->steps = 0;
	d->gone_at = step;
	return 0;
}

static int cmd_rescind(struct reply *r, int argc, char **argv, void *ctx)
{
	struct vsp_dev *d = device(r, argc, argv, ctx, 1);
	unsigned long long sub;

	if (!d || control_num(r, argc, argv, "sub", 0, &sub))
		return -1;
	if (control_arg(argc, argv, "step"))
		return rescind_later(r, argc, argv, d);
	if (!d->plugged)
		return reply_error(r, "%s is not offered", d->name);
	if (sub) {
		if (sub >= VSP_CHANS || !d->offer[sub])
			return reply_error(r, "%s has no sub-channel %llu", d->name, sub);
		ctl_rescind(d->offer[sub]);
		return 0;
	}
	vsp_unplug(d);
	return 0;
}

static int cmd_offer(struct reply *r, int argc, char **argv, void *ctx)
{
	struct vsp_dev *d = device(r, argc, argv, ctx, 1);
	const char *relid = control_arg(argc, argv, "relid");
	unsigned long long subs;

	if (!d || control_num(r, argc, argv, "subs", 0, &subs))
		return -1;
	if (d->plugged && subs) {
		vsp_offer_subs(d, subs < VSP_SUBS_MAX ? subs : VSP_SUBS_MAX);
		return 0;
	}
	if (d->plugged)
		return reply_error(r, "%s is offered already", d->name);
	if (relid && !strcmp(relid, "fresh")) {
		uint32_t n = VMBUS_RELIDS - 1;

		while (n > 1 && (d->bus->ctl.chan[n] || n == d->relid))
			n--;
		d->relid = n;
	} else if (relid && strcmp(relid, "same")) {
		d->relid = strtoul(relid, NULL, 0);
		if (!d->relid || d->relid >= VMBUS_RELIDS)
			return reply_error(r, "relid is same, fresh or 1 to 2047");
	}
	d->relid_said = relid;
	vsp_plug(d);
	return 0;
}

/* A number into @to when the key is there. */
static int take(struct reply *r, int argc, char **argv, const char *key,
		unsigned long long max, unsigned long long *v)
{
	if (control_num(r, argc, argv, key, *v, v))
		return -1;
	if (*v > max)
		return reply_error(r, "%s is at most %llu", key, max);
	return 0;
}

static int take_order(struct reply *r, int argc, char **argv, struct vsp_dev *d)
{
	const char *text = control_arg(argc, argv, "subs-order");

	if (!text)
		return 0;
	if (!strcmp(text, "up"))
		d->subs_order = SUBS_UP;
	else if (!strcmp(text, "down"))
		d->subs_order = SUBS_DOWN;
	else if (!strcmp(text, "rotated"))
		d->subs_order = SUBS_ROTATED;
	else
		return reply_error(r, "subs-order is up, down or rotated");
	return 0;
}

/* The instance GUID's place among the devices makes a monitor id of its own. */
static uint8_t monitor_id_of(const struct vsp_dev *d)
{
	uint8_t n = 0;

	for (const struct vsp_dev *o = d->bus->devs; o && o != d; o = o->next)
		n++;
	return n % 128;
}

/* A device that is slow to open a channel, until it is through with all. */
static void opens_late(struct vsp_dev *d, bool late)
{
	d->opens_late = late;
	for (unsigned int i = 0; !late && i < VSP_CHANS; i++)
		if (d->offer[i])
			ctl_opened(d->offer[i]);
}

static int cmd_set(struct reply *r, int argc, char **argv, void *ctx)
{
	struct vsp_dev *d = device(r, argc, argv, ctx, 1);
	unsigned long long monitor, dedicated, mmio, delay, flags, refuse, late;

	if (!d)
		return -1;
	refuse = d->refuse_open;
	late = d->opens_late;
	monitor = d->monitor;
	dedicated = !d->shared_interrupt;
	mmio = d->mmio_megabytes;
	delay = d->subs_delay;
	flags = d->flags;
	if (take(r, argc, argv, "monitor", 1, &monitor) ||
	    take(r, argc, argv, "dedicated", 1, &dedicated) ||
	    take(r, argc, argv, "mmio", 4096, &mmio) ||
	    take(r, argc, argv, "subs-delay", 600000, &delay) ||
	    take(r, argc, argv, "flags", 0xFFFF, &flags) ||
	    take(r, argc, argv, "refuse-open", 0xFFFFFFFF, &refuse) ||
	    take(r, argc, argv, "opens-late", 1, &late) ||
	    take_order(r, argc, argv, d))
		return -1;
	d->monitor = monitor;
	d->monitor_id = monitor_id_of(d);
	d->shared_interrupt = !dedicated;
	d->mmio_megabytes = mmio;
	d->subs_delay = delay;
	d->flags = flags;
	d->refuse_open = refuse;
	opens_late(d, late);
	return 0;
}

static int send_message(struct reply *r, int argc, char **argv, struct bus *b)
{
	const char *payload = control_arg(argc, argv, "payload");
	unsigned long long type, vp = b->ctl.target_vp;
	uint8_t msg[VMBUS_MAX_PAYLOAD] = { 0 };
	uint32_t type32;
	long n;

	if (!control_arg(argc, argv, "type"))
		return reply_error(r, "send message type=N payload=HEX [vp=N]");
	if (control_num(r, argc, argv, "type", 0, &type) ||
	    control_num(r, argc, argv, "vp", vp, &vp))
		return -1;
	n = hex_bytes(payload ? payload : "", msg + 8, sizeof(msg) - 8);
	if (n < 0)
		return reply_error(r, "payload is up to 232 bytes in hex");
	type32 = type;
	memcpy(msg, &type32, sizeof(type32));
	trace_message("> raw", msg, 8 + n);
	if (synic_post(b->vm, vp, VMBUS_SINT, VMBUS_MESSAGE_TYPE, msg, 8 + n))
		return reply_error(r, "cannot post to processor %llu", vp);
	return 0;
}

static int send_event(struct reply *r, int argc, char **argv, struct bus *b)
{
	unsigned long long vp, flag;

	if (control_num(r, argc, argv, "vp", 0, &vp) ||
	    control_num(r, argc, argv, "flag", 0, &flag))
		return -1;
	trace("EVENT", "> raw vp=%llu flag=%llu", vp, flag);
	if (synic_signal(b->vm, vp, VMBUS_SINT, flag) < 0)
		return reply_error(r, "no such processor or flag (0 to %u)",
				   SYNIC_FLAGS - 1);
	return 0;
}

/* The open channel that "NAME [sub=N]" means. */
static struct vsp_chan *channel(struct reply *r, int argc, char **argv,
				struct bus *b, int at)
{
	struct vsp_dev *d = device(r, argc, argv, b, at);
	unsigned long long sub;
	struct vsp_chan *ch;

	if (!d || control_num(r, argc, argv, "sub", 0, &sub))
		return NULL;
	ch = vsp_channel(d, sub);
	if (!ch)
		reply_error(r, "%s has no open channel %llu", d->name, sub);
	return ch;
}

/* A raw packet, as often as wanted: what the ring cannot take now it gets later. */
struct raw {
	struct bus *bus;
	char name[32];
	unsigned int sub;
	struct packet_header h;
	uint8_t payload[16384];
	size_t len;
	unsigned long long left;
};

static struct vsp_chan *raw_channel(const struct raw *p)
{
	struct vsp_dev *d = vsp_find(p->bus, p->name);

	return d ? vsp_channel(d, p->sub) : NULL;
}

static void raw_put(void *ctx)
{
	struct raw *p = ctx;
	struct vsp_chan *ch = raw_channel(p);
	bool sent = false;

	while (p->left && ch && !ch->outq &&
	       !hring_put(&ch->out, &p->h, sizeof(p->h), p->payload, p->len)) {
		p->left--;
		sent = true;
	}
	if (sent) {
		hring_publish(&ch->out);
		synic_signal(p->bus->vm, ch->ctl->target_vp, ch->ctl->target_sint,
			     ch->ctl->event_flag);
	}
	if (!p->left || !ch || !timer_start(1, raw_put, p))
		free(p);
}

static int raw_parse(struct reply *r, int argc, char **argv, struct raw *p)
{
	const char *text = control_arg(argc, argv, "payload");
	unsigned long long type, flags, id, offset, len;
	long n = hex_bytes(text ? text : "", p->payload, sizeof(p->payload));

	if (n < 0)
		return reply_error(r, "payload is hex, at most 16384 bytes");
	if (control_num(r, argc, argv, "type", PKT_INBAND, &type) ||
	    control_num(r, argc, argv, "flags", 0, &flags) ||
	    control_num(r, argc, argv, "id", 0, &id) ||
	    control_num(r, argc, argv, "offset", 2, &offset) ||
	    control_num(r, argc, argv, "len", (sizeof(p->h) + n + 7) / 8, &len) ||
	    control_num(r, argc, argv, "count", 1, &p->left))
		return -1;
	p->len = n;
	p->h = (struct packet_header){
		.type = type, .offset8 = offset, .len8 = len, .flags = flags,
		.id = id,
	};
	trace("PACKET", "> raw %s type=%llu id=%#llx offset8=%llu len8=%llu bytes=%ld count=%llu",
	      p->name, type, id, offset, len, n, p->left);
	return 0;
}

static int send_packet(struct reply *r, int argc, char **argv, struct bus *b)
{
	struct vsp_chan *ch = channel(r, argc, argv, b, 2);
	struct raw *p;

	if (!ch)
		return -1;
	p = calloc(1, sizeof(*p));
	if (!p)
		return reply_error(r, "out of memory");
	p->bus = b;
	p->sub = ch->sub;
	snprintf(p->name, sizeof(p->name), "%s", ch->dev->name);
	if (raw_parse(r, argc, argv, p)) {
		free(p);
		return -1;
	}
	raw_put(p);
	return 0;
}

static int cmd_send(struct reply *r, int argc, char **argv, void *ctx)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (!strcmp(what, "message"))
		return send_message(r, argc, argv, ctx);
	if (!strcmp(what, "event"))
		return send_event(r, argc, argv, ctx);
	if (!strcmp(what, "packet"))
		return send_packet(r, argc, argv, ctx);
	return reply_error(r, "send message|event|packet");
}

static int ring_word(struct reply *r, int argc, char **argv, struct hring *ring,
		     const char *key, enum ring_word word, bool *any)
{
	unsigned long long v;

	if (!control_arg(argc, argv, key))
		return 0;
	if (control_num(r, argc, argv, key, 0, &v))
		return -1;
	hring_set_word(ring, word, v);
	*any = true;
	return 0;
}

/* in and out as the guest calls them: "in" carries packets to the guest. */
static int cmd_ring(struct reply *r, int argc, char **argv, void *ctx)
{
	struct vsp_chan *ch = channel(r, argc, argv, ctx, 1);
	const char *dir = control_arg(argc, argv, "dir");
	struct bus *b = ctx;
	struct hring *ring;
	bool any = false;

	if (!ch)
		return -1;
	if (!dir || (strcmp(dir, "in") && strcmp(dir, "out")))
		return reply_error(r, "dir=in (host to guest) or dir=out");
	ring = strcmp(dir, "in") ? &ch->in : &ch->out;
	if (ring_word(r, argc, argv, ring, "write_index", RING_WRITE, &any) ||
	    ring_word(r, argc, argv, ring, "read_index", RING_READ, &any) ||
	    ring_word(r, argc, argv, ring, "mask", RING_MASK, &any) ||
	    ring_word(r, argc, argv, ring, "pending", RING_PENDING, &any) ||
	    ring_word(r, argc, argv, ring, "features", RING_FEATURES, &any))
		return -1;
	reply_printf(r, "write_index=%u\nread_index=%u\nmask=%u\npending=%u\nfeatures=%#x\nsize=%u\n",
		     hring_word(ring, RING_WRITE), hring_word(ring, RING_READ),
		     hring_word(ring, RING_MASK), hring_word(ring, RING_PENDING),
		     hring_word(ring, RING_FEATURES), ring->size);
	if (any)
		synic_signal(b->vm, ch->ctl->target_vp, ch->ctl->target_sint,
			     ch->ctl->event_flag);
	return 0;
}

/* A host may offer sub-channels that nobody asked for. */
static int cmd_subs(struct reply *r, int argc, char **argv, void *ctx)
{
	struct vsp_dev *d = device(r, argc, argv, ctx, 1);
	unsigned long long n;

	if (!d || control_num(r, argc, argv, "count", 1, &n))
		return -1;
	vsp_offer_subs(d, n);
	return 0;
}

/* freeze and thaw */
static int cmd_freeze(struct reply *r, int argc, char **argv, void *ctx)
{
	struct vsp_chan *ch = channel(r, argc, argv, ctx, 1);

	if (!ch)
		return -1;
	ch->frozen = !strcmp(argv[0], "freeze");
	if (!ch->frozen)
		chan_kick(ch);
	return 0;
}

void devctl_init(struct bus *b)
{
	control_register("rescind",
		"NAME [sub=N]  take a device, or one sub-channel, away from the guest\n"
		"NAME step=K|off  take it away at the Kth step of the conversation about it from now on (its offer is one; each message and packet of the guest are two: before it is looked at, and after)",
		cmd_rescind, b);
	control_register("offer", "NAME [relid=same|fresh|N] | NAME subs=N  give it (back), or its missing sub-channels up to N",
			 cmd_offer, b);
	control_register("set",
		"NAME [monitor=0|1] [dedicated=0|1] [mmio=MB] [flags=N] [subs-delay=MS] [subs-order=up|down|rotated] [refuse-open=STATUS] [opens-late=0|1]  how its next offer looks, what its next open gets; opens that wait, until 0",
		cmd_set, b);
	control_register("send",
		"message type=N [payload=HEX] [vp=N]  a raw control message to the guest\n"
		"event vp=N flag=N  a raw event flag\n"
		"packet NAME [sub=N] type=N flags=N id=N offset=N len=N payload=HEX [count=N]  a raw ring packet (offset and len in units of 8)",
		cmd_send, b);
	control_register("ring",
		"NAME [sub=N] dir=in|out [write_index=V] [read_index=V] [mask=V] [pending=V] [features=V]  show or overwrite ring words",
		cmd_ring, b);
	control_register("subs", "NAME count=N  offer sub-channels 1 to N, asked for or not",
			 cmd_subs, b);
	control_register("freeze", "NAME [sub=N]  do not look at the ring any more",
			 cmd_freeze, b);
	control_register("thaw", "NAME [sub=N]  look at it again", cmd_freeze, b);
}
