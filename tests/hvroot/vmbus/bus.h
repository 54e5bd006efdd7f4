/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The VMBus server: the control plane (ctl.h) joined to the virtual machine
 * and to the devices (vsp.h). Private to the files that make up the server.
 */
#ifndef HVROOT_BUS_H
#define HVROOT_BUS_H

#include "machine/machine.h"
#include "vmbus/ctl.h"
#include "vmbus/vsp.h"

struct vm;
struct fault;
struct monitor;

struct bus {
	struct vm *vm;
	const struct machine_options *opt;
	struct ctl ctl;			/* with the manners of now */
	struct vsp_dev *devs;
	struct vsp_chan *chans;		/* open ones */
	unsigned int batch;		/* depth of vsp_batch_begin() */
	struct vsp_chan *dirty;		/* to publish when the batch ends */
	struct fault *faults;		/* message faults, fault.c */
	unsigned int early_offers;	/* connections that get offers before they ask */
	unsigned int early_delay;	/* ms */
	struct ptimer *early_timer;
	struct monitor *monitor;	/* monitor pages, monitor.c */
	struct {			/* of channels that are closed again */
		uint64_t signals, interrupts, wakes, requests, errors, full;
	} past;
	uint64_t rejected;		/* packets that devices could not use */
};

/* chan.c: called by the control plane's effects in vmbus.c */
uint32_t chan_open(struct bus *b, struct ctl_chan *cc);
void chan_close(struct ctl_chan *cc);
void chan_signalled(struct vsp_chan *ch);
void chan_kick(struct vsp_chan *ch);

/* device.c */
void device_list(struct bus *b);
void device_offered_again(struct bus *b, struct ctl_chan *cc);
void device_forget_offers(struct bus *b);
void devices_free(struct bus *b);

/* names.c: the protocol trace */
const char *message_name(uint32_t type);
uint32_t message_type(const char *name);	/* 0: no such name */
void trace_message(const char *dir, const void *msg, size_t len);
void guid_text(const struct guid *g, char text[37]);
struct guid guid_make(const char *text);

/* fault.c */
void fault_init(struct bus *b);
void fault_exit(struct bus *b);
/* Sends a control message through the faults that wait for it. */
void fault_send(struct bus *b, uint32_t vp, uint32_t sint, const void *msg,
		size_t len);
void fault_forget_delayed(struct bus *b);
void fault_connected(struct bus *b);

/* monitor.c */
void monitor_init(struct bus *b);
void monitor_exit(struct bus *b);
void monitor_pages(struct bus *b, uint64_t to_guest, uint64_t to_host);
void monitor_take_id(struct bus *b, struct vsp_dev *d, uint32_t connection);

/* inspect.c: list, counters */
void inspect_init(struct bus *b);

/* devices/vsock.c: connections of sockets; true if this one was offered */
void vsock_init(struct bus *b);
void vsock_exit(struct bus *b);
bool vsock_connect(struct bus *b, const struct guid *endpoint, const struct guid *service);

/* devctl.c: offer, rescind, set, send packet, ring */
void devctl_init(struct bus *b);

/*
 * steps.c: the conversation with a device, step by step, and the command `manner`.
 * A step is an offer, and twice each message and each packet of the guest: before it
 * is looked at, and when it was.
 */
void steps_init(struct bus *b);
/* The device that a message of the guest is about, or NULL. */
struct vsp_dev *steps_device(struct bus *b, const void *msg, size_t len);
/* True: this is the step at which the device was to be taken away, and it was. */
bool steps_take(struct vsp_dev *d, const char *when, const char *what);
/* The same in the middle of a channel's turn, after which the device goes. */
bool steps_take_later(struct vsp_dev *d, const char *when, const char *what);

/* devices/classes.c: every device class that is not a disk; 0 or -1 after log_err() */
int classes_init(struct bus *b);

/* services/common.c: integration components, after classes_init(); 0 or -1 after log_err() */
int ic_init(struct bus *b);
void ic_exit(struct bus *b);

/* network/dev.c: network devices of the command line */
int net_init(struct bus *b);
/* Address and instance of the first network device; false if there is none. */
bool net_first(const uint8_t **mac, const struct guid **instance);

/* storage/dev.c: controllers and disks of the command line and commands */
int stor_init(struct bus *b);
/* The image file of disk "c0l0" or "ide0", NULL if there is no such file. */
const char *stor_disk_file(const char *name);
/* Waits until no I/O touches guest memory any more. */
void stor_drain(struct bus *b);
void stor_exit(struct bus *b);

#endif
