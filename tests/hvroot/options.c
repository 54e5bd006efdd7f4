// SPDX-License-Identifier: GPL-2.0-only
/* options.c - the command line: one table, from which --help comes too. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "loop/log.h"
#include "machine/vmm.h"
#include "machine/machine.h"
#include "machine/machine_run.h"
#include "manner.h"
#include "options.h"

#define MEMORY_MIN	(64ull << 20)

struct option_row {
	const char *name;
	const char *arg;	/* NULL = a switch */
	const char *help;	/* lines after the first are indented alike */
	int (*set)(struct machine_options *o, const char *name, const char *arg);
};

static int bad(const char *name, const char *arg, const char *want)
{
	log_err("--%s %s: %s (see --help)", name, arg, want);
	return -1;
}

static int number(const char *name, const char *arg, unsigned long long min,
		  unsigned long long max, unsigned int *value)
{
	unsigned long long v;
	char want[64], *end;

	errno = 0;
	v = strtoull(arg, &end, 0);
	if (!errno && end != arg && !*end && *arg != '-' && v >= min && v <= max) {
		*value = v;
		return 0;
	}
	snprintf(want, sizeof(want), "want a number from %llu to %llu", min, max);
	return bad(name, arg, want);
}

static int readable(const char *name, const char *arg)
{
	if (!access(arg, R_OK))
		return 0;
	log_err("--%s %s: %s", name, arg, strerror(errno));
	return -1;
}

static int set_machine(struct machine_options *o, const char *name, const char *arg)
{
	o->machine = machine_find(arg);
	return o->machine ? 0 : bad(name, arg, "want kvm or process");
}

static int set_kernel(struct machine_options *o, const char *name, const char *arg)
{
	o->kernel = arg;
	return readable(name, arg);
}

static int set_initrd(struct machine_options *o, const char *name, const char *arg)
{
	o->initrd = arg;
	return readable(name, arg);
}

static int set_append(struct machine_options *o, const char *name, const char *arg)
{
	o->append = arg;
	return 0;
}

static int set_cpus(struct machine_options *o, const char *name, const char *arg)
{
	return number(name, arg, 1, MACHINE_CPUS_MAX, &o->cpus);
}

static int set_memory(struct machine_options *o, const char *name, const char *arg)
{
	unsigned long long v;
	char *end;

	v = strtoull(arg, &end, 10);
	if (*end == 'G' || *end == 'g')
		v <<= 30;
	else if (!*end || *end == 'M' || *end == 'm')
		v <<= 20;
	if (end == arg || (*end && end[1]) || !strchr("MmGg", *end) ||
	    v < MEMORY_MIN || v > MEM_MAX)
		return bad(name, arg, "want megabytes, or a size as 512M or 2G, 64M to 56G");
	o->memory = v & ~0x1fffffull;
	return 0;
}

static int set_numa(struct machine_options *o, const char *name, const char *arg)
{
	return number(name, arg, 1, 8, &o->numa);
}

static int add_disk(struct machine_options *o, const char *name, const char *arg)
{
	if (o->ndisks == MACHINE_DISKS_MAX)
		return bad(name, arg, "too many disks");
	o->disks[o->ndisks++] = (struct disk_option){ !strcmp(name, "ide"), arg };
	return 0;
}

static int add_nic(struct machine_options *o, const char *name, const char *arg)
{
	if (o->nnics == MACHINE_NICS_MAX)
		return bad(name, arg, "too many network devices");
	o->nics[o->nnics++] = arg;
	return 0;
}

static int set_subchannels(struct machine_options *o, const char *name, const char *arg)
{
	return number(name, arg, 0, MACHINE_CPUS_MAX - 1, &o->subchannels);
}

static int set_version(struct machine_options *o, const char *name, const char *arg)
{
	unsigned int major, minor;
	char rest;

	if (sscanf(arg, "%u.%u%c", &major, &minor, &rest) != 2 || major > 255 || minor > 255)
		return bad(name, arg, "want MAJOR.MINOR, as 5.3");
	if (major > 6 || (major == 6 && minor))
		return bad(name, arg, "the newest version is 6.0");
	o->vmbus_version = major << 16 | minor;
	return 0;
}

