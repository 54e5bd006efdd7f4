/* SPDX-License-Identifier: GPL-2.0-only */
/* SHA-256 (FIPS 180-4), for the checksums of copied files. Pure. */
#ifndef HVROOT_SHA256_H
#define HVROOT_SHA256_H

#include <stddef.h>
#include <stdint.h>

struct sha256 {
	uint32_t state[8];
	uint64_t bytes;
	uint8_t block[64];
};

void sha256_start(struct sha256 *s);
void sha256_add(struct sha256 *s, const void *data, size_t len);
/* 64 hexadecimal digits and a NUL; @s is used up. */
void sha256_end(struct sha256 *s, char text[65]);

#endif
