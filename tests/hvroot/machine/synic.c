// SPDX-License-Identifier: GPL-2.0-only
/*
 * synic.c - messages and event flags to a virtual processor.
 *
 * The loop thread is the only writer of message slots (the guest is told to
 * use direct-mode timers, so no machine posts timer messages). How an interrupt
 * is raised and the end of a message is noticed is the machine's (vmm.h).
 */
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "control/counters.h"
#include "loop/log.h"
#include "loop/poll.h"
#include "machine/vmm.h"
#include "machine/synic.h"

#define PAGE_ENABLED	1ull
#define PAGE_FRAME	(~0xfffull)
#define SLOT_BYTES	256
#define SLOT_PENDING	0x01
#define QUEUE_MAX	8192	/* per processor; far above one conversation */

struct slot {
	uint32_t type;
	uint8_t size;
	uint8_t flags;
	uint16_t reserved;
	uint64_t port;
	uint8_t payload[SYNIC_PAYLOAD_MAX];
};
_Static_assert(sizeof(struct slot) == SLOT_BYTES, "message slot");

struct message {
	struct message *next;
	uint32_t type;
	uint8_t len;
	uint8_t payload[SYNIC_PAYLOAD_MAX];
};

struct synic_vp {
	struct vm *vm;
	unsigned int index;
	pthread_mutex_t lock;	/* protects: msg, evt, from the register to the last byte written */
	uint8_t *msg;		/* the guest's message page, NULL = off */
	uint8_t *evt;		/* the guest's event flags page, NULL = off */
	struct message *head;	/* the queue of SINT2, loop thread */
	struct message **tail;
	unsigned int queued;
	bool armed;		/* the machine tells of ends of messages */
	uint8_t lie;		/* the next message's slot says this size, 0 = its own */
};

struct synic {
	unsigned int vps;
	struct synic_vp vp[];
};

static bool read_type(struct slot *s, uint32_t *type)
{
	*type = __atomic_load_n(&s->type, __ATOMIC_SEQ_CST);
	return *type;
}

/* The slot is full: leave word that more waits, and see whether it was emptied meanwhile. */
static bool slot_free(struct slot *s)
{
	uint32_t type;

	if (!read_type(s, &type))
		return true;
	__atomic_fetch_or(&s->flags, SLOT_PENDING, __ATOMIC_SEQ_CST);
	return !read_type(s, &type);
}

static void fill_slot(struct slot *s, const struct message *m, uint8_t lie)
{
	memcpy(s->payload, m->payload, m->len);
	s->size = lie ? lie : m->len;
	s->flags = 0;
	s->reserved = 0;
	s->port = 0;
	__atomic_store_n(&s->type, m->type, __ATOMIC_SEQ_CST);
}

static void raise_sint(struct synic_vp *p)
{
	p->vm->ops->sint_raise(p->vm, p->index);
	counter_add(&counter_interrupts, 1);
}

static void drop_head(struct synic_vp *p)
{
	struct message *m = p->head;

	p->head = m->next;
	if (!p->head)
		p->tail = &p->head;
	p->queued--;
	free(m);
}

/* True: the first message of the queue is in the slot. */
static bool put_head(struct synic_vp *p)
{
	bool put = false;

	pthread_mutex_lock(&p->lock);
	if (p->msg) {
		struct slot *s = (struct slot *)p->msg + SYNIC_SINT_VMBUS;

		put = slot_free(s);
		if (put)
			fill_slot(s, p->head, p->lie);
		if (put)
			p->lie = 0;
	}
	pthread_mutex_unlock(&p->lock);
	return put;
}

static void arm(struct synic_vp *p, bool on)
{
	if (p->armed == on)
		return;
	p->armed = on;
	if (p->vm->ops->sint_watch)
		p->vm->ops->sint_watch(p->vm, p->index, on);
}

/*
 * Put what fits. Acknowledgements are watched only while something waits,
 * since with KVM every interrupt's EOI makes one.
 */
static void deliver(struct synic_vp *p)
{
	while (p->head && put_head(p)) {
		drop_head(p);
		counter_add(&counter_messages_out, 1);
		raise_sint(p);
	}
	arm(p, p->head);
}

void synic_ack(struct vm *vm, unsigned int vp)
{
	deliver(&vm->synic->vp[vp]);
}

static void retry(void *ctx)
{
	deliver(ctx);
}

static struct synic_vp *find_vp(struct vm *vm, uint32_t vp, unsigned int sint)
{
	if (vp >= vm->synic->vps || sint != SYNIC_SINT_VMBUS)
		return NULL;
	return &vm->synic->vp[vp];
}