static int set_offers(struct machine_options *o, const char *name, const char *arg)
{
	o->offers = arg;
	return 0;
}

static int add_ic(struct machine_options *o, const char *name, const char *arg)
{
	if (o->nic_specs == MACHINE_ICS_MAX)
		return bad(name, arg, "too many of them");
	o->ic_specs[o->nic_specs++] = arg;
	return 0;
}

static int set_io(struct machine_options *o, const char *name, const char *arg)
{
	o->io = arg;
	if (strcmp(arg, "uring") && strcmp(arg, "threads"))
		return bad(name, arg, "want uring or threads");
	return 0;
}

static int set_control(struct machine_options *o, const char *name, const char *arg)
{
	o->control = arg;
	return 0;
}

static int set_trace(struct machine_options *o, const char *name, const char *arg)
{
	o->trace = arg;
	return 0;
}

static int set_record(struct machine_options *o, const char *name, const char *arg)
{
	o->record = arg;
	return 0;
}

static int set_replay(struct machine_options *o, const char *name, const char *arg)
{
	o->replay = arg;
	return readable(name, arg);
}

static int set_trace_level(struct machine_options *o, const char *name, const char *arg)
{
	return number(name, arg, 1, 2, &o->trace_level);
}

static int set_console(struct machine_options *o, const char *name, const char *arg)
{
	o->console = arg;
	return 0;
}

static int set_agent(struct machine_options *o, const char *name, const char *arg)
{
	o->agent = arg;
	return 0;
}

static int set_acpi(struct machine_options *o, const char *name, const char *arg)
{
	o->gen1 = !strcmp(arg, "gen1");
	if (!o->gen1 && strcmp(arg, "gen2"))
		return bad(name, arg, "want gen1 or gen2");
	return 0;
}

static int set_mask(struct machine_options *o, const char *name, const char *arg)
{
	o->cpu_mask = arg;
	return 0;
}

static int set_auto_eoi(struct machine_options *o, const char *name, const char *arg)
{
	o->auto_eoi = true;
	return 0;
}

static int set_timer(struct machine_options *o, const char *name, const char *arg)
{
	o->no_stimer = !strcmp(arg, "apic");
	if (!o->no_stimer && strcmp(arg, "synthetic"))
		return bad(name, arg, "want synthetic or apic");
	return 0;
}

static int add_manners(struct machine_options *o, const char *name, const char *arg)
{
	struct manner_problem why;

	if (!strcmp(arg, "help")) {
		manners_help();
		exit(0);
	}
	if (!manners_parse(arg, false, &o->manners, &why))
		return 0;
	log_err("--%s: %s", name, why.text);
	return -1;
}

static int set_on_crash(struct machine_options *o, const char *name, const char *arg)
{
	o->crash_goes_on = !strcmp(arg, "continue");
	if (!o->crash_goes_on && strcmp(arg, "exit"))
		return bad(name, arg, "want exit or continue");
	return 0;
}

static int set_hibernation(struct machine_options *o, const char *name, const char *arg)
{
	o->hibernation = true;
	return 0;
}

static int set_no_reboot(struct machine_options *o, const char *name, const char *arg)
{
	o->no_reboot = true;
	return 0;
}

static int set_paused(struct machine_options *o, const char *name, const char *arg)
{
	o->paused = true;
	return 0;
}

