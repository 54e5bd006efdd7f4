// SPDX-License-Identifier: GPL-2.0-only
/*
 * calls.c - what the guest asks for by its call socket. Each packet is copied,
 * checked (check.c), then used; a call that is not as it should be gets the
 * answer 1 where one is due, and a line.
 */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control/counters.h"
#include "loop/log.h"
#include "loop/poll.h"
#include "machine/process/process.h"

#define AT_ONCE		64	/* calls, then others have their turn */
#define REFUSED		1

static struct counter calls_hypercall = { .name = "calls.hypercall" };
static struct counter calls_signal = { .name = "calls.signal" };
static struct counter calls_eom = { .name = "calls.eom" };
static struct counter calls_other = { .name = "calls.other" };
static struct counter calls_bad = { .name = "calls.bad" };

void calls_init(void)
{
	counter_register(&calls_hypercall);
	counter_register(&calls_signal);
	counter_register(&calls_eom);
	counter_register(&calls_other);
	counter_register(&calls_bad);
}

static void answer(struct process *p, const struct process_call *c, uint64_t result)
{
	struct process_answer a = { .result = result, .op = c->op, .vp = c->vp };

	if (p->calls >= 0 && send(p->calls, &a, sizeof(a), MSG_DONTWAIT | MSG_NOSIGNAL) != sizeof(a))
		log_guest("does not take the answer to its call %u: %s", c->op, strerror(errno));
}

static uint64_t hello(struct process *p, const struct process_call *c, int fd)
{
	if (fd < 0) {
		log_guest("says hello without the descriptor of its memory");
		return REFUSED;
	}
	if (c->c != p->vm.cpus) {
		log_err("the guest's kernel has %llu of %u processors: --cpus takes one that is built with SMP, and for as many",
			(unsigned long long)c->c, p->vm.cpus);
		return REFUSED;
	}
	if (memory_is(p, fd)) {
		process_forget(p);
	} else if (p->vm.ram_low) {
		process_guest_again(p);
		if (p->vm.o->no_reboot)
			return REFUSED;
	}
	return memory_map(p, fd, c->a) ? REFUSED : 0;
}

static uint64_t set_register(struct process *p, uint64_t reg, uint64_t value)
{
	if (reg == PROCESS_CRASH_CTL) {
		if (value & PROCESS_CRASH_NOTIFY)
			process_guest_crashed(p);
		return 0;
	}
	if (reg < PROCESS_CRASH_P0 || reg - PROCESS_CRASH_P0 >= CRASH_WORDS)
		return REFUSED;
	p->vm.crash[reg - PROCESS_CRASH_P0] = value;
	return 0;
}

static void serve(struct process *p, const struct process_call *c, int fd)
{
	struct vm *vm = &p->vm;

	switch (c->op) {
	case PROCESS_HELLO:
		counter_add(&calls_other, 1);
		answer(p, c, hello(p, c, fd));
		break;
	case PROCESS_HYPERCALL:
		counter_add(&calls_hypercall, 1);
		answer(p, c, hcall_call(vm, c->a, c->b));
		break;
	case PROCESS_SIGNAL:
		counter_add(&calls_signal, 1);
		hcall_call(vm, c->a, c->b);
		break;
	case PROCESS_SYNIC:
		counter_add(&calls_other, 1);
		synic_set_pages(vm, c->vp, c->a, c->b, c->c);
		answer(p, c, 0);
		break;
	case PROCESS_EOM:
		counter_add(&calls_eom, 1);
		synic_ack(vm, c->vp);
		break;
	case PROCESS_REGISTER:
		counter_add(&calls_other, 1);
		answer(p, c, set_register(p, c->a, c->b));
		break;
	case PROCESS_TIME:
		counter_add(&calls_other, 1);
		answer(p, c, vm_reference_time(vm));
		break;
	}
}

/* There is room for one descriptor: the kernel drops what a guest sends beside it. */
static int descriptor_of(struct msghdr *msg)
{
	struct cmsghdr *h = CMSG_FIRSTHDR(msg);
	int fd = -1;

	if (h && h->cmsg_level == SOL_SOCKET && h->cmsg_type == SCM_RIGHTS &&
	    h->cmsg_len == CMSG_LEN(sizeof(fd)))
		memcpy(&fd, CMSG_DATA(h), sizeof(fd));
	return fd;
}

/* False: nothing waits. */
static bool take_call(struct process *p)
{
	struct process_call c = { 0 };
	struct iovec iov = { .iov_base = &c, .iov_len = sizeof(c) };
	union {
		struct cmsghdr h;
		char room[CMSG_SPACE(sizeof(int))];
	} ctl;
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &ctl, .msg_controllen = CMSG_LEN(sizeof(int)),
	};
	const char *why = "a packet of another size";
	ssize_t n;
	int fd;

	n = recvmsg(p->calls, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (n < 0 && errno == EINTR)
		return true;
	if (n < 0 && errno == EAGAIN)
		return false;
	if (n <= 0 && !(n == 0 && msg.msg_controllen)) {
		calls_close(p);		/* the guest has closed its end: its end is near, or it is mad */
		return false;
	}
	fd = descriptor_of(&msg);
	if (n == sizeof(c) && !(msg.msg_flags & MSG_TRUNC))
		why = process_call_check(&c, p->vm.cpus);
	if (!why) {
		serve(p, &c, fd);
	} else {
		counter_add(&calls_bad, 1);
		log_guest("call %u of processor %u: %s", c.op, c.vp, why);
		if (process_call_answered(&c))
			answer(p, &c, REFUSED);
	}
	if (fd >= 0)
		close(fd);
	return p->calls >= 0;
}

static void on_calls(void *ctx, uint32_t events)
{
	struct process *p = ctx;

	for (unsigned int i = 0; i < AT_ONCE && take_call(p); i++)
		;
}

int calls_watch(struct process *p)
{
	return poll_add(p->calls, EPOLLIN, on_calls, p);
}

void calls_drain(struct process *p)
{
	while (p->calls >= 0 && take_call(p))
		;
}

void calls_close(struct process *p)
{
	if (p->calls < 0)
		return;
	poll_del(p->calls);
	close(p->calls);
	p->calls = -1;
}
