// SPDX-License-Identifier: GPL-2.0-only
/*
 * image.c - files that are loaded into guest memory, and the ELF loader. A
 * vmlinux needs no decompressor, which is most of the boot under software
 * emulation; it runs where it was linked, without KASLR.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "loop/log.h"
#include "machine/firmware/image.h"
#include "machine/vmm.h"

#define SEGMENTS_MAX	16
#define LOAD_MIN	0x100000

int image_open(struct image *f, const char *path)
{
	struct stat st;

	f->path = path;
	f->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (f->fd < 0 || fstat(f->fd, &st) < 0) {
		log_err("%s: %s", path, strerror(errno));
		image_close(f);
		return -1;
	}
	if (!S_ISREG(st.st_mode)) {
		log_err("%s: not a file", path);
		image_close(f);
		return -1;
	}
	f->size = st.st_size;
	return 0;
}

int image_read(struct image *f, uint64_t off, void *p, uint64_t len)
{
	while (len) {
		ssize_t n = pread(f->fd, p, len, off);

		if (n <= 0) {
			log_err("%s: %s", f->path, n ? strerror(errno) : "too short");
			return -1;
		}
		p = (uint8_t *)p + n;
		off += n;
		len -= n;
	}
	return 0;
}

void image_close(struct image *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
}

int image_too_big(struct image *f, struct vm *vm)
{
	log_err("%s: does not fit into %llu MiB", f->path,
		(unsigned long long)vm->o->memory >> 20);
	return -1;
}

static int load_segment(struct vm *vm, struct image *f, const Elf64_Phdr *ph, uint64_t *end)
{
	void *p = vm_mem(vm, ph->p_paddr, ph->p_memsz);

	if (!p || ph->p_paddr < LOAD_MIN || ph->p_filesz > ph->p_memsz)
		return image_too_big(f, vm);
	if (ph->p_paddr + ph->p_memsz > *end)
		*end = ph->p_paddr + ph->p_memsz;
	return image_read(f, ph->p_offset, p, ph->p_filesz);
}

int elf_load(struct vm *vm, struct image *f, uint64_t *entry, uint64_t *end)
{
	Elf64_Phdr ph[SEGMENTS_MAX];
	Elf64_Ehdr eh;

	if (f->size < sizeof(eh))
		return 1;
	if (image_read(f, 0, &eh, sizeof(eh)))
		return -1;
	if (memcmp(eh.e_ident, ELFMAG, SELFMAG))
		return 1;
	if (eh.e_ident[EI_CLASS] != ELFCLASS64 || eh.e_machine != EM_X86_64 ||
	    eh.e_phentsize != sizeof(ph[0]) || !eh.e_phnum || eh.e_phnum > SEGMENTS_MAX) {
		log_err("%s: not an x86-64 kernel", f->path);
		return -1;
	}
	if (image_read(f, eh.e_phoff, ph, eh.e_phnum * sizeof(ph[0])))
		return -1;
	*end = 0;
	for (unsigned int i = 0; i < eh.e_phnum; i++)
		if (ph[i].p_type == PT_LOAD && load_segment(vm, f, &ph[i], end))
			return -1;
	*entry = eh.e_entry;
	return 0;
}
