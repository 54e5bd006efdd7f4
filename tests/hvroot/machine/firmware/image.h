/* SPDX-License-Identifier: GPL-2.0-only */
/* image.h - kernel image files: bzImage and ELF vmlinux. */
#ifndef HVROOT_IMAGE_H
#define HVROOT_IMAGE_H

#include <stdint.h>

struct vm;

struct image {
	const char *path;
	int fd;
	uint64_t size;
};

/* All return 0, or -1 after log_err(). */
int image_open(struct image *f, const char *path);
int image_read(struct image *f, uint64_t off, void *p, uint64_t len);
void image_close(struct image *f);
int image_too_big(struct image *f, struct vm *vm);	/* always -1 */

/*
 * Load a vmlinux: *@entry gets the address of its 64-bit entry, *@end the
 * first byte behind it. 1 = the file is no ELF.
 */
int elf_load(struct vm *vm, struct image *f, uint64_t *entry, uint64_t *end);

#endif
