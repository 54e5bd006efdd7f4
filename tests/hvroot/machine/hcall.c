// SPDX-License-Identifier: GPL-2.0-only
/*
 * hcall.c - post message and signal event, the hypercalls that VMBus needs.
 *
 * The processor that posts gets its status at once; the message itself is
 * copied to a queue that the loop thread drains. Signals reach the loop by an
 * eventfd, which a machine may write without asking us (KVM does).
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "control/counters.h"
#include "loop/log.h"
#include "loop/poll.h"
#include "machine/hcall.h"
#include "machine/vmm.h"

#define CALL_POST_MESSAGE	0x5c
#define CALL_SIGNAL_EVENT	0x5d
#define CONTROL_CODE		0xffffull
#define CONTROL_FAST		(1ull << 16)
#define POST_INPUT_BYTES	256
#define POST_PAYLOAD_MAX	240
#define CONN_ID_MASK		0xffffffu
#define ALLOWED_MAX		16
#define QUEUE_MAX		1024

/* The guest's post-message input. */
struct post_input {
	uint32_t conn_id;
	uint32_t reserved;
	uint32_t type;
	uint32_t size;
	uint8_t payload[POST_PAYLOAD_MAX];
};
_Static_assert(sizeof(struct post_input) == POST_INPUT_BYTES, "post-message input");

struct post {
	struct post *next;
	struct post_input in;
};

struct event {
	struct event *next;
	struct vm *vm;
	uint32_t conn_id;
	int fd;
	uint64_t count;
	void (*fn)(void *ctx);
	void *ctx;
};

struct hcall {
	pthread_mutex_t lock;	/* protects: all below but fn and ctx */
	struct post *head, **tail;
	unsigned int queued;
	uint32_t allowed[ALLOWED_MAX];
	unsigned int nallowed;
	struct hcall_refusal refuse;
	struct event *events;	/* changed by the loop thread only */
	hcall_msg_fn fn;
	void *ctx;
};

/* ---- post message ---- */

/* Empties the queue that the processors fill; the list is the caller's. */
static struct post *take_posts(struct hcall *h)
{
	struct post *p;

	pthread_mutex_lock(&h->lock);
	p = h->head;
	h->head = NULL;
	h->tail = &h->head;
	h->queued = 0;
	pthread_mutex_unlock(&h->lock);
	return p;
}

static void drain(void *ctx)
{
	struct vm *vm = ctx;
	struct hcall *h = vm->hcall;
	struct post *p, *next;

	p = take_posts(h);
	for (; p; p = next) {
		next = p->next;
		counter_add(&counter_messages_in, 1);
		if (h->fn)
			h->fn(h->ctx, p->in.conn_id, p->in.type, p->in.payload, p->in.size);
		free(p);
	}
}

static bool is_allowed(const struct hcall *h, uint32_t conn_id)
{
	for (unsigned int i = 0; i < h->nallowed; i++)
		if (h->allowed[i] == conn_id)
			return true;
	return false;
}

/* The status that a post gets by command; OK if it is none of those. */
static uint16_t refusal(struct hcall_refusal *r, const struct post *p)
{
	uint32_t first;

	memcpy(&first, p->in.payload, sizeof(first));
	if (r->word && first != r->word)
		return HV_STATUS_OK;
	if (!r->count)
		return r->then;
	r->count--;
	return r->status;
}

/* Takes @p over when the status is 0. */
static uint16_t enqueue(struct vm *vm, struct post *p)
{
	struct hcall *h = vm->hcall;
	bool first = false;
	uint16_t status;

	pthread_mutex_lock(&h->lock);
	status = refusal(&h->refuse, p);
	if (!is_allowed(h, p->in.conn_id)) {
		status = HV_STATUS_INVALID_CONNECTION;
	} else if (status) {
		;
	} else if (h->queued == QUEUE_MAX) {
		status = HV_STATUS_NO_BUFFERS;
	} else {
		first = !h->queued++;
		*h->tail = p;
		h->tail = &p->next;
	}
	pthread_mutex_unlock(&h->lock);
	if (first)
		poll_call(drain, vm);
	return status;
}

static uint16_t post_message(struct vm *vm, uint64_t control, uint64_t gpa)
{
	struct post *p;
	uint16_t status;
	void *in;

	if (control & CONTROL_FAST)
		return HV_STATUS_INVALID_CODE;
	if (gpa % 8 || gpa % 4096 > 4096 - POST_INPUT_BYTES)
		return HV_STATUS_INVALID_ALIGNMENT;
	in = vm_mem(vm, gpa, POST_INPUT_BYTES);
	if (!in)
		return HV_STATUS_INVALID_PARAMETER;
	p = malloc(sizeof(*p));
	if (!p)
		return HV_STATUS_NO_MEMORY;
	p->next = NULL;
	memcpy(&p->in, in, sizeof(p->in));
	p->in.conn_id &= CONN_ID_MASK;
	status = p->in.size > POST_PAYLOAD_MAX ? HV_STATUS_INVALID_INPUT : enqueue(vm, p);
	if (status != HV_STATUS_OK) {
		trace("POST_REFUSED", "connection %u type %u size %u status %#x",
		      p->in.conn_id, p->in.type, p->in.size, status);
		free(p);
	}
	return status;
}

/* ---- signal event ---- */

static struct event *find_event(struct hcall *h, uint32_t conn_id)
{
	for (struct event *e = h->events; e; e = e->next)
		if (e->conn_id == conn_id)
			return e;
	return NULL;
}

