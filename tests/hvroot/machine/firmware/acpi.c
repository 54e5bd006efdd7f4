// SPDX-License-Identifier: GPL-2.0-only
/*
 * acpi.c - the ACPI tables: RSDP, XSDT, FADT, MADT, DSDT, SRAT with NUMA,
 * and an SSDT that says that hibernation is supported.
 *
 * Generation 2 is hardware-reduced (no PM block, no PIC); generation 1 has
 * the legacy PM registers and tells of the PIC. Both lie at 0xE0000, where a
 * kernel started by kexec looks for them too.
 */
#include <string.h>

#include "dsdt_gen1.h"
#include "dsdt_gen2.h"
#include "loop/log.h"
#include "machine/kvm/pm.h"
#include "machine/kvm/kvm.h"

#define ACPI_START	0xe0000
#define ACPI_END	0xffff0		/* boot.c's reset vector follows */
#define APIC_ADDR	0xfee00000
#define IOAPIC_ADDR	0xfec00000
#define SCI_IRQ		9
#define GAS_PORT	1

#define FADT_WBINVD		(1u << 0)
#define FADT_NO_PWR_BUTTON	(1u << 4)
#define FADT_NO_SLP_BUTTON	(1u << 5)
#define FADT_TIMER_32BIT	(1u << 8)
#define FADT_RESET_REG		(1u << 10)
#define FADT_HW_REDUCED		(1u << 20)
#define BOOT_ARCH_DEVICES	0x0001	/* serial ports there; no 8042 */
#define BOOT_ARCH_NO_VGA	0x0004

struct header {
	char signature[4];
	uint32_t length;
	uint8_t revision, checksum;
	char oem[6], table[8];
	uint32_t oem_revision;
	char creator[4];
	uint32_t creator_revision;
} __attribute__((packed));
_Static_assert(sizeof(struct header) == 36, "ACPI table header");

struct gas {
	uint8_t space, bits, offset, access;
	uint64_t address;
} __attribute__((packed));
_Static_assert(sizeof(struct gas) == 12, "ACPI address");

struct fadt {
	struct header h;
	uint32_t facs, dsdt;
	uint8_t reserved, profile;
	uint16_t sci;
	uint32_t smi_cmd;
	uint8_t acpi_enable, acpi_disable, s4bios, pstate;
	uint32_t pm1a_event, pm1b_event, pm1a_control, pm1b_control;
	uint32_t pm2_control, pm_timer, gpe0, gpe1;
	uint8_t pm1_event_len, pm1_control_len, pm2_control_len, pm_timer_len;
	uint8_t gpe0_len, gpe1_len, gpe1_base, cst;
	uint16_t c2_latency, c3_latency, flush_size, flush_stride;
	uint8_t duty_offset, duty_width, day_alarm, month_alarm, century;
	uint16_t boot_arch;
	uint8_t reserved2;
	uint32_t flags;
	struct gas reset;
	uint8_t reset_value;
	uint16_t arm_boot_arch;
	uint8_t minor;
	uint64_t x_facs, x_dsdt;
	struct gas x_blocks[8];
	struct gas sleep_control, sleep_status;
	uint64_t hypervisor;
} __attribute__((packed));
_Static_assert(sizeof(struct fadt) == 276, "FADT revision 6");

struct rsdp {
	char signature[8];
	uint8_t checksum;
	char oem[6];
	uint8_t revision;
	uint32_t rsdt, length;
	uint64_t xsdt;
	uint8_t checksum2, reserved[3];
} __attribute__((packed));
_Static_assert(sizeof(struct rsdp) == 36, "RSDP");

/* Where the next table goes. */
struct writer {
	struct vm *vm;
	uint64_t at;
	uint64_t tables[8];
	unsigned int ntables;
	bool overflow;
};

static void *emit(struct writer *w, const void *p, size_t n)
{
	uint8_t *to;

	if (w->at + n > ACPI_END) {
		w->overflow = true;
		return NULL;
	}
	to = vm_mem(w->vm, w->at, n);
	memcpy(to, p, n);
	w->at += n;
	return to;
}

