// SPDX-License-Identifier: GPL-2.0-only
/* fakevm.c - the VMM's seam (vm.h, synic.h, hcall.h) over plain memory. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "fuzz.h"
#include "machine/hcall.h"
#include "machine/synic.h"
#include "machine/vm.h"

#define EVENTS_MAX	4096
#define ALLOWED_MAX	16

struct event {
	uint32_t conn_id;
	void (*fn)(void *ctx);
	void *ctx;
};

struct vm {
	uint8_t *ram;
	hcall_msg_fn fn;
	void *ctx;
	uint32_t allowed[ALLOWED_MAX];
	unsigned int nallowed;
	struct event events[EVENTS_MAX];
	unsigned int nevents;
};

static struct vm vm;

/* A promise of the seam is broken: that is a finding. */
static void broken(const char *what)
{
	fprintf(stderr, "fuzz: hvroot broke a rule: %s\n", what);
	abort();
}

struct vm *fake_vm(void)
{
	if (!vm.ram) {
		vm.ram = aligned_alloc(4096, FUZZ_RAM);
		memset(vm.ram, 0, FUZZ_RAM);
	}
	return &vm;
}

uint8_t *fake_ram(void)
{
	return vm.ram;
}

/* Whole pages of private memory read as zeros afterwards; much faster than memset(). */
void fake_ram_clear(void)
{
	madvise(vm.ram, FUZZ_RAM, MADV_DONTNEED);
}

void fake_vm_free(void)
{
	free(vm.ram);
}

void *vm_mem(struct vm *v, uint64_t gpa, uint64_t len)
{
	return gpa < FUZZ_RAM && len <= FUZZ_RAM - gpa ? v->ram + gpa : NULL;
}

int vm_frame_buffer(struct vm *v, uint64_t gpa, uint64_t size)
{
	return gpa % 4096 || !size || size > (64u << 20) ? -EINVAL : 0;
}

uint64_t vm_reference_time(struct vm *v)
{
	return 12345;
}

unsigned int vm_cpus(const struct vm *v)
{
	return FUZZ_VPS;
}

int synic_post(struct vm *v, uint32_t vp, unsigned int sint, uint32_t type,
	       const void *payload, size_t len)
{
	uint8_t copy[SYNIC_PAYLOAD_MAX];

	if (vp >= FUZZ_VPS || len > SYNIC_PAYLOAD_MAX)
		return -EINVAL;
	memcpy(copy, payload, len);	/* reads all that is promised */
	if (type == SYNIC_TYPE_VMBUS)
		guest_message(copy, len);
	return 0;
}

int synic_signal(struct vm *v, uint32_t vp, unsigned int sint, unsigned int flag)
{
	if (vp >= FUZZ_VPS || flag >= SYNIC_FLAGS)
		return -EINVAL;
	return 1;
}

void synic_reset(struct vm *v)
{
}

void hcall_on_message(struct vm *v, hcall_msg_fn fn, void *ctx)
{
	v->fn = fn;
	v->ctx = ctx;
}

static unsigned int find_allowed(const struct vm *v, uint32_t conn_id)
{
	unsigned int i = 0;

	while (i < v->nallowed && v->allowed[i] != conn_id)
		i++;
	return i;
}

void hcall_allow(struct vm *v, uint32_t conn_id, bool on)
{
	unsigned int i = find_allowed(v, conn_id);

	if (on && i == v->nallowed) {
		if (i == ALLOWED_MAX)
			broken("more than 16 open connections");
		v->allowed[v->nallowed++] = conn_id;
	} else if (!on && i < v->nallowed) {
		v->allowed[i] = v->allowed[--v->nallowed];
	}
}

void hcall_refuse(struct vm *v, const struct hcall_refusal *r)
{
}

static struct event *find_event(struct vm *v, uint32_t conn_id)
{
	for (unsigned int i = 0; i < v->nevents; i++)
		if (v->events[i].conn_id == conn_id)
			return &v->events[i];
	return NULL;
}

int hcall_event_add(struct vm *v, uint32_t conn_id, void (*fn)(void *ctx), void *ctx)
{
	if (conn_id & 0xff000000)
		return -EINVAL;
	if (find_event(v, conn_id))
		return -EEXIST;
	if (v->nevents == EVENTS_MAX)
		return -ENOMEM;
	v->events[v->nevents++] = (struct event){ conn_id, fn, ctx };
	return 0;
}

void hcall_event_del(struct vm *v, uint32_t conn_id)
{
	struct event *e = find_event(v, conn_id);

	if (e)
		*e = v->events[--v->nevents];
}

uint64_t hcall_event_count(struct vm *v, uint32_t conn_id)
{
	return 0;
}

bool fake_post(uint32_t conn, uint32_t type, const void *msg, size_t len)
{
	uint8_t *copy;

	if (find_allowed(&vm, conn) == vm.nallowed)
		return false;
	copy = malloc(len ? len : 1);	/* exact size, so that overruns show */
	memcpy(copy, msg, len);
	vm.fn(vm.ctx, conn, type, copy, len);
	free(copy);
	return true;
}

bool fake_signal(uint32_t conn)
{
	struct event *e = find_event(&vm, conn);

	if (e)
		e->fn(e->ctx);
	return e;
}

void synic_lie(struct vm *v, uint8_t size)
{
}
