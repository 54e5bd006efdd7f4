// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program of the administrator's that is run before filesystems are frozen
 * and after they are thawed, so that a database, say, writes out what it has.
 * If it fails before, nothing is frozen and the host gets an error.
 *
 * It has a limit, after which it is killed: the host waits for it, and so does
 * whoever unloads the module.
 */
#define pr_fmt(fmt) "hv_utils: " fmt

#include <linux/module.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/string.h>
#include <linux/umh.h>
#include "limit.h"
#include "vss_hook.h"

static char vss_hook[256];
static bool hook_refused;	/* when the module was loaded; nothing freezes without it */

/*
 * What is not run must not look as if it were: backups would be taken without it.  A write
 * fails; at load the services come, and freezing fails.
 */
static int refuse_hook(int error)
{
	int ret = hvu_param_refused(error);

	if (!ret) {
		pr_err("vss_hook: no backup freezes anything until it is set right\n");
		WRITE_ONCE(hook_refused, true);
	}
	return ret;
}

/* Under the parameters' lock.  echo(1) leaves a line's end. */
static int set_hook(const char *text, const struct kernel_param *unused)
{
	char path[sizeof(vss_hook)], *name;

	if (strscpy(path, text, sizeof(path)) < 0) {
		pr_err("vss_hook: the path of a program has at most %zu bytes\n",
		       sizeof(path) - 1);
		return refuse_hook(-ENOSPC);
	}
	name = strim(path);
	if (*name && *name != '/') {
		pr_err("vss_hook: %s is no absolute path; give one, or nothing for no program\n",
		       name);
		return refuse_hook(-EINVAL);
	}
	strscpy(vss_hook, name, sizeof(vss_hook));
	WRITE_ONCE(hook_refused, false);
	return 0;
}

static int get_hook(char *to, const struct kernel_param *unused)
{
	return scnprintf(to, PAGE_SIZE, "%s\n", vss_hook);
}

static const struct kernel_param_ops hook_ops = { .set = set_hook, .get = get_hook };
module_param_cb(vss_hook, &hook_ops, NULL, 0644);
__MODULE_PARM_TYPE(vss_hook, "string");
MODULE_PARM_DESC(vss_hook,
		 "Program to run as \"PROGRAM freeze\" before freezing and \"PROGRAM thaw\" after thawing");

static struct hvu_limit hook_limit = { .value = 60, .min = 1, .max = 3600 };
module_param_cb(vss_hook_limit, &hvu_limit_ops, &hook_limit, 0644);
__MODULE_PARM_TYPE(vss_hook_limit, "uint");
MODULE_PARM_DESC(vss_hook_limit,
		 "Seconds after which that program is killed, before freezing and after thawing (1 to 3600, default 60)");

static void hook_path(char *to, size_t room)
{
	kernel_param_lock(THIS_MODULE);
	strscpy(to, vss_hook, room);
	kernel_param_unlock(THIS_MODULE);
}

/**
 * vss_hook_wanted() - is there a program to be run?
 */
bool vss_hook_wanted(void)
{
	return READ_ONCE(vss_hook[0]) == '/';
}

/**
 * vss_hook_refused() - one was wanted when the module was loaded, and cannot be run
 *
 * Return: true as long as that is so; then nothing may be frozen.
 */
bool vss_hook_refused(void)
{
	return READ_ONCE(hook_refused);
}

/**
 * vss_hook_limit() - how long it may run
 *
 * Return: seconds.
 */
unsigned int vss_hook_limit(void)
{
	return hvu_limit(&hook_limit);
}

static void kill_hook(struct vss_hook *h)
{
	lockdep_assert_held(&h->lock);
	h->killed = true;
	if (h->pid)
		kill_pid(h->pid, SIGKILL, 1);
}

static void vss_hook_over(struct work_struct *work)
{
	struct vss_hook *h = container_of(work, struct vss_hook, limit.work);

	pr_warn_ratelimited("VSS: the program around freezing takes too long and is killed\n");
	spin_lock(&h->lock);
	kill_hook(h);
	spin_unlock(&h->lock);
}

/**
 * vss_hook_init() - before the first run
 * @h: the program
 */
void vss_hook_init(struct vss_hook *h)
{
	spin_lock_init(&h->lock);
	INIT_DELAYED_WORK(&h->limit, vss_hook_over);
}

/**
 * vss_hook_next() - the next run is about to begin
 * @h: the program
 * @undoing: it is the one after thawing
 */
void vss_hook_next(struct vss_hook *h, bool undoing)
{
	spin_lock(&h->lock);
	h->killed = false;
	h->undoing = undoing;
	spin_unlock(&h->lock);
}

/**
 * vss_hook_give_up() - end a run before freezing: nobody waits for it any more
 * @h: the program
 *
 * Context: any but interrupts.
 */
void vss_hook_give_up(struct vss_hook *h)
{
	spin_lock(&h->lock);
	if (!h->undoing)
		kill_hook(h);
	spin_unlock(&h->lock);
}

/* In the process that becomes the program, just before. */
static int hook_begins(struct subprocess_info *info, struct cred *unused)
{
	struct vss_hook *h = info->data;
	int ret = 0;

	spin_lock(&h->lock);
	if (h->killed)
		ret = -ECANCELED;
	else
		h->pid = get_pid(task_pid(current));
	spin_unlock(&h->lock);
	return ret;
}

/* Until it ends, or has been killed. */
static int hook_wait(struct vss_hook *h, char **argv)
{
	struct subprocess_info *info;
	char *env[3] = { };

	env[0] = "HOME=/";
	env[1] = "PATH=/sbin:/bin:/usr/sbin:/usr/bin";
	info = call_usermodehelper_setup(argv[0], argv, env, GFP_KERNEL, hook_begins, NULL, h);
	return info ? call_usermodehelper_exec(info, UMH_WAIT_PROC) : -ENOMEM;
}

/**
 * vss_hook_run() - run it
 * @h: the program, after vss_hook_next()
 * @what: its argument
 *
 * Context: process, sleeps until the program ends, at its limit by force.
 * Return: 0, or not 0 if it failed.
 */
int vss_hook_run(struct vss_hook *h, const char *what)
{
	char path[sizeof(vss_hook)], arg[8];
	char *argv[3] = { };
	struct pid *pid;
	int ret;

	hook_path(path, sizeof(path));
	strscpy(arg, what, sizeof(arg));
	argv[0] = path;
	argv[1] = arg;
	schedule_delayed_work(&h->limit, vss_hook_limit() * HZ);
	ret = hook_wait(h, argv);
	cancel_delayed_work_sync(&h->limit);
	spin_lock(&h->lock);
	pid = h->pid;
	h->pid = NULL;
	spin_unlock(&h->lock);
	put_pid(pid);
	if (ret)
		pr_warn_ratelimited("VSS: %s %s ended with %d\n", path, what,
				    ret < 0 ? ret : ret & 0x7f ? -(ret & 0x7f) : ret >> 8);
	return ret;
}
