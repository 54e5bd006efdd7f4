/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Cases in a table, named by a string in each: what newer kernels' KUnit has
 * under this very name.
 */
#ifndef _HVGUEST_KUNIT_PARAMS_H
#define _HVGUEST_KUNIT_PARAMS_H

#include <kunit/test.h>
#include <linux/string.h>

#ifndef KUNIT_ARRAY_PARAM_DESC
#define KUNIT_ARRAY_PARAM_DESC(id, array, field)				\
	static void id##_describe(typeof(&(array)[0]) one, char *desc)		\
	{									\
		strscpy(desc, one->field, KUNIT_PARAM_DESC_SIZE);		\
	}									\
	KUNIT_ARRAY_PARAM(id, array, id##_describe)
#endif

#endif
