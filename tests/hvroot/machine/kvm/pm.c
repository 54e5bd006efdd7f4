// SPDX-License-Identifier: GPL-2.0-only
/*
 * pm.c - the small PC parts: ACPI sleep, timer and reset registers, the
 * keyboard controller's reset line, the CMOS clock.
 *
 * The registers are plain bytes of which the last write wins, so races of
 * several processors need no lock.
 */
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "machine/kvm/iobus.h"
#include "machine/kvm/pm.h"
#include "machine/kvm/kvm.h"

#define PORT_KEYBOARD		0x64
#define KEYBOARD_PULSE_RESET	0xfe
#define PORT_CHIPSET_RESET	0xcf9
#define CHIPSET_RESET_CPU	0x04
#define PORT_CMOS		0x70
#define CMOS_BYTES		128
#define PM1_SCI_EN		0x0001
#define PM1_SLP_EN		0x2000
#define SLEEP_EN		0x20
#define PM_TIMER_HZ		3579545

static uint16_t pm1_enable;
static uint8_t cmos_index;
static uint8_t cmos[CMOS_BYTES];

static uint32_t pm_timer(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * PM_TIMER_HZ + ts.tv_nsec * PM_TIMER_HZ / 1000000000;
}

static bool is_off(unsigned int type)
{
	return type == PM_SLP_TYP_S5 || type == PM_SLP_TYP_S4;
}

static void pm_write(struct vm *vm, uint16_t port, uint32_t value)
{
	switch (port) {
	case PM_SLEEP_CONTROL:
		if ((value & SLEEP_EN) && is_off(value >> 2 & 7))
			machine_event(vm, MACHINE_OFF);
		break;
	case PM_RESET:
		if (value == PM_RESET_VALUE)
			machine_event(vm, MACHINE_RESET);
		break;
	case PM1_EVENT + 2:
		pm1_enable = value;
		break;
	case PM1_CONTROL:
		if ((value & PM1_SLP_EN) && is_off(value >> 10 & 7))
			machine_event(vm, MACHINE_OFF);
		break;
	}
}

static uint32_t pm_io(void *ctx, uint16_t port, bool write, unsigned int size, uint32_t value)
{
	if (write) {
		pm_write(ctx, port, value);
		return 0;
	}
	switch (port) {
	case PM1_EVENT + 2:
		return pm1_enable;
	case PM1_CONTROL:
		return PM1_SCI_EN;
	case PM_TIMER:
		return pm_timer();
	default:
		return 0;
	}
}

static uint32_t keyboard_io(void *ctx, uint16_t port, bool write, unsigned int size, uint32_t value)
{
	if (write && (uint8_t)value == KEYBOARD_PULSE_RESET)
		machine_event(ctx, MACHINE_RESET);
	return ~0u;
}

static uint32_t chipset_io(void *ctx, uint16_t port, bool write, unsigned int size, uint32_t value)
{
	if (write && size == 1 && (value & CHIPSET_RESET_CPU))
		machine_event(ctx, MACHINE_RESET);
	return ~0u;
}

static uint8_t bcd(int n)
{
	return n / 10 % 10 << 4 | n % 10;
}

/* The clock runs at the machine's UTC; alarms and writes to the time do nothing. */
static uint8_t cmos_read(uint8_t index)
{
	time_t now = time(NULL);
	struct tm tm;

	gmtime_r(&now, &tm);
	switch (index) {
	case 0x00: return bcd(tm.tm_sec);
	case 0x02: return bcd(tm.tm_min);
	case 0x04: return bcd(tm.tm_hour);
	case 0x06: return bcd(tm.tm_wday + 1);
	case 0x07: return bcd(tm.tm_mday);
	case 0x08: return bcd(tm.tm_mon + 1);
	case 0x09: return bcd(tm.tm_year % 100);
	case 0x0a: return 0x26;		/* 32 kHz, no update in progress */
	case 0x0b: return 0x02;		/* BCD, 24 hours */
	case 0x0c: return 0;		/* no interrupt */
	case 0x0d: return 0x80;		/* battery good */
	case 0x32: return bcd(tm.tm_year / 100 + 19);
	default: return cmos[index];
	}
}

static uint32_t cmos_io(void *ctx, uint16_t port, bool write, unsigned int size, uint32_t value)
{
	if (port == PORT_CMOS) {
		if (write)
			cmos_index = value % CMOS_BYTES;
		return ~0u;
	}
	if (write)
		cmos[cmos_index] = value;
	return cmos_read(cmos_index);
}

void pm_init(struct vm *vm)
{
	iobus_claim(PM_BASE, 16, pm_io, vm);
	iobus_claim(PORT_KEYBOARD, 1, keyboard_io, vm);
	iobus_claim(PORT_CHIPSET_RESET, 1, chipset_io, vm);
	iobus_claim(PORT_CMOS, 2, cmos_io, vm);
}
