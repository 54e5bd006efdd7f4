// SPDX-License-Identifier: GPL-2.0-only
/*
 * machine.c - the life of the KVM machine: built, started, paused, reset, ended.
 */
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "control/control.h"
#include "loop/log.h"
#include "loop/poll.h"
#include "machine/chardev.h"
#include "machine/hcall.h"
#include "machine/kvm/pm.h"
#include "machine/kvm/uart.h"
#include "machine/kvm/kvm.h"
#include "machine/machine_run.h"
#include "machine/synic.h"
#include "options.h"

#define COM1		0x3f8
#define COM1_IRQ	4
#define COM2		0x2f8
#define COM2_IRQ	3

static struct machine {
	struct kvm_vm kvm;
	struct chardev *console, *agent;
	struct uart *uart[2];
	bool vmbus, paused, reset_asked;
} machine = { .kvm = { .kvm = -1, .fd = -1 } };

static int load_and_start(struct machine *m)
{
	struct vm *vm = &m->kvm.vm;
	uint64_t rip, rsi;

	if (boot_load(vm, &rip, &rsi) || boot_cpu(&to_kvm(vm)->vcpu[0], rip, rsi))
		return -1;
	if (m->paused)
		vcpus_ask_park(vm);
	else
		vcpus_go(vm);
	for (unsigned int i = 0; i < vm->cpus; i++)
		if (vcpu_start(&to_kvm(vm)->vcpu[i]))
			return -1;
	return 0;
}

/* ---- reset ---- */

static void reset_state(struct machine *m)
{
	struct vm *vm = &m->kvm.vm;

	vcpus_park(vm);
	vcpus_end(vm);
	hcall_drop_all(vm);
	if (m->vmbus)
		vmbus_reset(vm);
	synic_off(vm);
	vm_demolish(vm);
	uart_reset(m->uart[0]);
	uart_reset(m->uart[1]);
	madvise(vm->ram, vm->ram_low + vm->ram_high, MADV_DONTNEED);
	kvmstats_restart();
}

static void do_reset(void *ctx)
{
	struct machine *m = ctx;

	m->reset_asked = false;
	trace("MACHINE_RESET", "%s", "");
	reset_state(m);
	vcpus_go(&m->kvm.vm);	/* leaves the gate's exit state */
	if (vm_build(&m->kvm.vm) || load_and_start(m))
		machine_end(EXIT_TROUBLE);
}

static void ask_reset(struct machine *m)
{
	if (!m->reset_asked && timer_start(0, do_reset, m))
		m->reset_asked = true;
}

/* ---- events of the guest ---- */

static void on_off(void *ctx)
{
	trace("MACHINE_OFF", "%s", "");
	machine_end(EXIT_OFF);
}

static void on_reset(void *ctx)
{
	struct machine *m = ctx;

	if (m->kvm.vm.o->no_reboot)
		machine_end(EXIT_RESET);
	else
		ask_reset(m);
}

static void on_triple_fault(void *ctx)
{
	log_err("the guest made a triple fault: reset");
	on_reset(ctx);
}

static void on_failed(void *ctx)
{
	machine_end(EXIT_TROUBLE);
}

static void end_after_crash(void *ctx)
{
	machine_end(EXIT_CRASH);
}

static void on_crash(void *ctx)
{
	struct machine *m = ctx;

	machine_crash_report(&m->kvm.vm);
	if (!m->kvm.vm.o->crash_goes_on)
		timer_start(CRASH_GRACE_MS, end_after_crash, m);
}

void machine_event(struct vm *vm, enum machine_event ev)
{
	static void (*const handlers[])(void *) = {
		[MACHINE_OFF] = on_off,
		[MACHINE_RESET] = on_reset,
		[MACHINE_TRIPLE_FAULT] = on_triple_fault,
		[MACHINE_FAILED] = on_failed,
		[MACHINE_CRASHED] = on_crash,
	};

	if (ev != MACHINE_CRASHED)
		vcpus_ask_park(vm);
	poll_call(handlers[ev], &machine);
}

/* ---- commands ---- */

static int cmd_reset(struct reply *r, int argc, char **argv, void *ctx)
{
	ask_reset(ctx);
	return 0;
}

static int cmd_pause(struct reply *r, int argc, char **argv, void *ctx)
{
	struct machine *m = ctx;

	m->paused = true;
	vcpus_park(&m->kvm.vm);
	return 0;
}

static int cmd_resume(struct reply *r, int argc, char **argv, void *ctx)
{
	struct machine *m = ctx;

	m->paused = false;
	vcpus_go(&m->kvm.vm);
	return 0;
}

