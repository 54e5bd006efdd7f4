// SPDX-License-Identifier: GPL-2.0-only
/*
 * sint.c - SINT2 of each processor by KVM's interrupt routing. Two irqfds per
 * processor: one raises SINT2; the other exists for its resample descriptor,
 * which KVM signals at end-of-message and at the EOI of the vector. The second
 * one has the higher GSI, because KVM acknowledges to the last route of a SINT.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "loop/log.h"
#include "loop/poll.h"
#include "machine/kvm/kvm.h"
#include "machine/synic.h"

struct sint {
	struct vm *vm;
	unsigned int vp;
	int raise_fd;		/* write: raise SINT2 */
	int ack_fd;		/* readable after EOM or EOI */
	int ack_irq_fd;		/* never written, carries ack_fd into KVM */
};

void kvm_sint_raise(struct vm *vm, unsigned int vp)
{
	eventfd_write(to_kvm(vm)->sint[vp].raise_fd, 1);
}

void kvm_sint_watch(struct vm *vm, unsigned int vp, bool on)
{
	struct kvm_vm *k = to_kvm(vm);

	if (k->sint)
		poll_mod(k->sint[vp].ack_fd, on ? EPOLLIN : 0);
}

static void on_ack(void *ctx, uint32_t events)
{
	struct sint *s = ctx;
	eventfd_t n;

	eventfd_read(s->ack_fd, &n);
	synic_ack(s->vm, s->vp);
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
	ret = ioctl(to_kvm(vm)->fd, KVM_SET_GSI_ROUTING, t);
	free(t);
	return ret;
}

static int build_one(struct sint *s)
{
	struct kvm_irqfd raise = { .gsi = VM_GSI_SINT + s->vp };
	struct kvm_irqfd ack = {
		.gsi = VM_GSI_SINT + s->vm->cpus + s->vp,
		.flags = KVM_IRQFD_FLAG_RESAMPLE,
	};
	int fd = to_kvm(s->vm)->fd;

	s->raise_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	s->ack_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	s->ack_irq_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (s->raise_fd < 0 || s->ack_fd < 0 || s->ack_irq_fd < 0)
		return -1;
	raise.fd = s->raise_fd;
	ack.fd = s->ack_irq_fd;
	ack.resamplefd = s->ack_fd;
	if (ioctl(fd, KVM_IRQFD, &raise) < 0 || ioctl(fd, KVM_IRQFD, &ack) < 0)
		return -1;
	return poll_add(s->ack_fd, 0, on_ack, s);
}

int sint_build(struct vm *vm)
{
	struct sint *s = calloc(vm->cpus, sizeof(*s));
	int ret;

	if (!s) {
		log_err("out of memory");
		return -1;
	}
	for (unsigned int i = 0; i < vm->cpus; i++)
		s[i] = (struct sint){ .vm = vm, .vp = i, .raise_fd = -1, .ack_fd = -1, .ack_irq_fd = -1 };
	to_kvm(vm)->sint = s;
	ret = set_routes(vm);
	for (unsigned int i = 0; !ret && i < vm->cpus; i++)
		ret = build_one(&s[i]);
	if (ret)
		log_err("KVM refuses the SynIC interrupts: %s", strerror(errno));
	return ret ? -1 : 0;
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

void sint_demolish(struct vm *vm)
{
	struct kvm_vm *k = to_kvm(vm);

	for (unsigned int i = 0; k->sint && i < vm->cpus; i++) {
		struct sint *s = &k->sint[i];

		if (s->ack_fd >= 0)
			poll_del(s->ack_fd);
		close_fd(s->raise_fd);
		close_fd(s->ack_fd);
		close_fd(s->ack_irq_fd);
	}
	free(k->sint);
	k->sint = NULL;
}
