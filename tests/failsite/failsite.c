// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fails allocations by call site: for the debug kernel, with the scenarios in
 * tests/scenarios/s_failalloc.py.
 *
 * Sits where failslab and fail_page_alloc decide, and before the allocator of
 * per-CPU memory. Each allocation is charged to the innermost call in one of the
 * watched modules that led to it, by module and offset, so a site stays the same
 * when a module is loaded again. What the kernel's own checks allocate on the
 * way is none. Once armed, the first site that has not failed before is chosen
 * and fails, the given number of times; every other goes on as usual.
 *
 *	/sys/kernel/debug/failsite/arm		N: choose a site, fail it N times; 0: none
 *	/sys/kernel/debug/failsite/current	the site that was chosen
 *	/sys/kernel/debug/failsite/sites	all seen while armed: failures, allocations, where
 */
#include <linux/debugfs.h>
#include <linux/gfp.h>
#include <linux/kallsyms.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/stacktrace.h>

#define SITES		1024
#define WATCHED		8
#define DEPTH		48

static char *modules = "hv_vmbus,hv_storvsc,hv_netvsc,hv_utils";
module_param(modules, charp, 0444);
MODULE_PARM_DESC(modules, "names of the modules to watch, with commas between");

/* Where a watched module lies, while it is loaded */
struct watched {
	char name[MODULE_NAME_LEN];
	unsigned long core, core_end, init, init_end;
};

struct site {
	struct watched *in;
	bool init;
	unsigned long offset;
	unsigned int seen, failed;
	char text[KSYM_SYMBOL_LEN];
};

/*
 * protects: all below. A probe's handler counts as an NMI, where lockdep accepts
 * no lock that is taken elsewhere too; nothing in here is probed, so no handler
 * comes while the lock is held.
 */
static arch_spinlock_t lock = __ARCH_SPIN_LOCK_UNLOCKED;
static struct watched watched[WATCHED];
static struct site sites[SITES];
static unsigned int nr_sites;
static struct site *target;
static unsigned int left;
static bool armed;

static bool is_watched(const char *name)
{
	size_t len = strlen(name);
	const char *at = modules;

	while (at) {
		if (!strncmp(at, name, len) && (!at[len] || at[len] == ','))
			return true;
		at = strchr(at, ',');
		at += !!at;
	}
	return false;
}

static struct watched *slot(const char *name)
{
	unsigned int i;

	for (i = 0; i < WATCHED; i++) {
		if (!strcmp(watched[i].name, name))
			return &watched[i];
	}
	for (i = 0; i < WATCHED; i++) {
		if (!watched[i].name[0]) {
			strscpy(watched[i].name, name, sizeof(watched[i].name));
			return &watched[i];
		}
	}
	return NULL;
}

static int on_module(struct notifier_block *nb, unsigned long event, void *data)
{
	struct module *mod = data;
	struct watched *w;
	unsigned long flags;

	if (!is_watched(mod->name))
		return NOTIFY_DONE;
	local_irq_save(flags);
	arch_spin_lock(&lock);
	w = slot(mod->name);
	if (w && event == MODULE_STATE_COMING) {
		w->core = (unsigned long)mod->core_layout.base;
		w->core_end = w->core + mod->core_layout.text_size;
		w->init = (unsigned long)mod->init_layout.base;
		w->init_end = w->init + mod->init_layout.text_size;
	} else if (w && event == MODULE_STATE_LIVE) {
		w->init = 0;
		w->init_end = 0;
	} else if (w && event == MODULE_STATE_GOING) {
		w->core = 0;
		w->core_end = 0;
	}
	arch_spin_unlock(&lock);
	local_irq_restore(flags);
	return NOTIFY_DONE;
}

/* Before those who run code of the module, as KUnit does */
static struct notifier_block module_block = { .notifier_call = on_module, .priority = INT_MAX };

static struct site *site_at(struct watched *w, bool init, unsigned long offset, unsigned long ip)
{
	struct site *s;

	for (s = sites; s < sites + nr_sites; s++) {
		if (s->in == w && s->init == init && s->offset == offset)
			return s;
	}
	if (nr_sites == SITES)
		return NULL;
	*s = (struct site){ .in = w, .init = init, .offset = offset };
	sprint_symbol(s->text, ip);
	return s;
}

/* Whether KASAN, kmemleak or debugobjects want memory for their own books */
static bool is_bookkeeping(const unsigned long *entries, unsigned int nr)
{
	static const char * const names[] = {
		"__stack_depot_save", "kasan_", "__kasan_", "kmemleak_", "create_object",
		"__create_object", "fill_pool", "__debug_object_init",
	};
	static char text[KSYM_SYMBOL_LEN];	/* protected by @lock */
	unsigned int i, n;

	for (i = 0; i < nr; i++) {
		sprint_symbol_no_offset(text, entries[i]);
		for (n = 0; n < ARRAY_SIZE(names); n++) {
			if (str_has_prefix(text, names[n]))
				return true;
		}
	}
	return false;
}

