/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The only place where kernels differ.  Each HV_HAVE_* comes from a test
 * compile (include/hv/probe.sh), never from a version number: stable trees
 * carry changes back.
 */
#ifndef _HV_COMPAT_H
#define _HV_COMPAT_H

#endif