static uint8_t checksum(const void *p, size_t n)
{
	const uint8_t *b = p;
	uint8_t sum = 0;

	while (n--)
		sum += *b++;
	return -sum;
}

static uint64_t begin(struct writer *w)
{
	w->at = (w->at + 15) & ~15ull;
	return w->at;
}

static struct header header(const char *signature, uint8_t revision)
{
	struct header h = { .revision = revision, .oem_revision = 1, .creator_revision = 1 };

	memcpy(h.signature, signature, 4);
	memcpy(h.oem, "HVGST ", 6);
	memcpy(h.table, "HVROOT  ", 8);
	memcpy(h.creator, "HVGT", 4);
	return h;
}

/* Length and checksum of the table that began at @start; listed in the XSDT. */
static void finish(struct writer *w, uint64_t start, bool listed)
{
	uint32_t length = w->at - start;
	struct header *h = vm_mem(w->vm, start, length);

	h->length = length;
	h->checksum = 0;
	h->checksum = checksum(h, length);
	if (listed)
		w->tables[w->ntables++] = start;
}

static struct gas port(uint16_t address, uint8_t bits)
{
	return (struct gas){ GAS_PORT, bits, 0, bits == 8 ? 1 : bits == 16 ? 2 : 3, address };
}

static void fadt_gen1(struct fadt *f)
{
	f->sci = SCI_IRQ;
	f->pm1a_event = PM1_EVENT;
	f->pm1a_control = PM1_CONTROL;
	f->pm_timer = PM_TIMER;
	f->pm1_event_len = 4;
	f->pm1_control_len = 2;
	f->pm_timer_len = 4;
	f->x_blocks[0] = port(PM1_EVENT, 32);
	f->x_blocks[2] = port(PM1_CONTROL, 16);
	f->x_blocks[5] = port(PM_TIMER, 32);
	f->flags |= FADT_TIMER_32BIT;
}

static void write_fadt(struct writer *w, uint64_t dsdt, uint64_t facs)
{
	struct fadt f = {
		.h = header("FACP", 6),
		.dsdt = dsdt, .x_dsdt = dsdt, .facs = facs, .x_facs = 0,
		.c2_latency = 0xffff, .c3_latency = 0xffff,
		.century = 0x32,
		.boot_arch = BOOT_ARCH_DEVICES | BOOT_ARCH_NO_VGA,
		.flags = FADT_WBINVD | FADT_NO_PWR_BUTTON | FADT_NO_SLP_BUTTON | FADT_RESET_REG,
		.reset = port(PM_RESET, 8),
		.reset_value = PM_RESET_VALUE,
		.sleep_control = port(PM_SLEEP_CONTROL, 8),
		.sleep_status = port(PM_SLEEP_STATUS, 8),
	};
	uint64_t start = begin(w);

	if (w->vm->o->gen1)
		fadt_gen1(&f);
	else
		f.flags |= FADT_HW_REDUCED;
	emit(w, &f, sizeof(f));
	finish(w, start, true);
}

/* That the machine can be hibernated: Linux asks the firmware before it believes the host. */
static void write_ssdt(struct writer *w)
{
	/* Name (\_S4, Package () { 4, 4, 0, 0 }) */
	static const uint8_t s4[] = {
		0x08, '\\', '_', 'S', '4', '_', 0x12, 8, 4,
		0x0a, PM_SLP_TYP_S4, 0x0a, PM_SLP_TYP_S4, 0, 0,
	};
	struct header h = header("SSDT", 2);
	uint64_t start = begin(w);

	emit(w, &h, sizeof(h));
	emit(w, s4, sizeof(s4));
	finish(w, start, true);
}

static void write_madt(struct writer *w)
{
	bool gen1 = w->vm->o->gen1;
	struct header h = header("APIC", 4);
	uint32_t head[2] = { APIC_ADDR, gen1 };
	uint8_t ioapic[12] = { 1, 12, 0, 0 };
	uint8_t timer[10] = { 2, 10, 0, 0, 2, 0, 0, 0, 0, 0 };
	uint8_t nmi[6] = { 4, 6, 0xff, 0, 0, 1 };	/* LINT1 of every processor */
	uint64_t start = begin(w);

	emit(w, &h, sizeof(h));
	emit(w, head, sizeof(head));
	for (unsigned int i = 0; i < w->vm->cpus; i++) {
		uint8_t lapic[8] = { 0, 8, i, i, 1 };

		emit(w, lapic, sizeof(lapic));
	}
	memcpy(ioapic + 4, &(uint32_t){ IOAPIC_ADDR }, 4);
	emit(w, ioapic, sizeof(ioapic));
	if (gen1)
		emit(w, timer, sizeof(timer));
	emit(w, nmi, sizeof(nmi));
	finish(w, start, true);
}