/* Here come the signals that the machine did not take; with KVM unknown ids and flags other than 0. */
static uint16_t signal_event(struct vm *vm, uint64_t param)
{
	struct hcall *h = vm->hcall;
	uint16_t flag = param >> 32, status = HV_STATUS_OK;
	struct event *e;

	if (param & 0xffff0000ff000000ull)
		return HV_STATUS_INVALID_INPUT;
	pthread_mutex_lock(&h->lock);
	e = find_event(h, param & CONN_ID_MASK);
	if (!e)
		status = HV_STATUS_INVALID_CONNECTION;
	else if (flag)
		status = HV_STATUS_INVALID_PARAMETER;
	else
		eventfd_write(e->fd, 1);
	pthread_mutex_unlock(&h->lock);
	if (status != HV_STATUS_OK)
		trace("SIGNAL_REFUSED", "connection %llu flag %u status %#x",
		      (unsigned long long)(param & CONN_ID_MASK), flag, status);
	return status;
}

uint64_t hcall_call(struct vm *vm, uint64_t control, uint64_t input)
{
	uint16_t status = HV_STATUS_INVALID_CODE;

	switch (control & CONTROL_CODE) {
	case CALL_POST_MESSAGE:
		status = post_message(vm, control, input);
		break;
	case CALL_SIGNAL_EVENT:
		status = signal_event(vm, input);
		break;
	}
	if (trace_verbose())
		trace("HYPERCALL", "control %#llx input %#llx result %#x",
		      (unsigned long long)control, (unsigned long long)input, status);
	return status;
}

static void on_signal(void *ctx, uint32_t events)
{
	struct event *e = ctx;
	eventfd_t n = 0;

	eventfd_read(e->fd, &n);
	e->count += n;
	counter_add(&counter_signals, n);
	if (trace_verbose())
		trace("SIGNAL", "connection %u, %llu at once", e->conn_id, (unsigned long long)n);
	e->fn(e->ctx);		/* may delete e */
}

static int tell_machine(struct event *e, bool on)
{
	const struct machine_ops *ops = e->vm->ops;

	return ops->signal_fd ? ops->signal_fd(e->vm, e->conn_id, e->fd, on) : 0;
}

int hcall_event_add(struct vm *vm, uint32_t conn_id, void (*fn)(void *ctx), void *ctx)
{
	struct hcall *h = vm->hcall;
	struct event *e = calloc(1, sizeof(*e));
	int ret;

	if (!e)
		return -ENOMEM;
	*e = (struct event){ .vm = vm, .conn_id = conn_id, .fn = fn, .ctx = ctx };
	e->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (e->fd < 0) {
		ret = -errno;
		goto free;
	}
	ret = poll_add(e->fd, EPOLLIN, on_signal, e);
	if (ret)
		goto close;
	ret = tell_machine(e, true);
	if (ret)
		goto unwatch;
	pthread_mutex_lock(&h->lock);
	e->next = h->events;
	h->events = e;
	pthread_mutex_unlock(&h->lock);
	return 0;
unwatch:
	poll_del(e->fd);
close:
	close(e->fd);
free:
	free(e);
	return ret;
}

void hcall_event_del(struct vm *vm, uint32_t conn_id)
{
	struct hcall *h = vm->hcall;
	struct event *e = find_event(h, conn_id), **p = &h->events;

	if (!e)
		return;
	pthread_mutex_lock(&h->lock);
	while (*p != e)
		p = &(*p)->next;
	*p = e->next;
	pthread_mutex_unlock(&h->lock);
	tell_machine(e, false);
	poll_del(e->fd);
	close(e->fd);
	free(e);
}

uint64_t hcall_event_count(struct vm *vm, uint32_t conn_id)
{
	struct event *e = find_event(vm->hcall, conn_id);

	return e ? e->count : 0;
}

/* ---- set-up ---- */

void hcall_on_message(struct vm *vm, hcall_msg_fn fn, void *ctx)
{
	vm->hcall->fn = fn;
	vm->hcall->ctx = ctx;
}

void hcall_allow(struct vm *vm, uint32_t conn_id, bool on)
{
	struct hcall *h = vm->hcall;
	unsigned int i = 0;

	pthread_mutex_lock(&h->lock);
	while (i < h->nallowed && h->allowed[i] != conn_id)
		i++;
	if (on && i == h->nallowed && i < ALLOWED_MAX)
		h->allowed[h->nallowed++] = conn_id;
	else if (!on && i < h->nallowed)
		h->allowed[i] = h->allowed[--h->nallowed];
	pthread_mutex_unlock(&h->lock);
}

void hcall_refuse(struct vm *vm, const struct hcall_refusal *r)
{
	pthread_mutex_lock(&vm->hcall->lock);
	vm->hcall->refuse = *r;
	pthread_mutex_unlock(&vm->hcall->lock);
}

void hcall_drop_all(struct vm *vm)
{
	struct hcall *h = vm->hcall;
	struct post *p, *next;

	while (h->events)
		hcall_event_del(vm, h->events->conn_id);
	p = take_posts(h);
	for (; p; p = next) {
		next = p->next;
		free(p);
	}
}

int hcall_init(struct vm *vm)
{
	struct hcall *h = calloc(1, sizeof(*h));

	if (!h) {
		log_err("out of memory");
		return -1;
	}
	h->tail = &h->head;
	pthread_mutex_init(&h->lock, NULL);
	vm->hcall = h;
	return 0;
}

void hcall_exit(struct vm *vm)
{
	if (!vm->hcall)
		return;
	hcall_drop_all(vm);
	pthread_mutex_destroy(&vm->hcall->lock);
	free(vm->hcall);
	vm->hcall = NULL;
}
