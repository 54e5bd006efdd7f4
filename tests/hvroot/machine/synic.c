// SPDX-License-Identifier: GPL-2.0-only
/*
 * synic.c - messages and event flags to a virtual processor.
 *
 * The loop thread is the only writer of message slots (the guest is told to
 * use direct-mode timers, so KVM posts no timer messages). Two KVM irqfds per
 * processor: one raises SINT2; the other exists for its resample descriptor,
 * which KVM signals at end-of-message and at the EOI of the vector. The second
 * one has the higher GSI, because KVM acknowledges to the last route of a SINT.
 */
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "control/counters.h"
#include "loop/log.h"
#include "loop/poll.h"
#include "machine/kvm/vmm.h"
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
	bool armed;		/* the ack descriptor is watched */
	int raise_fd;		/* write: raise SINT2 */
	int ack_fd;		/* readable after EOM or EOI */
	int ack_irq_fd;		/* never written, carries ack_fd into KVM */
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

static void fill_slot(struct slot *s, const struct message *m)
{
	memcpy(s->payload, m->payload, m->len);
	s->size = m->len;
	s->flags = 0;
	s->reserved = 0;
	s->port = 0;
	__atomic_store_n(&s->type, m->type, __ATOMIC_SEQ_CST);
}

static void raise_sint(struct synic_vp *p)
{
	eventfd_write(p->raise_fd, 1);
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
			fill_slot(s, p->head);
	}
	pthread_mutex_unlock(&p->lock);
	return put;
}

static void arm(struct synic_vp *p, bool on)
{
	if (p->armed == on || p->ack_fd < 0)
		return;
	p->armed = on;
	poll_mod(p->ack_fd, on ? EPOLLIN : 0);
}

/*
 * Put what fits. KVM's acknowledgements are watched only while something
 * waits, since every interrupt's EOI makes one.
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

static void on_ack(void *ctx, uint32_t events)
{
	struct synic_vp *p = ctx;
	eventfd_t n;

	eventfd_read(p->ack_fd, &n);
	deliver(p);
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

void synic_msr_exit(struct vm *vm, unsigned int vp, const struct kvm_hyperv_exit *x)
{
	struct synic_vp *p = &vm->synic->vp[vp];
	bool on = x->u.synic.control & 1;

	pthread_mutex_lock(&p->lock);
	p->msg = page_of(vm, on ? x->u.synic.msg_page : 0, p->msg);
	p->evt = page_of(vm, on ? x->u.synic.evt_page : 0, p->evt);
	pthread_mutex_unlock(&p->lock);
	if (trace_verbose())
		trace("SYNIC_MSR", "vp %u msr %#x control %#llx events %#llx messages %#llx",
		      vp, x->u.synic.msr, (unsigned long long)x->u.synic.control,
		      (unsigned long long)x->u.synic.evt_page,
		      (unsigned long long)x->u.synic.msg_page);
	poll_call(retry, p);
}

/* The chips' pins as KVM has them by default, then the SINTs behind. */
static void chip_routes(struct kvm_irq_routing *t)
{
	for (unsigned int gsi = 0; gsi < 16; gsi++) {
		if (gsi == 2)
			continue;	/* the cascade */
		t->entries[t->nr++] = (struct kvm_irq_routing_entry){
			.gsi = gsi,
			.type = KVM_IRQ_ROUTING_IRQCHIP,
			.u.irqchip.irqchip = gsi < 8 ? KVM_IRQCHIP_PIC_MASTER : KVM_IRQCHIP_PIC_SLAVE,
			.u.irqchip.pin = gsi % 8,
		};
	}
	for (unsigned int gsi = 0; gsi < VM_GSI_SINT; gsi++) {
		if (gsi == 2)
			continue;
		t->entries[t->nr++] = (struct kvm_irq_routing_entry){
			.gsi = gsi,
			.type = KVM_IRQ_ROUTING_IRQCHIP,
			.u.irqchip.irqchip = KVM_IRQCHIP_IOAPIC,
			.u.irqchip.pin = gsi ? gsi : 2,	/* the timer's override */
		};
	}
}

static int set_routes(struct vm *vm)
{
	unsigned int n = vm->cpus;
	struct kvm_irq_routing *t;
	int ret;

	t = calloc(1, sizeof(*t) + (64 + 2 * n) * sizeof(t->entries[0]));
	if (!t)
		return -1;
	chip_routes(t);
	for (unsigned int i = 0; i < 2 * n; i++)
		t->entries[t->nr++] = (struct kvm_irq_routing_entry){
			.gsi = VM_GSI_SINT + i,
			.type = KVM_IRQ_ROUTING_HV_SINT,
			.u.hv_sint.vcpu = i % n,
			.u.hv_sint.sint = SYNIC_SINT_VMBUS,
		};
	ret = ioctl(vm->fd, KVM_SET_GSI_ROUTING, t);
	free(t);
	return ret;
}

static int build_vp(struct vm *vm, struct synic_vp *p)
{
	struct kvm_irqfd raise = { .gsi = VM_GSI_SINT + p->index };
	struct kvm_irqfd ack = {
		.gsi = VM_GSI_SINT + vm->cpus + p->index,
		.flags = KVM_IRQFD_FLAG_RESAMPLE,
	};

	p->raise_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	p->ack_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	p->ack_irq_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (p->raise_fd < 0 || p->ack_fd < 0 || p->ack_irq_fd < 0)
		return -1;
	raise.fd = p->raise_fd;
	ack.fd = p->ack_irq_fd;
	ack.resamplefd = p->ack_fd;
	if (ioctl(vm->fd, KVM_IRQFD, &raise) < 0 || ioctl(vm->fd, KVM_IRQFD, &ack) < 0)
		return -1;
	p->armed = false;
	return poll_add(p->ack_fd, 0, on_ack, p);
}

int synic_build(struct vm *vm)
{
	int ret = set_routes(vm);

	for (unsigned int i = 0; !ret && i < vm->cpus; i++)
		ret = build_vp(vm, &vm->synic->vp[i]);
	if (ret)
		log_err("KVM refuses the SynIC interrupts: %s", strerror(errno));
	return ret ? -1 : 0;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void synic_demolish(struct vm *vm)
{
	for (unsigned int i = 0; i < vm->synic->vps; i++) {
		struct synic_vp *p = &vm->synic->vp[i];

		if (p->ack_fd >= 0)
			poll_del(p->ack_fd);
		close_fd(&p->raise_fd);
		close_fd(&p->ack_fd);
		close_fd(&p->ack_irq_fd);
		p->armed = false;
		p->msg = p->evt = NULL;
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

		*p = (struct synic_vp){
			.vm = vm, .index = i, .tail = &p->head,
			.raise_fd = -1, .ack_fd = -1, .ack_irq_fd = -1,
		};
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
