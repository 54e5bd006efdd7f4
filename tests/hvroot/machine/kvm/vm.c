// SPDX-License-Identifier: GPL-2.0-only
/*
 * vm.c - the KVM virtual machine: capabilities, RAM, irqchip, frame buffer.
 *
 * A machine reset drops the KVM VM and makes a new one on the same RAM, so
 * that no state of processors, irqchip or Hyper-V registers can be forgotten.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "loop/log.h"
#include "machine/kvm/kvm.h"

#define IDENTITY_MAP	0xfffbc000ull	/* Intel: one page, and three for the TSS */
#define PORT_IO_DELAY	0x80

static const struct {
	int cap;
	const char *name;
} needed[] = {
	{ KVM_CAP_IRQCHIP, "IRQCHIP" },
	{ KVM_CAP_USER_MEMORY, "USER_MEMORY" },
	{ KVM_CAP_IRQ_ROUTING, "IRQ_ROUTING" },
	{ KVM_CAP_IRQFD, "IRQFD" },
	{ KVM_CAP_IRQFD_RESAMPLE, "IRQFD_RESAMPLE" },
	{ KVM_CAP_IMMEDIATE_EXIT, "IMMEDIATE_EXIT" },
	{ KVM_CAP_HYPERV_SYNIC2, "HYPERV_SYNIC2" },
	{ KVM_CAP_HYPERV_EVENTFD, "HYPERV_EVENTFD" },
};

uint64_t kvm_reference_time(struct vm *vm)
{
	struct kvm_vm *k = to_kvm(vm);
	struct kvm_clock_data clock = { 0 };

	if (ioctl(k->fd, KVM_GET_CLOCK, &clock))
		return 0;
	return clock.clock / 100;
}

int kvm_signal_fd(struct vm *vm, uint32_t conn_id, int fd, bool on)
{
	struct kvm_hyperv_eventfd e = {
		.conn_id = conn_id,
		.fd = fd,
		.flags = on ? 0 : KVM_HYPERV_EVENTFD_DEASSIGN,
	};

	return ioctl(to_kvm(vm)->fd, KVM_HYPERV_EVENTFD, &e) < 0 ? -errno : 0;
}

int vm_irq(struct vm *vm, unsigned int gsi, bool level)
{
	struct kvm_vm *k = to_kvm(vm);
	struct kvm_irq_level irq = { .irq = gsi, .level = level };

	return ioctl(k->fd, KVM_IRQ_LINE, &irq) < 0 ? -errno : 0;
}

static int check_caps(struct vm *vm)
{
	struct kvm_vm *k = to_kvm(vm);

	for (unsigned int i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		if (ioctl(k->kvm, KVM_CHECK_EXTENSION, needed[i].cap) > 0)
			continue;
		log_err("/dev/kvm lacks KVM_CAP_%s; run under scripts/lab", needed[i].name);
		return -1;
	}
	return 0;
}

static int alloc_ram(struct vm *vm, uint64_t size)
{
	vm->ram_low = size < MEM_HOLE_START ? size : MEM_HOLE_START;
	vm->ram_high = size - vm->ram_low;
	vm->ram = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (vm->ram == MAP_FAILED) {
		vm->ram = NULL;
		log_err("no room for %llu MiB of guest memory",
			(unsigned long long)size >> 20);
		return -1;
	}
	madvise(vm->ram, size, MADV_HUGEPAGE);
	return 0;
}

