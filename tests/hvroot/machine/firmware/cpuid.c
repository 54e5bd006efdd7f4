// SPDX-License-Identifier: GPL-2.0-only
/*
 * cpuid.c - what the guest's processors say they are: the host's features
 * without those that are masked, our topology, and the Hyper-V leaves.
 *
 * KVM's own leaf must not show at all: Linux would take the machine for a KVM
 * guest. The CPU-management privilege must not either: Linux would take
 * itself for the root partition.
 */
#include <cpuid.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "loop/log.h"
#include "machine/kvm/kvm.h"
#include "manner.h"

#define ENTRIES_MAX	256
#define HV_BASE		0x40000000u
#define HV_LAST		0x40000005u
#define HV_INTERFACE	0x31237648u	/* "Hv#1" */

/* Leaf 3 EAX: runtime, time, SynIC, timers, APIC, hypercall, VP index, reset, TSC page, frequency */
#define HV_PRIVILEGES	0x00000affu
#define HV_PRIV_TIMERS	(1u << 3)
#define HV_PRIV_HIGH	0x00000030u	/* post messages, signal events */
/* Leaf 3 EDX: XMM input, frequency MSRs, crash MSRs, timer direct mode */
#define HV_FEATURES	0x00080510u
#define HV_FEAT_DIRECT	(1u << 19)
/* Leaf 3 EBX: isolation; leaf 0xC EBX: its type, 1 = VBS */
#define HV_PRIV_ISOLATED	(1u << 22)
#define HV_ISOLATION	0x4000000cu
#define HV_ISOLATED_VBS	1u
/* Leaf 4 EAX: local and remote TLB flush, APIC MSRs, relaxed timing, cluster IPI, ex masks */
#define HV_HINTS	0x00000c2eu
#define HV_NO_AUTO_EOI	(1u << 9)

enum { EAX, EBX, ECX, EDX };

struct mask {
	const char *name;
	uint32_t leaf, sub;
	unsigned int reg;
	uint32_t bits;
};

/* What --cpu-mask can hide; "xsave" takes all with it that needs XSAVE. */
static const struct mask masks[] = {
	{ "avx", 1, 0, ECX, 1u << 12 | 1u << 28 | 1u << 29 },
	{ "avx", 7, 0, EBX, 1u << 5 | 1u << 16 | 1u << 17 | 1u << 21 | 3u << 26 | 1u << 28 | 3u << 30 },
	{ "avx", 7, 0, ECX, 1u << 1 | 1u << 6 | 0xfu << 9 | 1u << 14 },
	{ "avx", 7, 0, EDX, 3u << 2 | 1u << 8 | 1u << 23 },
	{ "avx", 7, 1, EAX, 1u << 4 | 1u << 5 | 1u << 23 },
	{ "xsave", 1, 0, ECX, 3u << 26 },
	{ "xsave", 7, 0, ECX, 1u << 3 },		/* protection keys */
	{ "xsave", 7, 0, EBX, 1u << 14 },
	{ "xsave", 0xd, 0, EAX, ~0u },
	{ "xsave", 0xd, 0, EBX, ~0u },
	{ "xsave", 0xd, 0, ECX, ~0u },
	{ "xsave", 0xd, 0, EDX, ~0u },
	{ "xsave", 0xd, 1, EAX, ~0u },
	{ "x2apic", 1, 0, ECX, 1u << 21 },
	{ "invtsc", 0x80000007, 0, EDX, 1u << 8 },
	{ "la57", 7, 0, ECX, 1u << 16 },
	{ "smap", 7, 0, EBX, 1u << 20 },
};

#define NMASKS	(sizeof(masks) / sizeof(masks[0]))

struct table {
	struct kvm_cpuid2 head;
	struct kvm_cpuid_entry2 e[ENTRIES_MAX];
};

static bool named(const char *list, const char *name)
{
	size_t n = strlen(name);

	for (const char *p = list; p && *p; p = strchr(p, ',') ? strchr(p, ',') + 1 : NULL)
		if (!strncmp(p, name, n) && (!p[n] || p[n] == ','))
			return true;
	return false;
}

static bool known(const char *word, size_t n)
{
	for (unsigned int i = 0; i < NMASKS; i++)
		if (strlen(masks[i].name) == n && !strncmp(masks[i].name, word, n))
			return true;
	return false;
}

