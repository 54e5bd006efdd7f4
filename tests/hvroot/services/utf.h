/* SPDX-License-Identifier: GPL-2.0-only */
/* Text between UTF-8 (commands, files) and UTF-16 (the wire). Pure. */
#ifndef HVROOT_UTF_H
#define HVROOT_UTF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * @text as little-endian UTF-16 with a NUL behind, at most @cap bytes with it;
 * the bytes used. -1: not UTF-8, or too long. @to need not be aligned.
 */
long utf16_put(void *to, size_t cap, const char *text);

/*
 * @bytes of UTF-16, up to the first NUL if there is one, as UTF-8 with a NUL
 * behind; what is no character becomes U+FFFD, what does not fit is cut.
 * Returns the length in bytes without the NUL.
 */
size_t utf16_get(char *to, size_t cap, const void *from, size_t bytes);

/* Is it whole characters with a zero as the last unit? OpenVMM fails KVP for a text that is not. */
bool utf16_whole(const void *from, size_t bytes);

/* In place: "%41" becomes "A". -1: a '%' without two digits. */
int percent_decode(char *text);
/* Control characters, '%' and those in @also as %XX. */
const char *percent_encode(char *to, size_t cap, const char *text, const char *also);

#endif