/* KVM holds a processor's lock as long as it runs the guest: its ioctls would block. */
static void halt_for_ioctl(struct machine *m)
{
	vcpus_park(&m->kvm.vm);
}

static void go_on(struct machine *m)
{
	if (!m->paused)
		vcpus_go(&m->kvm.vm);
}

static int cmd_nmi(struct reply *r, int argc, char **argv, void *ctx)
{
	struct machine *m = ctx;
	unsigned long long vp;
	int ret;

	if (control_num(r, argc, argv, "vp", 0, &vp))
		return -1;
	if (vp >= m->kvm.vm.cpus)
		return reply_error(r, "vp=%llu: the machine has %u", vp, m->kvm.vm.cpus);
	halt_for_ioctl(m);
	ret = ioctl(m->kvm.vcpu[vp].fd, KVM_NMI, 0);
	go_on(m);
	return ret < 0 ? reply_error(r, "KVM refuses the NMI") : 0;
}

static int cmd_regs(struct reply *r, int argc, char **argv, void *ctx)
{
	struct machine *m = ctx;

	halt_for_ioctl(m);
	regs_show(r, &m->kvm.vm);
	go_on(m);
	uart_show(m->uart[0], r);
	uart_show(m->uart[1], r);
	return 0;
}

static int cmd_sysrq(struct reply *r, int argc, char **argv, void *ctx)
{
	struct machine *m = ctx;

	if (argc != 2 || strlen(argv[1]) != 1)
		return reply_error(r, "sysrq KEY");
	return uart_sysrq(m->uart[0], argv[1][0]) ? 0 :
	       reply_error(r, "the console has input that the guest does not read");
}

static void register_commands(struct machine *m)
{
	control_register("reset", " reset the machine, as its reset button", cmd_reset, m);
	control_register("pause", " stop the processors", cmd_pause, m);
	control_register("resume", " let them run again", cmd_resume, m);
	control_register("nmi", "[vp=N]  inject a non-maskable interrupt", cmd_nmi, m);
	control_register("sysrq", "KEY  break and KEY on the console: 9 shows all, w and t list tasks", cmd_sysrq, m);
	control_register("regs", " where the processors are, what waits for them, the serial lines", cmd_regs, m);
}

/* ---- building ---- */

static int open_serial(struct machine *m, const struct machine_options *o)
{
	m->console = o->console ? chardev_file(o->console) : chardev_stdio();
	if (!m->console)
		return -1;
	if (o->agent) {
		m->agent = chardev_listen(o->agent);
		if (!m->agent)
			return -1;
	}
	m->uart[0] = uart_new(&m->kvm.vm, COM1, COM1_IRQ, m->console);
	m->uart[1] = uart_new(&m->kvm.vm, COM2, COM2_IRQ, m->agent);
	return m->uart[0] && m->uart[1] ? 0 : -1;
}

static int build(const struct machine_options *o)
{
	struct machine *m = &machine;
	struct vm *vm = &m->kvm.vm;

	vm->ops = &machine_kvm;
	vcpu_signal_init();
	if (vm_open(vm, o) || synic_init(vm) || hcall_init(vm) || vm_build(vm) ||
	    open_serial(m, o))
		return -1;
	pm_init(vm);
	kvmstats_init(vm);
	register_commands(m);
	if (vmbus_init(vm, o))
		return -1;
	m->vmbus = true;
	m->paused = o->paused;
	return load_and_start(m);
}

static void free_machine(void)
{
	struct machine *m = &machine;
	struct vm *vm = &m->kvm.vm;

	if (m->kvm.vcpu)
		vcpus_end(vm);
	if (m->vmbus)
		vmbus_exit(vm);
	if (vm->synic)
		vm_demolish(vm);
	hcall_exit(vm);
	synic_exit(vm);
	chardev_close(m->console);
	chardev_close(m->agent);
	uart_free(m->uart[0]);
	uart_free(m->uart[1]);
	vm_close(vm);
}

static int check(const struct machine_options *o)
{
	return cpuid_mask_check(o->cpu_mask);
}

const struct machine_ops machine_kvm = {
	.name = "kvm",
	.append = "console=ttyS0 pci=noearly",
	.cpus_max = MACHINE_CPUS_MAX,
	.check = check,
	.build = build,
	.free = free_machine,
	.frame_buffer = kvm_frame_buffer,
	.reference_time = kvm_reference_time,
	.signal_fd = kvm_signal_fd,
	.sint_raise = kvm_sint_raise,
	.sint_watch = kvm_sint_watch,
};