int cpuid_mask_check(const char *names)
{
	if (!strcmp(names, "auto") || !strcmp(names, "none"))
		return 0;
	for (const char *p = names; *p;) {
		size_t n = strcspn(p, ",");

		if (!known(p, n)) {
			log_err("--cpu-mask: unknown feature '%.*s' (avx xsave x2apic invtsc la57 smap)",
				(int)n, p);
			return -1;
		}
		p += n + (p[n] == ',');
	}
	return 0;
}

/* QEMU's software emulation has an XSAVE that new kernels refuse in a nested guest. */
bool cpuid_under_tcg(void)
{
	uint32_t eax, sig[4] = { 0 };

	__cpuid(HV_BASE, eax, sig[0], sig[1], sig[2]);
	return eax >= HV_BASE && !memcmp(sig, "TCGTCGTCGTCG", 12);
}

static const char *mask_list(const struct vm *vm)
{
	if (strcmp(vm->o->cpu_mask, "auto"))
		return vm->o->cpu_mask;
	return cpuid_under_tcg() ? "xsave" : "none";
}

static uint32_t *reg_of(struct kvm_cpuid_entry2 *e, unsigned int reg)
{
	switch (reg) {
	case EAX: return &e->eax;
	case EBX: return &e->ebx;
	case ECX: return &e->ecx;
	default: return &e->edx;
	}
}

static void apply_masks(const struct vm *vm, struct kvm_cpuid_entry2 *e)
{
	const char *list = mask_list(vm);
	bool xsave = named(list, "xsave");

	for (unsigned int i = 0; i < NMASKS; i++) {
		const struct mask *m = &masks[i];

		if (e->function != m->leaf || e->index != m->sub)
			continue;
		if (named(list, m->name) || (xsave && !strcmp(m->name, "avx")))
			*reg_of(e, m->reg) &= ~m->bits;
	}
}

static unsigned int bits_for(unsigned int n)
{
	unsigned int bits = 0;

	while (1u << bits < n)
		bits++;
	return bits;
}

/*
 * A socket has the processors of one node or of a part of it, and their number
 * is a power of two: the socket is in the upper bits of the APIC id.
 */
static unsigned int cores_of_socket(const struct vm *vm)
{
	unsigned int nodes = vm->o->numa, cores = 1;

	if (nodes == 1)
		return vm->cpus;
	while (vm->cpus % (nodes * cores * 2) == 0)
		cores *= 2;
	return cores;
}

/* One thread a core, APIC id = VP index. */
static void set_topology(struct kvm_cpuid_entry2 *e, unsigned int index, unsigned int cores)
{
	switch (e->function) {
	case 1:
		e->ebx = (e->ebx & 0xffff) | cores << 16 | index << 24;
		e->ecx |= 1u << 31;		/* under a hypervisor */
		e->ecx &= ~(1u << 5);		/* no VMX */
		e->edx = cores > 1 ? e->edx | 1u << 28 : e->edx & ~(1u << 28);
		break;
	case 4:
		e->eax = (e->eax & ~0xffffc000u) | (cores - 1) << 26;
		break;
	case 0x80000001:
		e->ecx &= ~(1u << 2 | 1u << 22);	/* no SVM, no topology leaves */
		break;
	case 0x80000008:
		e->ecx = bits_for(cores) << 12 | (cores - 1);
		break;
	}
}

static int add_entry(struct table *t, uint32_t leaf, const uint32_t regs[4])
{
	if (t->head.nent == ENTRIES_MAX)
		return -1;
	t->e[t->head.nent++] = (struct kvm_cpuid_entry2){
		.function = leaf,
		.eax = regs[EAX], .ebx = regs[EBX], .ecx = regs[ECX], .edx = regs[EDX],
	};
	return 0;
}

/* Leaf 0xB: level 0 one thread, level 1 all the cores. */
static int add_topology(struct table *t, unsigned int index, unsigned int cores)
{
	for (uint32_t level = 0; level < 2; level++) {
		uint32_t regs[4] = { level ? bits_for(cores) : 0, level ? cores : 1,
				     level | (level + 1) << 8, index };

		if (add_entry(t, 0xb, regs))
			return -1;
		t->e[t->head.nent - 1].index = level;
		t->e[t->head.nent - 1].flags = KVM_CPUID_FLAG_SIGNIFCANT_INDEX;
	}
	return 0;
}

