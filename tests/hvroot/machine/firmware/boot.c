// SPDX-License-Identifier: GPL-2.0-only
/*
 * boot.c - the 64-bit Linux boot protocol: bzImage, initrd, command line,
 * memory map and the state of the first processor.
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include "loop/log.h"
#include "machine/firmware/image.h"
#include "machine/kvm/pm.h"
#include "machine/kvm/kvm.h"

/* Low memory: what the boot needs, all below the legacy hole. */
#define GDT_ADDR	0x6000
#define ZERO_PAGE	0x7000
#define PAGE_TABLES	0x9000		/* 1 + 1 + 4 pages: the first 4 GiB */
#define CMDLINE_ADDR	0x20000
#define CMDLINE_MAX	0x10000
#define LEGACY_HOLE	0xa0000
#define RESET_VECTOR	0xffff0
#define HIGH_START	0x100000

/* Offsets in the zero page and the same in the bzImage's header. */
#define ZP_RSDP		0x070
#define ZP_E820_COUNT	0x1e8
#define ZP_SETUP_SECTS	0x1f1
#define ZP_BOOT_FLAG	0x1fe
#define ZP_HEADER_END	0x201
#define ZP_MAGIC	0x202
#define ZP_VERSION	0x206
#define ZP_LOADER	0x210
#define ZP_LOADFLAGS	0x211
#define ZP_INITRD	0x218
#define ZP_INITRD_SIZE	0x21c
#define ZP_CMDLINE	0x228
#define ZP_INITRD_MAX	0x22c
#define ZP_ALIGNMENT	0x230
#define ZP_CMDLINE_SIZE	0x238
#define ZP_XLOADFLAGS	0x236
#define ZP_PREF_ADDRESS	0x258
#define ZP_INIT_SIZE	0x260
#define ZP_E820		0x2d0
#define MAGIC		0x53726448	/* "HdrS" */
#define VERSION_MIN	0x020c		/* with a 64-bit entry point */
#define XLF_KERNEL_64	0x01
#define LOADED_HIGH	0x01
#define ENTRY_64	0x200
#define E820_RAM	1
#define E820_RESERVED	2

/* The header's fields for a vmlinux, which brings none. */
#define ELF_CMDLINE_SIZE	2047
#define ELF_INITRD_MAX		0x7fffffff
#define ELF_ALIGNMENT		0x200000

/* Where the kernel went. */
struct layout {
	uint64_t entry;
	uint64_t end;		/* first byte behind it and what it unpacks */
};

static uint64_t get(const uint8_t *p, unsigned int bytes)
{
	uint64_t v = 0;

	memcpy(&v, p, bytes);
	return v;
}

static void put(uint8_t *p, uint64_t v, unsigned int bytes)
{
	memcpy(p, &v, bytes);
}

static int read_header(struct image *f, uint8_t *zp)
{
	uint8_t sector[4096];

	if (f->size < sizeof(sector)) {
		log_err("%s: not a bzImage", f->path);
		return -1;
	}
	if (image_read(f, 0, sector, sizeof(sector)))
		return -1;
	if (get(sector + ZP_MAGIC, 4) != MAGIC || get(sector + ZP_VERSION, 2) < VERSION_MIN ||
	    !(get(sector + ZP_XLOADFLAGS, 2) & XLF_KERNEL_64)) {
		log_err("%s: not a 64-bit bzImage", f->path);
		return -1;
	}
	memset(zp, 0, 4096);
	memcpy(zp + ZP_SETUP_SECTS, sector + ZP_SETUP_SECTS,
	       ZP_MAGIC + sector[ZP_HEADER_END] - ZP_SETUP_SECTS);
	return 0;
}

