// SPDX-License-Identifier: GPL-2.0-only
/*
 * xdp INTERFACE pass|drop|tx|redirect [frags|OTHER]: a small XDP program on an interface
 * for as long as this runs; with "frags" one that says that it understands
 * fragments. "tx" sends each frame back with its addresses swapped, "redirect"
 * sends it out of the same interface, or the other, by the redirect helper.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define I(c, d, s, o, i) { .code = (c), .dst_reg = (d), .src_reg = (s), .off = (o), .imm = (i) }
#define MOV(d, i)	I(BPF_ALU64 | BPF_MOV | BPF_K, d, 0, 0, i)
#define LOAD(size, d, s, o)	I(BPF_LDX | BPF_MEM | (size), d, s, o, 0)
#define STORE(size, d, s, o)	I(BPF_STX | BPF_MEM | (size), d, s, o, 0)
#define EXIT		I(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)
#define SWAP(o)		LOAD(BPF_H, 5, 3, o), LOAD(BPF_H, 0, 3, (o) + 6), \
			STORE(BPF_H, 3, 0, o), STORE(BPF_H, 3, 5, (o) + 6)
/* r3 = frame, addresses swapped; a frame without a header is dropped */
#define SWAP_ALL \
	LOAD(BPF_W, 2, 1, 4), LOAD(BPF_W, 3, 1, 0), \
	I(BPF_ALU64 | BPF_MOV | BPF_X, 4, 3, 0, 0), \
	I(BPF_ALU64 | BPF_ADD | BPF_K, 4, 0, 0, 14), \
	I(BPF_JMP | BPF_JLE | BPF_X, 4, 2, 2, 0), \
	MOV(0, XDP_DROP), EXIT, SWAP(0), SWAP(2), SWAP(4)

static unsigned int prog_flags;

static long bpf(int cmd, union bpf_attr *attr)
{
	return syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

static int load(const struct bpf_insn *insn, unsigned int count)
{
	static char log[8192];
	union bpf_attr a = {
		.prog_type = BPF_PROG_TYPE_XDP, .prog_flags = prog_flags, .insn_cnt = count,
		.insns = (uintptr_t)insn, .license = (uintptr_t)"GPL",
		.log_buf = (uintptr_t)log, .log_size = sizeof(log), .log_level = 1,
	};
	long fd = bpf(BPF_PROG_LOAD, &a);

	if (fd < 0)
		fprintf(stderr, "xdp: load: %s\n%s", strerror(errno), log);
	return fd;
}

int main(int argc, char **argv)
{
	unsigned int index = argc >= 3 ? if_nametoindex(argv[1]) : 0;
	bool frags = argc == 4 && !strcmp(argv[3], "frags");
	unsigned int to = argc == 4 && !frags ? if_nametoindex(argv[3]) : index;
	const struct bpf_insn pass[] = { MOV(0, XDP_PASS), EXIT };
	const struct bpf_insn drop[] = { MOV(0, XDP_DROP), EXIT };
	const struct bpf_insn tx[] = { SWAP_ALL, MOV(0, XDP_TX), EXIT };
	const struct bpf_insn redirect[] = {
		SWAP_ALL, MOV(1, to), MOV(2, 0),
		I(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_redirect), EXIT,
	};
	union bpf_attr a = { 0 };
	int fd = -1;

	if (!index || !to) {
		fprintf(stderr, "usage: xdp INTERFACE pass|drop|tx|redirect [frags|OTHER]\n");
		return 2;
	}
	if (frags)
		prog_flags = 1u << 5;	/* BPF_F_XDP_HAS_FRAGS */
#define LOAD_IF(name) \
	if (!strcmp(argv[2], #name)) \
		fd = load(name, sizeof(name) / sizeof(name[0]))
	LOAD_IF(pass);
	LOAD_IF(drop);
	LOAD_IF(tx);
	LOAD_IF(redirect);
	if (fd < 0)
		return 1;
	a.link_create.prog_fd = fd;
	a.link_create.target_ifindex = index;
	a.link_create.attach_type = BPF_XDP;
	a.link_create.flags = 1u << 2;	/* XDP_FLAGS_DRV_MODE: the driver's own or none */
	if (bpf(BPF_LINK_CREATE, &a) < 0) {
		fprintf(stderr, "xdp: attach: %s\n", strerror(errno));
		return 1;
	}
	puts("attached");
	fflush(stdout);
	pause();
	return 0;
}
