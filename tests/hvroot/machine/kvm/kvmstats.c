// SPDX-License-Identifier: GPL-2.0-only
/*
 * kvmstats.c - KVM's own per-processor statistics as counters: "exits" (all
 * of them, also those that KVM handles alone), and kvm.<name> for a few more.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "control/control.h"
#include "control/counters.h"
#include "machine/kvm/kvm.h"

static const char *const wanted[] = {
	"exits", "io_exits", "mmio_exits", "halt_exits", "irq_exits", "hypercalls",
	"irq_injections", "signal_exits", "host_state_reload",
};

#define NWANTED	(sizeof(wanted) / sizeof(wanted[0]))

static struct {
	bool looked;
	int64_t offset[NWANTED];	/* in the stats file, -1 = KVM has it not */
	uint64_t base[NWANTED];		/* the values at the last reset of the counters */
} stats;

/* All stats descriptors of all processors have one layout. */
static void look(int fd)
{
	struct kvm_stats_header h;
	size_t size;
	struct kvm_stats_desc *d;

	for (unsigned int i = 0; i < NWANTED; i++)
		stats.offset[i] = -1;
	if (pread(fd, &h, sizeof(h), 0) != sizeof(h))
		return;
	size = sizeof(*d) + h.name_size;
	d = malloc(size);
	for (uint32_t n = 0; d && n < h.num_desc; n++) {
		if (pread(fd, d, size, h.desc_offset + n * size) != (ssize_t)size)
			break;
		for (unsigned int i = 0; i < NWANTED; i++)
			if (!strncmp(d->name, wanted[i], h.name_size))
				stats.offset[i] = h.data_offset + d->offset;
	}
	free(d);
	stats.looked = true;
}

static uint64_t sum(struct vm *vm, unsigned int i)
{
	struct kvm_vm *k = to_kvm(vm);
	uint64_t total = 0, v;

	for (unsigned int n = 0; n < vm->cpus; n++)
		if (pread(k->vcpu[n].stats_fd, &v, sizeof(v), stats.offset[i]) == sizeof(v))
			total += v;
	return total;
}

static void print(struct reply *r, bool reset, void *ctx)
{
	struct vm *vm = ctx;
	struct kvm_vm *k = to_kvm(vm);

	if (!k->vcpu || k->vcpu[0].stats_fd < 0)
		return;
	if (!stats.looked)
		look(k->vcpu[0].stats_fd);
	for (unsigned int i = 0; i < NWANTED; i++) {
		uint64_t v;

		if (stats.offset[i] < 0)
			continue;
		v = sum(vm, i);
		if (reset)
			stats.base[i] = v;
		else
			reply_printf(r, "%s%s=%llu\n", i ? "kvm." : "", wanted[i],
				     (unsigned long long)(v - stats.base[i]));
	}
}

void kvmstats_restart(void)
{
	memset(stats.base, 0, sizeof(stats.base));
}

void kvmstats_init(struct vm *vm)
{
	counters_provider(print, vm);
}
