// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program of the administrator's that is run before filesystems are frozen
 * and after they are thawed, so that a database, say, writes out what it has.
 * If it fails before, nothing is frozen and the host gets an error.
 */
#define pr_fmt(fmt) "hv_utils: " fmt

#include <linux/moduleparam.h>
#include <linux/string.h>
#include <linux/umh.h>
#include "vss_hook.h"

static char vss_hook[256];
module_param_string(vss_hook, vss_hook, sizeof(vss_hook), 0644);
MODULE_PARM_DESC(vss_hook,
		 "Program to run as \"PROGRAM freeze\" before freezing and \"PROGRAM thaw\" after thawing");

/* The parameter, without the line's end that echo(1) leaves. */
static void hook_path(char *to, size_t room)
{
	kernel_param_lock(THIS_MODULE);
	strscpy(to, vss_hook, room);
	kernel_param_unlock(THIS_MODULE);
	strim(to);
}

/**
 * vss_hook_wanted() - is there a program to be run?
 */
bool vss_hook_wanted(void)
{
	return READ_ONCE(vss_hook[0]) == '/';
}

/**
 * vss_hook_run() - run it
 * @what: its argument
 *
 * Context: process, sleeps until the program ends.
 * Return: 0, or not 0 if it failed.
 */
int vss_hook_run(const char *what)
{
	char *env[3] = { };
	char path[sizeof(vss_hook)], arg[8];
	char *argv[3] = { };
	int ret;

	hook_path(path, sizeof(path));
	strscpy(arg, what, sizeof(arg));
	env[0] = "HOME=/";
	env[1] = "PATH=/sbin:/bin:/usr/sbin:/usr/bin";
	argv[0] = path;
	argv[1] = arg;
	ret = call_usermodehelper(path, argv, env, UMH_WAIT_PROC);
	if (ret)
		pr_warn("VSS: %s %s ended with %d\n", path, what, ret < 0 ? ret : ret >> 8);
	return ret;
}