int vm_open(struct vm *vm, const struct machine_options *o)
{
	struct kvm_vm *k = to_kvm(vm);

	vm->o = o;
	k->fd = -1;
	k->delay_fd = -1;
	vm->cpus = o->cpus;
	pthread_mutex_init(&k->lock, NULL);
	pthread_cond_init(&k->cond, NULL);
	k->kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (k->kvm < 0) {
		log_err("/dev/kvm: %s; run under scripts/lab", strerror(errno));
		return -1;
	}
	if (ioctl(k->kvm, KVM_GET_API_VERSION, 0) != KVM_API_VERSION) {
		log_err("/dev/kvm speaks another API version");
		return -1;
	}
	if (check_caps(vm))
		return -1;
	k->run_size = ioctl(k->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	return alloc_ram(vm, o->memory);
}

#define FRAME_BUFFER_SLOT	2
#define FRAME_BUFFER_MAX	(64ull << 20)

static int add_slot(struct vm *vm, unsigned int slot, uint64_t gpa, uint8_t *p, uint64_t size)
{
	struct kvm_vm *k = to_kvm(vm);
	struct kvm_userspace_memory_region r = {
		.slot = slot,
		.guest_phys_addr = gpa,
		.memory_size = size,
		.userspace_addr = (uintptr_t)p,
	};

	return size ? ioctl(k->fd, KVM_SET_USER_MEMORY_REGION, &r) : 0;
}

static void unplug_slot(struct vm *vm, unsigned int slot)
{
	struct kvm_vm *k = to_kvm(vm);
	struct kvm_userspace_memory_region r = { .slot = slot };

	ioctl(k->fd, KVM_SET_USER_MEMORY_REGION, &r);
}

/* The windows that dsdt.asl names. */
static bool in_window(uint64_t gpa, uint64_t size)
{
	uint64_t end = gpa + size;

	return !(gpa & 4095) && !(size & 4095) && end > gpa &&
		((gpa >= 0xf6000000ull && end <= 0xfe000000ull) ||
		 (gpa >= 0xf00000000ull && end <= 0x1000000000ull));
}

int kvm_frame_buffer(struct vm *vm, uint64_t gpa, uint64_t size)
{
	struct kvm_vm *k = to_kvm(vm);

	if (size > FRAME_BUFFER_MAX || !in_window(gpa, size))
		return -EINVAL;
	if (!k->fb) {
		k->fb = mmap(NULL, FRAME_BUFFER_MAX, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (k->fb == MAP_FAILED) {
			k->fb = NULL;
			return -ENOMEM;
		}
	}
	unplug_slot(vm, FRAME_BUFFER_SLOT);
	return add_slot(vm, FRAME_BUFFER_SLOT, gpa, k->fb, size) ? -errno : 0;
}

/* Linux pauses by writing port 0x80: let the kernel swallow that, no exit to us. */
static void swallow_io_delay(struct vm *vm)
{
	struct kvm_vm *k = to_kvm(vm);
	struct kvm_ioeventfd e = {
		.addr = PORT_IO_DELAY,
		.len = 1,
		.flags = KVM_IOEVENTFD_FLAG_PIO,
	};

	k->delay_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	e.fd = k->delay_fd;
	if (k->delay_fd >= 0)
		ioctl(k->fd, KVM_IOEVENTFD, &e);
}

/*
 * KVM spins for a while before a halted processor sleeps. Where QEMU emulates
 * ours, that takes the time of those that have work.
 */
static void no_halt_polling(struct vm *vm)
{
	struct kvm_vm *k = to_kvm(vm);
	struct kvm_enable_cap cap = { .cap = KVM_CAP_HALT_POLL };

	if (cpuid_under_tcg())
		ioctl(k->fd, KVM_ENABLE_CAP, &cap);
}

static int build_chips(struct vm *vm)
{
	struct kvm_vm *k = to_kvm(vm);
	struct kvm_pit_config pit = { .flags = KVM_PIT_SPEAKER_DUMMY };
	uint64_t map = IDENTITY_MAP;

	if (ioctl(k->fd, KVM_SET_IDENTITY_MAP_ADDR, &map) < 0 ||
	    ioctl(k->fd, KVM_SET_TSS_ADDR, IDENTITY_MAP + 0x1000) < 0 ||
	    ioctl(k->fd, KVM_CREATE_IRQCHIP, 0) < 0 ||
	    ioctl(k->fd, KVM_CREATE_PIT2, &pit) < 0 ||
	    add_slot(vm, 0, 0, vm->ram, vm->ram_low) < 0 ||
	    add_slot(vm, 1, MEM_HOLE_END, vm->ram + vm->ram_low, vm->ram_high) < 0) {
		log_err("KVM refuses the machine: %s", strerror(errno));
		return -1;
	}
	swallow_io_delay(vm);
	no_halt_polling(vm);
	return 0;
}

int vm_build(struct vm *vm)
{
	struct kvm_vm *k = to_kvm(vm);

	k->fd = ioctl(k->kvm, KVM_CREATE_VM, 0);
	if (k->fd < 0) {
		log_err("KVM_CREATE_VM: %s", strerror(errno));
		return -1;
	}
	fcntl(k->fd, F_SETFD, FD_CLOEXEC);
	if (build_chips(vm))
		return -1;
	k->vcpu = calloc(vm->cpus, sizeof(*k->vcpu));
	if (!k->vcpu) {
		log_err("out of memory");
		return -1;
	}
	for (unsigned int i = 0; i < vm->cpus; i++)
		k->vcpu[i].fd = k->vcpu[i].stats_fd = -1;
	for (unsigned int i = 0; i < vm->cpus; i++)
		if (vcpu_create(vm, i))
			return -1;
	return sint_build(vm);
}

void vm_demolish(struct vm *vm)
{
	struct kvm_vm *k = to_kvm(vm);

	vcpus_end(vm);
	sint_demolish(vm);
	for (unsigned int i = 0; k->vcpu && i < vm->cpus; i++)
		vcpu_destroy(&k->vcpu[i]);
	free(k->vcpu);
	k->vcpu = NULL;
	if (k->delay_fd >= 0)
		close(k->delay_fd);
	if (k->fd >= 0)
		close(k->fd);
	k->fd = k->delay_fd = -1;
}

void vm_close(struct vm *vm)
{
	struct kvm_vm *k = to_kvm(vm);

	if (vm->ram)
		munmap(vm->ram, vm->ram_low + vm->ram_high);
	if (k->fb)
		munmap(k->fb, FRAME_BUFFER_MAX);
	if (k->kvm >= 0)
		close(k->kvm);
	pthread_cond_destroy(&k->cond);
	pthread_mutex_destroy(&k->lock);
}