static const struct option_row rows[] = {
	{ "machine", "kvm|process", "a virtual machine by KVM, or User Mode Linux as a process: no KVM,\n"
		"starts in a second, one processor (default kvm)", set_machine },
	{ "kernel", "FILE", "bzImage, or vmlinux (ELF: starts faster); for process the program linux", set_kernel },
	{ "initrd", "FILE", "initial RAM disk", set_initrd },
	{ "append", "TEXT", "kernel command line (default: console=ttyS0 pci=noearly, for process\n"
		"console=ttyS0 nohz=off; without pci=noearly a guest looks a second for PCI\n"
		"bridges, without nohz=off User Mode Linux may sleep over an interrupt)", set_append },
	{ "cpus", "N", "virtual processors (default 1)", set_cpus },
	{ "memory", "SIZE", "as 512M or 2G (default 512M)", set_memory },
	{ "numa", "N", "split processors and memory into N nodes", set_numa },
	{ "disk", "SPEC", "a SCSI disk, may be repeated:\n"
		"file=PATH[,lun=N][,controller=N][,ro][,fc], or sg=/dev/sgN to pass one through;\n"
		"fc: on a virtual Fibre Channel adapter", add_disk },
	{ "ide", "SPEC", "a disk on the IDE controller: file=PATH[,lun=N][,controller=N][,ro]", add_disk },
	{ "nic", "SPEC", "a network device: tap=NAME[,mac=..][,queues=N][,mtu=N][,vlan=N]\n"
	  "[,speed=MBIT][,nvsp=VERSION][,link=up|down][,off=csum+lso+rsc+rss+v6opt]", add_nic },
	{ "subchannels", "N", "sub-channels a SCSI controller offers (default 0)", set_subchannels },
	{ "vmbus-version", "X.Y", "newest VMBus version to accept (default: all)", set_version },
	{ "offers", "LIST", "devices besides the disks, comma-separated, or none, or all", set_offers },
	{ "ic", "SPEC", "versions that an integration service negotiates, may be repeated:\n"
	  "NAME=VERSIONS[,framework=VERSIONS], as kvp=3.0+4.0,framework=3.0 (NAME of shutdown,\n"
	  "timesync, heartbeat, kvp, vss, fcopy), or framework=VERSIONS for all of them", add_ic },
	{ "io", "KIND", "disk files by: uring or threads", set_io },
	{ "control", "SOCKET", "listen for commands: hvroot ctl SOCKET help", set_control },
	{ "trace", "FILE", "write each VMBus message, one a line", set_trace },
	{ "trace-level", "N", "2 traces hypercalls, interrupts and strange ports too", set_trace_level },
	{ "record", "FILE", "write down what the guest asks and what it is told, to be said again", set_record },
	{ "replay", "FILE", "say what a session of --record has, in the place of answers to the same questions", set_replay },
	{ "console", "FILE", "write ttyS0 to FILE (default: stdin and stdout, Ctrl-A x quits)", set_console },
	{ "agent", "SOCKET", "listen on SOCKET for a client of ttyS1", set_agent },
	{ "acpi", "gen1|gen2", "legacy PC or hardware-reduced tables (default gen2)", set_acpi },
	{ "cpu-mask", "LIST", "features to hide: avx,xsave,x2apic,invtsc,la57,smap, or none\n"
		"(default auto: xsave where the processor is QEMU's software)", set_mask },
	{ "auto-eoi", NULL, "clear the hint that tells the guest not to use AutoEOI", set_auto_eoi },
	{ "timer", "synthetic|apic", "the guest's clock events (default synthetic; Linux's own hv_vmbus\n"
		"takes these away when it is unloaded, so unload it with apic only)", set_timer },
	{ "manner", "LIST", "behave as hosts do that there are, comma-separated, or help; see below", add_manners },
	{ "on-crash", "exit|continue", "after the guest's crash report: end 2 s later, or let it\n"
		"run on, into a kdump kernel say (default exit)", set_on_crash },
	{ "hibernation", NULL, "the firmware says that the guest may hibernate", set_hibernation },
	{ "no-reboot", NULL, "a reset of the guest ends hvroot", set_no_reboot },
	{ "paused", NULL, "start nothing until the command `resume`", set_paused },
};

#define NROWS	(sizeof(rows) / sizeof(rows[0]))

static bool given[NROWS];