static int query_hyperv(struct vcpu *v, struct table *t)
{
	int fd = ioctl(to_kvm(v->vm)->kvm, KVM_CHECK_EXTENSION, KVM_CAP_SYS_HYPERV_CPUID) > 0 ?
		to_kvm(v->vm)->kvm : v->fd;

	t->head.nent = ENTRIES_MAX;
	return ioctl(fd, KVM_GET_SUPPORTED_HV_CPUID, t);
}

static const struct kvm_cpuid_entry2 *find_leaf(const struct table *t, uint32_t leaf)
{
	static const struct kvm_cpuid_entry2 none;

	for (uint32_t i = 0; i < t->head.nent; i++)
		if (t->e[i].function == leaf)
			return &t->e[i];
	return &none;
}

/* What real Hyper-V shows, as far as this KVM can keep the promise. */
static int add_hyperv(struct vcpu *v, struct table *t)
{
	struct table *hv = calloc(1, sizeof(*hv));
	const struct kvm_cpuid_entry2 *f, *h;
	uint32_t no_auto_eoi = v->vm->o->auto_eoi ? 0 : HV_NO_AUTO_EOI;
	uint32_t timers = v->vm->o->no_stimer ? HV_PRIV_TIMERS : 0;
	uint32_t direct = v->vm->o->manners.bits & MANNER_NO_DIRECT_TIMERS ? HV_FEAT_DIRECT : 0;
	bool isolated = v->vm->o->manners.bits & MANNER_ISOLATED;
	int ret;

	if (!hv || query_hyperv(v, hv) < 0) {
		free(hv);
		return -1;
	}
	f = find_leaf(hv, HV_BASE + 3);
	h = find_leaf(hv, HV_BASE + 4);
	ret = add_entry(t, HV_BASE, (uint32_t[]){ isolated ? HV_ISOLATION : HV_LAST,
						  0x7263694d, 0x666f736f, 0x76482074 }) |
	      add_entry(t, HV_BASE + 1, (uint32_t[]){ HV_INTERFACE, 0, 0, 0 }) |
	      add_entry(t, HV_BASE + 2, (uint32_t[]){ 20348, 10 << 16, 0, 0 }) |
	      add_entry(t, HV_BASE + 3, (uint32_t[]){ f->eax & HV_PRIVILEGES & ~timers,
						      (f->ebx & HV_PRIV_HIGH) |
						      (isolated ? HV_PRIV_ISOLATED : 0), 0,
						      f->edx & HV_FEATURES & ~direct }) |
	      add_entry(t, HV_BASE + 4, (uint32_t[]){ (h->eax & HV_HINTS) | no_auto_eoi,
						      h->ebx, 0, 0 }) |
	      add_entry(t, HV_BASE + 5, (uint32_t[]){ v->vm->cpus, MACHINE_CPUS_MAX, 0, 0 });
	if (isolated)
		ret |= add_entry(t, HV_ISOLATION, (uint32_t[]){ 0, HV_ISOLATED_VBS, 0, 0 });
	free(hv);
	return ret;
}

/* The leaves that are ours to write. */
static void drop_leaves(struct table *t)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < t->head.nent; i++) {
		uint32_t leaf = t->e[i].function;

		if (leaf >> 28 != 4 && leaf != 0xb && leaf != 0x1f)
			t->e[n++] = t->e[i];
	}
	t->head.nent = n;
}

int cpuid_set(struct vcpu *v)
{
	struct table *t = calloc(1, sizeof(*t));
	unsigned int cores = cores_of_socket(v->vm);
	int ret = -1;

	if (!t)
		goto out;
	t->head.nent = ENTRIES_MAX;
	if (ioctl(to_kvm(v->vm)->kvm, KVM_GET_SUPPORTED_CPUID, t) < 0)
		goto out;
	drop_leaves(t);
	for (uint32_t i = 0; i < t->head.nent; i++) {
		apply_masks(v->vm, &t->e[i]);
		set_topology(&t->e[i], v->index, cores);
	}
	if (add_topology(t, v->index, cores) || add_hyperv(v, t))
		goto out;
	ret = ioctl(v->fd, KVM_SET_CPUID2, t) < 0 ? -1 : 0;
out:
	if (ret)
		log_err("vCPU %u: CPUID: %s", v->index, strerror(errno));
	free(t);
	return ret;
}
