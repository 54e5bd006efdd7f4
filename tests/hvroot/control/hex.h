/* SPDX-License-Identifier: GPL-2.0-only */
/* Bytes given as hexadecimal digits in a command. */
#ifndef HVROOT_HEX_H
#define HVROOT_HEX_H

#include <stddef.h>
#include <stdint.h>

/* The number of bytes written, or -1 if @text is no hex or longer than @cap. */
long hex_bytes(const char *text, uint8_t *to, size_t cap);

#endif