/* The innermost call in a watched module, of those on the stack */
static struct site *find_site(const unsigned long *entries, unsigned int nr)
{
	struct watched *w;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		unsigned long ip = entries[i];

		for (w = watched; w < watched + WATCHED; w++) {
			if (ip >= w->core && ip < w->core_end)
				return site_at(w, false, ip - w->core, ip);
			if (ip >= w->init && ip < w->init_end)
				return site_at(w, true, ip - w->init, ip);
		}
	}
	return NULL;
}

static bool shall_fail(struct site *s, const unsigned long *entries, unsigned int nr)
{
	bool wanted = target ? s == target && left : !s->failed;

	/* looking at names takes its time: only for what is new, or about to fail */
	if ((!s->seen || wanted) && is_bookkeeping(entries, nr))
		return false;
	if (!s->seen++)
		nr_sites++;
	if (!target && !s->failed)
		target = s;
	if (s != target || !left)
		return false;
	left--;
	s->failed++;
	return true;
}

/* As if the probed function had returned to its caller */
static void return_value(struct pt_regs *regs, unsigned long value)
{
	regs->ax = value;
	regs->ip = *(unsigned long *)regs->sp;
	regs->sp += sizeof(unsigned long);
}

static int judge(struct pt_regs *regs, gfp_t gfp, unsigned long failure)
{
	unsigned long entries[DEPTH], flags;
	struct site *s;
	bool fail;
	unsigned int nr;

	if (gfp & __GFP_NOFAIL || !READ_ONCE(armed))
		return 0;
	nr = stack_trace_save(entries, DEPTH, 0);
	local_irq_save(flags);
	arch_spin_lock(&lock);
	s = find_site(entries, nr);
	fail = s && armed && shall_fail(s, entries, nr);
	arch_spin_unlock(&lock);
	local_irq_restore(flags);
	if (fail)
		return_value(regs, failure);
	return fail;
}

static int on_slab(struct kprobe *p, struct pt_regs *regs)
{
	return judge(regs, regs->si, true);
}

static int on_page(struct kprobe *p, struct pt_regs *regs)
{
	return judge(regs, regs->di, true);
}

static int on_percpu(struct kprobe *p, struct pt_regs *regs)
{
	return judge(regs, regs->cx, (unsigned long)NULL);
}

/* A probe with a post handler is not turned into a jump, which could not change the way back. */
static void nothing(struct kprobe *p, struct pt_regs *regs, unsigned long flags)
{
}

static struct kprobe probes[] = {
	{ .symbol_name = "__should_failslab", .pre_handler = on_slab, .post_handler = nothing },
	{ .symbol_name = "should_fail_alloc_page", .pre_handler = on_page,
	  .post_handler = nothing },
	{ .symbol_name = "pcpu_alloc", .pre_handler = on_percpu, .post_handler = nothing },
};

/* ---- debugfs ---- */

static void show(struct seq_file *m, const struct site *s)
{
	seq_printf(m, "%u\t%u\t%s\n", s->failed, s->seen, s->text);
}

static int sites_show(struct seq_file *m, void *unused)
{
	unsigned int i;

	for (i = 0; i < READ_ONCE(nr_sites); i++)
		show(m, &sites[i]);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(sites);

static int current_show(struct seq_file *m, void *unused)
{
	if (READ_ONCE(target))
		show(m, target);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(current);

static int arm_set(void *unused, u64 times)
{
	unsigned long flags;

	local_irq_save(flags);
	arch_spin_lock(&lock);
	armed = times;
	left = times;
	if (times)
		target = NULL;
	arch_spin_unlock(&lock);
	local_irq_restore(flags);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(arm_fops, NULL, arm_set, "%llu\n");

static struct dentry *dir;

static int __init failsite_init(void)
{
	int ret = register_module_notifier(&module_block);
	unsigned int n;

	if (ret)
		return ret;
	for (n = 0; n < ARRAY_SIZE(probes); n++) {
		ret = register_kprobe(&probes[n]);
		if (ret)
			goto no_probe;
	}
	dir = debugfs_create_dir("failsite", NULL);
	debugfs_create_file("arm", 0200, dir, NULL, &arm_fops);
	debugfs_create_file("current", 0400, dir, NULL, &current_fops);
	debugfs_create_file("sites", 0400, dir, NULL, &sites_fops);
	return 0;

no_probe:
	while (n--)
		unregister_kprobe(&probes[n]);
	unregister_module_notifier(&module_block);
	return ret;
}

static void __exit failsite_exit(void)
{
	unsigned int n;

	debugfs_remove(dir);
	for (n = 0; n < ARRAY_SIZE(probes); n++)
		unregister_kprobe(&probes[n]);
	unregister_module_notifier(&module_block);
}

module_init(failsite_init);
module_exit(failsite_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Fails allocations by call site");
