// SPDX-License-Identifier: GPL-2.0-only
/*
 * Thawing without a daemon: one that is killed leaves frozen what it froze,
 * and everything that writes there hangs until someone thaws it.  So this goes
 * through the mounted block devices, as the daemon does, and thaws each that
 * is frozen.
 */
#define pr_fmt(fmt) "hv_utils: " fmt

#include <linux/ctype.h>
#include <linux/fs.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/string_helpers.h>
#include <hv/compat_utils.h>
#include "thaw.h"

#define MOUNTS_MAX	(256 * 1024)

/* Returns -ENOMEM if nobody knows whether it was frozen. */
static int thaw_one(const char *dir)
{
	struct super_block *sb;
	struct path path;
	int ret = kern_path(dir, LOOKUP_FOLLOW, &path);

	if (ret)
		return ret == -ENOMEM ? ret : 0;
	sb = path.dentry->d_sb;
	if (READ_ONCE(sb->s_writers.frozen) != SB_UNFROZEN && !hv_thaw_super(sb))
		pr_warn_ratelimited("VSS: thawed %s, which the daemon left frozen\n", sb->s_id);
	path_put(&path);
	return 0;
}

/* "SOURCE DIRECTORY TYPE ...": the directory, if the source is a block device. */
static char *directory_of(char *line)
{
	char *source = strsep(&line, " ");
	char *dir = strsep(&line, " ");

	if (!dir || strncmp(source, "/dev/", 5))
		return NULL;
	string_unescape_inplace(dir, UNESCAPE_OCTAL);
	return dir;
}

static ssize_t read_mounts(char *text, size_t room)
{
	struct file *file = filp_open("/proc/mounts", O_RDONLY, 0);
	ssize_t n, len = 0;
	loff_t pos = 0;

	if (IS_ERR(file))
		return PTR_ERR(file);
	do {
		n = kernel_read(file, text + len, room - len, &pos);
		len += max_t(ssize_t, n, 0);
	} while (n > 0);
	filp_close(file, NULL);
	return n < 0 ? n : len;
}

/**
 * thaw_all() - thaw every frozen filesystem on a block device
 *
 * Context: process, may sleep for as long as the filesystems take.
 * Return: 0, or an error; then some may still be frozen.
 */
int thaw_all(void)
{
	char *text = kvzalloc(MOUNTS_MAX + 1, GFP_KERNEL);
	char *rest = text, *line, *dir;
	int ret = 0, one;
	ssize_t len;

	if (!text)
		return -ENOMEM;
	len = read_mounts(text, MOUNTS_MAX);
	while (len > 0 && (line = strsep(&rest, "\n"))) {
		dir = directory_of(line);
		one = dir ? thaw_one(dir) : 0;
		ret = ret ?: one;
	}
	kvfree(text);
	return len < 0 ? len : ret;
}