static void print_row(const struct option_row *r)
{
	bool not_process = machine_refuses(machine_find("process"), r->name);
	const char *p = r->help;
	char left[64];

	snprintf(left, sizeof(left), "--%s%s%s", r->name, r->arg ? " " : "", r->arg ? r->arg : "");
	while (p) {
		size_t n = strcspn(p, "\n");

		printf("  %-26s %.*s%s\n", p == r->help ? left : "", (int)n, p,
		       not_process && !p[n] ? "; not for process" : "");
		p = p[n] ? p + n + 1 : NULL;
	}
}

static void help(void)
{
	puts("hvroot - a Hyper-V root partition in user space: boots Linux as a Hyper-V guest\n"
	     "on KVM, or as a process (User Mode Linux), and serves it VMBus devices.\n\n"
	     "usage: hvroot --kernel FILE [OPTION...]\n"
	     "       hvroot ctl SOCKET COMMAND [WORD...]    talk to a running one\n");
	for (unsigned int i = 0; i < NROWS; i++)
		print_row(&rows[i]);
	puts("  --help");
	manners_help();
	puts("\nexit status:\n"
	     "  0  the guest powered off, or hvroot was told to quit\n"
	     "  1  hvroot, KVM or the kernel's program could not go on\n"
	     "  2  wrong option, missing file\n"
	     "  3  the guest reported a crash (its P0 to P4 are printed), or its process died\n"
	     "  4  the guest reset the machine, with --no-reboot\n\n"
	     "--machine kvm needs a /dev/kvm with KVM_CAP_HYPERV_SYNIC2; scripts/lab makes one on any\n"
	     "machine. --machine process needs nothing but the program, and root for a TAP.");
}

static const struct option_row *find_row(const char *word, size_t n)
{
	for (unsigned int i = 0; i < NROWS; i++)
		if (strlen(rows[i].name) == n && !strncmp(rows[i].name, word, n))
			return &rows[i];
	return NULL;
}

/* One option at argv[*i], as "--name value" or "--name=value". */
static int parse_one(struct machine_options *o, int argc, char **argv, int *i)
{
	const char *word = argv[*i], *arg = NULL;
	const struct option_row *r = NULL;
	size_t n;

	if (!strncmp(word, "--", 2)) {
		n = strcspn(word + 2, "=");
		r = find_row(word + 2, n);
		if (word[2 + n])
			arg = word + 2 + n + 1;
	}
	if (!r) {
		log_err("unknown option %s (see --help)", word);
		return -1;
	}
	if (r->arg && !arg)
		arg = ++*i < argc ? argv[*i] : NULL;
	if (!r->arg != !arg) {
		log_err("--%s %s", r->name, arg ? "takes no value" : "needs a value");
		return -1;
	}
	given[r - rows] = true;
	return r->set(o, r->name, arg);
}

/* All options are known: does this machine have them? */
static int check_machine(struct machine_options *o)
{
	for (unsigned int i = 0; i < NROWS; i++) {
		if (given[i] && machine_refuses(o->machine, rows[i].name)) {
			log_err("--%s: not with --machine %s", rows[i].name, machine_name(o->machine));
			return -1;
		}
	}
	return machine_check(o);
}

static bool same_file(const char *a, const char *b)
{
	struct stat one, other;

	return !stat(a, &one) && !stat(b, &other) && one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

int options_parse(struct machine_options *o, int argc, char **argv)
{
	*o = (struct machine_options){
		.machine = machine_find("kvm"), .cpus = 1, .numa = 1, .memory = 512ull << 20,
		.cpu_mask = "auto", .trace_level = 1, .manners = { .bits = manners_usual() },
	};
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
			help();
			return 1;
		}
		if (parse_one(o, argc, argv, &i))
			return -1;
	}
	if (!o->kernel) {
		log_err("--kernel is needed (see --help)");
		return -1;
	}
	if (o->numa > o->cpus) {
		log_err("--numa %u: more nodes than processors", o->numa);
		return -1;
	}
	if (o->record && o->replay && same_file(o->record, o->replay)) {
		log_err("--record %s: --replay reads it", o->record);
		return -1;
	}
	return check_machine(o);
}