static void srat_memory(struct writer *w, uint32_t node, uint64_t base, uint64_t end)
{
	struct {
		uint8_t type, length;
		uint32_t node;
		uint16_t reserved;
		uint64_t base, size;
		uint32_t reserved2, flags;
		uint64_t reserved3;
	} __attribute__((packed)) m = {
		.type = 1, .length = 40, .node = node, .base = base, .size = end - base, .flags = 1,
	};

	_Static_assert(sizeof(m) == 40, "SRAT memory affinity");
	if (end > base)
		emit(w, &m, sizeof(m));
}

/* Processors and memory in equal parts; a part may lie on both sides of the hole. */
static void write_srat(struct writer *w)
{
	unsigned int nodes = w->vm->o->numa, cpus = w->vm->cpus;
	uint64_t low = w->vm->ram_low, size = low + w->vm->ram_high;
	uint64_t part = size / nodes & ~0x1fffffull, gap = MEM_HOLE_END - low;
	struct header h = header("SRAT", 3);
	uint8_t reserved[12] = { 1 };
	uint64_t start = begin(w);

	emit(w, &h, sizeof(h));
	emit(w, reserved, sizeof(reserved));
	for (unsigned int i = 0; i < cpus; i++) {
		uint8_t cpu[16] = { 0, 16, i * nodes / cpus, i, 1 };

		emit(w, cpu, sizeof(cpu));
	}
	for (unsigned int n = 0; n < nodes; n++) {
		uint64_t from = n * part, to = n + 1 == nodes ? size : from + part;

		srat_memory(w, n, from, to < low ? to : low);
		srat_memory(w, n, (from > low ? from : low) + gap, to + gap);
	}
	finish(w, start, true);
}

static uint64_t write_facs(struct writer *w)
{
	uint8_t facs[64] = "FACS\x40";
	uint64_t start = begin(w) + 63;

	w->at = start & ~63ull;
	start = w->at;
	facs[32] = 2;
	emit(w, facs, sizeof(facs));
	return start;
}

static void write_root(struct writer *w, struct rsdp *r)
{
	struct header h = header("XSDT", 1);
	uint64_t start = begin(w);

	emit(w, &h, sizeof(h));
	emit(w, w->tables, w->ntables * sizeof(w->tables[0]));
	finish(w, start, false);
	*r = (struct rsdp){ .revision = 2, .length = sizeof(*r), .xsdt = start };
	memcpy(r->signature, "RSD PTR ", 8);
	memcpy(r->oem, "HVGST ", 6);
	r->checksum = checksum(r, 20);
	r->checksum2 = checksum(r, sizeof(*r));
}

uint64_t acpi_build(struct vm *vm)
{
	struct writer w = { .vm = vm, .at = ACPI_START + sizeof(struct rsdp) };
	uint64_t dsdt, facs = 0;

	dsdt = begin(&w);
	if (vm->o->gen1) {
		emit(&w, dsdt_gen1_aml_code, sizeof(dsdt_gen1_aml_code));
		facs = write_facs(&w);
	} else {
		emit(&w, dsdt_gen2_aml_code, sizeof(dsdt_gen2_aml_code));
	}
	write_fadt(&w, dsdt, facs);
	write_madt(&w);
	if (vm->o->hibernation)
		write_ssdt(&w);
	if (vm->o->numa > 1)
		write_srat(&w);
	write_root(&w, vm_mem(vm, ACPI_START, sizeof(struct rsdp)));
	if (w.overflow) {
		log_err("the ACPI tables are too large for this many processors");
		return 0;
	}
	return ACPI_START;
}