/* At the address it was linked for, so that the decompressor need not move it. */
static int load_bzimage(struct vm *vm, struct image *f, uint8_t *zp, struct layout *l)
{
	uint64_t addr, skip, size, room;
	void *p;

	if (read_header(f, zp))
		return -1;
	addr = get(zp + ZP_PREF_ADDRESS, 8);
	room = get(zp + ZP_INIT_SIZE, 4);
	skip = (zp[ZP_SETUP_SECTS] ? zp[ZP_SETUP_SECTS] : 4) * 512 + 512;
	size = f->size > skip ? f->size - skip : 0;
	p = vm_mem(vm, addr, room);
	if (!size || size > room || !p || addr < HIGH_START)
		return image_too_big(f, vm);
	l->entry = addr + ENTRY_64;
	l->end = addr + room;
	return image_read(f, skip, p, size);
}

static void elf_header(uint8_t *zp)
{
	memset(zp, 0, 4096);
	put(zp + ZP_BOOT_FLAG, 0xaa55, 2);
	put(zp + ZP_MAGIC, MAGIC, 4);
	put(zp + ZP_VERSION, VERSION_MIN, 2);
	put(zp + ZP_ALIGNMENT, ELF_ALIGNMENT, 4);
	put(zp + ZP_INITRD_MAX, ELF_INITRD_MAX, 4);
	put(zp + ZP_CMDLINE_SIZE, ELF_CMDLINE_SIZE, 4);
	zp[ZP_LOADFLAGS] = LOADED_HIGH;
}

static int load_kernel(struct vm *vm, uint8_t *zp, struct layout *l)
{
	struct image f;
	int ret;

	if (image_open(&f, vm->o->kernel))
		return -1;
	ret = elf_load(vm, &f, &l->entry, &l->end);
	if (ret == 0)
		elf_header(zp);
	else if (ret > 0)
		ret = load_bzimage(vm, &f, zp, l);
	image_close(&f);
	return ret;
}

/* As high as the kernel allows, above where it unpacks itself. */
static int load_initrd(struct vm *vm, uint8_t *zp, const struct layout *l)
{
	uint64_t top = get(zp + ZP_INITRD_MAX, 4) + 1ull, addr;
	struct image f;
	int ret = -1;

	if (!vm->o->initrd)
		return 0;
	if (image_open(&f, vm->o->initrd))
		return -1;
	if (top > vm->ram_low)
		top = vm->ram_low;
	if (f.size > top || top - f.size < l->end + 4096) {
		image_too_big(&f, vm);
		goto out;
	}
	addr = (top - f.size) & ~0xfffull;
	ret = image_read(&f, 0, vm_mem(vm, addr, f.size), f.size);
	put(zp + ZP_INITRD, addr, 4);
	put(zp + ZP_INITRD_SIZE, f.size, 4);
out:
	image_close(&f);
	return ret;
}

static int load_cmdline(struct vm *vm, uint8_t *zp)
{
	size_t max = get(zp + ZP_CMDLINE_SIZE, 4), len = strlen(vm->o->append);

	if (len > max || len >= CMDLINE_MAX) {
		log_err("--append: longer than the kernel's %zu bytes", max);
		return -1;
	}
	memcpy(vm_mem(vm, CMDLINE_ADDR, len + 1), vm->o->append, len + 1);
	put(zp + ZP_CMDLINE, CMDLINE_ADDR, 4);
	return 0;
}

static void add_e820(uint8_t *zp, uint64_t start, uint64_t end, uint32_t type)
{
	uint8_t *p = zp + ZP_E820 + 20 * zp[ZP_E820_COUNT];

	if (end <= start)
		return;
	put(p, start, 8);
	put(p + 8, end - start, 8);
	put(p + 16, type, 4);
	zp[ZP_E820_COUNT]++;
}

/*
 * Where a PC's BIOS starts. Linux jumps there to reboot when the tables are
 * hardware-reduced and it was not started by EFI.
 */
