// SPDX-License-Identifier: GPL-2.0-only
/*
 * mapped.c - vmalloc memory that is in use stays mapped in our process.
 *
 * User Mode Linux never clears the mark of a kernel page that its process has yet to map, so it
 * unmaps and maps each of them anew whenever some area of vmalloc's is mapped or purged, with
 * interrupts on.  One that comes at that moment faults in module code or in a ring; the fault is
 * mended by doing all of that once more, and enables interrupts in the interrupt, which lockdep
 * reports before it switches itself off.
 *
 * So the marks are cleared here: of modules before they start, and of rings before the host hears
 * of them.  Newer kernels map at once what is to be mapped, and touch nothing else.
 */
#include <linux/kasan-checks.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/workqueue.h>
#include "glue.h"

/* The kernel's own page tables, which it shows nobody; without, nothing is done here. */
static unsigned long init_mm_at;
module_param_named(init_mm, init_mm_at, ulong, 0444);

#ifdef _PAGE_NEWPAGE
static int clear_mark(pte_t *pte, unsigned long addr, void *data)
{
	if (!pte_present(*pte) || !pte_newpage(*pte))
		return 0;
	/* Mapped now, if it was not. */
	READ_ONCE_NOCHECK(*(unsigned long *)addr);
	*pte = pte_mkuptodate(*pte);
	return 0;
}

/* Interrupts are on, as the fault's handler leaves them; nobody else runs on our one processor. */
static void keep_all(struct work_struct *work)
{
	if (init_mm_at)
		apply_to_existing_page_range((struct mm_struct *)init_mm_at, VMALLOC_START,
					     VMALLOC_END - VMALLOC_START, clear_mark, NULL);
}

#else
static void keep_all(struct work_struct *work)
{
}
#endif

static DECLARE_WORK(keep_work, keep_all);

/**
 * glue_keep_mapped() - what vmalloc has handed out so far stays mapped, in a moment
 *
 * Context: any.  Done before a caller that sleeps gets an answer from the host.
 */
void glue_keep_mapped(void)
{
	schedule_work(&keep_work);
}

static int on_module(struct notifier_block *nb, unsigned long event, void *module)
{
	if (event == MODULE_STATE_COMING)
		keep_all(NULL);
	return NOTIFY_DONE;
}

static struct notifier_block module_block = { .notifier_call = on_module };

int glue_mapped_start(void)
{
	keep_all(NULL);
	return register_module_notifier(&module_block);
}

void glue_mapped_stop(void)
{
	unregister_module_notifier(&module_block);
	cancel_work_sync(&keep_work);
}
