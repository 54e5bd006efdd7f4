// SPDX-License-Identifier: GPL-2.0-only
/*
 * cover.c - which code of the hv_* modules has run, for tests/fuzz; built with HV_COVER=y alone.
 *
 * The modules are compiled with -fsanitize-coverage=trace-pc and call
 * __sanitizer_cov_trace_pc() in each basic block. Each of them has a map with a bit for
 * every byte of its text, by the distance from the module's start, which stays the same
 * whenever it is loaded. debugfs' hvglue/cover lists what is new since it was read last.
 */
#include <linux/debugfs.h>
#include <linux/export.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#include "glue.h"

#define MAPS	8
#define BITS	(2u << 20)	/* text of a module with KASAN, at most */

struct map {
	char name[MODULE_NAME_LEN];
	unsigned long start, end;	/* of the module that is loaded now */
	unsigned long *seen, *told;
};

static struct map maps[MAPS];
static struct dentry *folder;

/* One processor; a bit that an interrupt's bit overwrites is set the next time. */
void notrace __sanitizer_cov_trace_pc(void)
{
	unsigned long pc = (unsigned long)__builtin_return_address(0);
	unsigned int i;

	for (i = 0; i < MAPS && maps[i].seen; i++) {
		if (pc - maps[i].start < maps[i].end - maps[i].start) {
			__set_bit(pc - maps[i].start, maps[i].seen);
			return;
		}
	}
}
EXPORT_SYMBOL_GPL(__sanitizer_cov_trace_pc);

static struct map *find(const char *name)
{
	unsigned int i;

	for (i = 0; i < MAPS && maps[i].seen; i++) {
		if (!strcmp(maps[i].name, name))
			return &maps[i];
	}
	if (i == MAPS)
		return NULL;
	maps[i].told = vzalloc(BITS / 8);
	strscpy(maps[i].name, name, sizeof(maps[i].name));
	maps[i].seen = vzalloc(BITS / 8);
	return maps[i].seen && maps[i].told ? &maps[i] : NULL;
}

static int on_module(struct notifier_block *nb, unsigned long state, void *data)
{
	struct module *mod = data;
	struct map *map;

	if (strncmp(mod->name, "hv_", 3))
		return NOTIFY_DONE;
	map = find(mod->name);
	if (!map)
		return NOTIFY_DONE;
	if (state == MODULE_STATE_COMING) {
		map->start = (unsigned long)mod->core_layout.base;
		map->end = map->start + min(mod->core_layout.text_size, BITS);
	} else if (state == MODULE_STATE_GOING) {
		map->end = map->start;
	}
	return NOTIFY_DONE;
}

static struct notifier_block block = { .notifier_call = on_module };

static int show(struct seq_file *s, void *unused)
{
	unsigned int i, bit;

	for (i = 0; i < MAPS && maps[i].seen; i++) {
		for_each_set_bit(bit, maps[i].seen, BITS) {
			if (!__test_and_set_bit(bit, maps[i].told))
				seq_printf(s, "%s %x\n", maps[i].name, bit);
		}
	}
	return 0;
}

/* All that can be new at once in one piece, as what was told is not told again. */
static int open_cover(struct inode *inode, struct file *file)
{
	return single_open_size(file, show, NULL, 1 << 20);
}

static const struct file_operations ops = {
	.owner = THIS_MODULE,
	.open = open_cover,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = single_release,
};

void glue_cover_start(void)
{
	register_module_notifier(&block);
	folder = debugfs_create_dir("hvglue", NULL);
	debugfs_create_file("cover", 0400, folder, NULL, &ops);
}

void glue_cover_stop(void)
{
	unsigned int i;

	debugfs_remove_recursive(folder);
	unregister_module_notifier(&block);
	for (i = 0; i < MAPS; i++) {
		vfree(maps[i].seen);
		vfree(maps[i].told);
	}
}