static void write_reset_vector(struct vm *vm)
{
	const uint8_t code[] = {
		0xba, PM_RESET & 0xff, PM_RESET >> 8,	/* mov dx, PM_RESET */
		0xb0, PM_RESET_VALUE,			/* mov al, value */
		0xee,					/* out dx, al */
		0xf4,					/* hlt */
		0xeb, 0xfd,				/* jmp to the hlt */
	};

	memcpy(vm_mem(vm, RESET_VECTOR, sizeof(code)), code, sizeof(code));
}

int boot_load(struct vm *vm, uint64_t *rip, uint64_t *rsi)
{
	uint8_t *zp = vm_mem(vm, ZERO_PAGE, 4096);
	struct layout l;
	uint64_t rsdp;

	if (load_kernel(vm, zp, &l) || load_initrd(vm, zp, &l) || load_cmdline(vm, zp))
		return -1;
	write_reset_vector(vm);
	rsdp = acpi_build(vm);
	if (!rsdp)
		return -1;
	zp[ZP_LOADER] = 0xff;		/* a loader without a number */
	put(zp + ZP_RSDP, rsdp, 8);
	add_e820(zp, 0, LEGACY_HOLE, E820_RAM);
	add_e820(zp, LEGACY_HOLE, HIGH_START, E820_RESERVED);
	add_e820(zp, HIGH_START, vm->ram_low, E820_RAM);
	add_e820(zp, MEM_HOLE_END, MEM_HOLE_END + vm->ram_high, E820_RAM);
	*rip = l.entry;
	*rsi = ZERO_PAGE;
	return 0;
}

/* Identity map of 4 GiB in 2 MiB pages. */
static void build_page_tables(struct vm *vm)
{
	uint64_t *t = vm_mem(vm, PAGE_TABLES, 6 * 4096);
	const uint64_t present = 0x3, large = 0x80;

	memset(t, 0, 6 * 4096);
	t[0] = (PAGE_TABLES + 4096) | present;
	for (unsigned int i = 0; i < 4; i++)
		t[512 + i] = (PAGE_TABLES + 4096 * (2 + i)) | present;
	for (uint64_t i = 0; i < 4 * 512; i++)
		t[1024 + i] = i << 21 | present | large;
}

static struct kvm_segment flat_segment(uint16_t selector, uint8_t type, bool code)
{
	return (struct kvm_segment){
		.base = 0, .limit = 0xffffffff, .selector = selector, .type = type,
		.present = 1, .s = 1, .g = 1, .l = code, .db = !code,
	};
}

/* The boot protocol wants __BOOT_CS = 0x10 and __BOOT_DS = 0x18. */
static void long_mode(struct vm *vm, struct kvm_sregs *s)
{
	uint64_t *gdt = vm_mem(vm, GDT_ADDR, 32);

	gdt[0] = gdt[1] = 0;
	gdt[2] = 0x00af9b000000ffffull;
	gdt[3] = 0x00cf93000000ffffull;
	s->gdt.base = GDT_ADDR;
	s->gdt.limit = 31;
	s->idt.limit = 0;
	s->cs = flat_segment(0x10, 0xb, true);
	s->ds = s->es = s->fs = s->gs = s->ss = flat_segment(0x18, 0x3, false);
	s->cr3 = PAGE_TABLES;
	s->cr4 |= 0x20;			/* PAE */
	s->cr0 = 0x80000031;		/* PG, NE, ET, PE */
	s->efer |= 0x500;		/* LME, LMA */
}

int boot_cpu(struct vcpu *v, uint64_t rip, uint64_t rsi)
{
	struct kvm_regs regs = { .rip = rip, .rsi = rsi, .rflags = 2 };
	struct kvm_sregs s;

	build_page_tables(v->vm);
	if (ioctl(v->fd, KVM_GET_SREGS, &s) < 0)
		return -1;
	long_mode(v->vm, &s);
	if (ioctl(v->fd, KVM_SET_SREGS, &s) < 0 || ioctl(v->fd, KVM_SET_REGS, &regs) < 0) {
		log_err("KVM refuses the boot state: %s", strerror(errno));
		return -1;
	}
	return 0;
}