int synic_post(struct vm *vm, uint32_t vp, unsigned int sint, uint32_t type,
	       const void *payload, size_t len)
{
	struct synic_vp *p = find_vp(vm, vp, sint);
	struct message *m;

	if (!p || !type || len > SYNIC_PAYLOAD_MAX)
		return -EINVAL;
	if (p->queued == QUEUE_MAX)
		return -ENOMEM;
	m = malloc(sizeof(*m));
	if (!m)
		return -ENOMEM;
	m->next = NULL;
	m->type = type;
	m->len = len;
	memcpy(m->payload, payload, len);
	*p->tail = m;
	p->tail = &m->next;
	p->queued++;
	if (trace_verbose())
		trace("SYNIC_POST", "vp %u type %#x len %zu queued %u", vp, type, len, p->queued);
	if (p->queued == 1)
		deliver(p);
	return 0;
}

int synic_signal(struct vm *vm, uint32_t vp, unsigned int sint, unsigned int flag)
{
	struct synic_vp *p = find_vp(vm, vp, sint);
	uint32_t bit = 1u << (flag % 32), old = bit;

	if (!p || flag >= SYNIC_FLAGS)
		return -EINVAL;
	pthread_mutex_lock(&p->lock);
	if (p->evt) {
		uint32_t *word = (uint32_t *)(p->evt + sint * (SYNIC_FLAGS / 8)) + flag / 32;

		old = __atomic_fetch_or(word, bit, __ATOMIC_SEQ_CST);
	}
	pthread_mutex_unlock(&p->lock);
	if (trace_verbose())
		trace("SYNIC_EVENT", "vp %u flag %u %s", vp, flag, old & bit ? "was set" : "raised");
	if (old & bit)
		return 0;
	raise_sint(p);
	return 1;
}

void synic_lie(struct vm *vm, uint8_t size)
{
	vm->synic->vp[0].lie = size;
}

void synic_reset(struct vm *vm)
{
	for (unsigned int i = 0; i < vm->synic->vps; i++) {
		struct synic_vp *p = &vm->synic->vp[i];

		while (p->head)
			drop_head(p);
		arm(p, false);
	}
}

/*
 * The page a register names, or NULL. Pages of the hypervisor start out
 * empty, whatever the guest had in the RAM below them.
 */
static uint8_t *page_of(struct vm *vm, uint64_t reg, uint8_t *old)
{
	uint8_t *page;

	if (!(reg & PAGE_ENABLED))
		return NULL;
	page = vm_mem(vm, reg & PAGE_FRAME, 4096);
	if (!page)
		log_guest("SynIC page %#llx is not RAM", (unsigned long long)reg);
	else if (page != old)
		memset(page, 0, 4096);
	return page;
}

void synic_set_pages(struct vm *vm, unsigned int vp, uint64_t control, uint64_t events, uint64_t messages)
{
	struct synic_vp *p = &vm->synic->vp[vp];
	bool on = control & 1;

	pthread_mutex_lock(&p->lock);
	p->msg = page_of(vm, on ? messages : 0, p->msg);
	p->evt = page_of(vm, on ? events : 0, p->evt);
	pthread_mutex_unlock(&p->lock);
	if (trace_verbose())
		trace("SYNIC_MSR", "vp %u control %#llx events %#llx messages %#llx",
		      vp, (unsigned long long)control, (unsigned long long)events,
		      (unsigned long long)messages);
	poll_call(retry, p);
}

void synic_off(struct vm *vm)
{
	synic_reset(vm);
	for (unsigned int i = 0; i < vm->synic->vps; i++) {
		struct synic_vp *p = &vm->synic->vp[i];

		pthread_mutex_lock(&p->lock);
		p->msg = p->evt = NULL;
		pthread_mutex_unlock(&p->lock);
	}
}

int synic_init(struct vm *vm)
{
	struct synic *s = calloc(1, sizeof(*s) + vm->cpus * sizeof(s->vp[0]));

	if (!s) {
		log_err("out of memory");
		return -1;
	}
	s->vps = vm->cpus;
	for (unsigned int i = 0; i < s->vps; i++) {
		struct synic_vp *p = &s->vp[i];

		*p = (struct synic_vp){ .vm = vm, .index = i, .tail = &p->head };
		pthread_mutex_init(&p->lock, NULL);
	}
	vm->synic = s;
	return 0;
}

void synic_exit(struct vm *vm)
{
	if (!vm->synic)
		return;
	synic_reset(vm);
	for (unsigned int i = 0; i < vm->synic->vps; i++)
		pthread_mutex_destroy(&vm->synic->vp[i].lock);
	free(vm->synic);
	vm->synic = NULL;
}
