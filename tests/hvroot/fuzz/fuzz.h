/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest without KVM: fakevm.c stands where the VMM is, guest.c knows enough
 * of the protocol to get deep and then breaks its rules. main.c drives both with
 * random numbers, libfuzzer.c with the bytes of a coverage-guided fuzzer.
 */
#ifndef HVROOT_FUZZ_H
#define HVROOT_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FUZZ_RAM	(8u << 20)
#define FUZZ_VPS	4u

struct bus;
struct vm;

/* fakevm.c */
struct vm *fake_vm(void);
uint8_t *fake_ram(void);
void fake_ram_clear(void);
void fake_vm_free(void);
/* The guest posts @len bytes to @conn; false: the connection is shut. */
bool fake_post(uint32_t conn, uint32_t type, const void *msg, size_t len);
/* The guest signals @conn; false: nobody is there. */
bool fake_signal(uint32_t conn);
/* What hvroot sends; guest.c. */
void guest_message(const uint8_t *msg, size_t len);

/* random.c */
void random_start(uint64_t seed);
void random_feed(const void *data, size_t len);	/* choices are these bytes from now on, then zeros */
size_t random_left(void);
uint32_t rnd(void);
uint32_t below(uint32_t n);
bool one_in(uint32_t n);
uint32_t nasty(void);		/* a number that is likely to hurt */

/* rings.c: the rings of channel @relid lie in pages of their own */
#define RING_PAGES	8u		/* of both rings together */
#define RING_SPLIT	4u		/* where the second begins */

extern unsigned int ring_answers;	/* times that a ring brought something */
uint64_t ring_pfn(uint32_t relid, uint32_t page);
void ring_clear(uint32_t relid);
void ring_handshake(uint32_t relid);	/* the way to a controller that takes commands */
void ring_put(uint32_t relid, const void *data, size_t len);
/* What a channel carries; RING_IC plus the type of a component's messages. */
enum ring_kind { RING_OTHER, RING_NET, RING_IC };
void ring_traffic(uint32_t relid, unsigned int kind, uint32_t conn);
/* Takes the next packet that hvroot sent, up to @cap bytes of it; its length, 0 = none. */
size_t ring_take(uint32_t relid, void *to, size_t cap);
bool ring_answered(uint32_t relid);

/* net.c: packets for a network channel */
void net_traffic(uint32_t relid);

/* ic.c: answers for a component's channel; what a user may ask of one */
void ic_traffic(uint32_t relid, uint16_t type);
void ic_user_command(char *line, size_t size);

/* faketap.c */
void tap_traffic(void);
void tap_close(void);

/* A second memory list of a channel: 20 pages, receive or send buffer; guest.c */
uint32_t buffer_handle(uint32_t relid);
void buffer_gpadl(uint32_t relid);
uint8_t *buffer_memory(void);

/* guest.c: reproducible, all choices come from @seed */
void guest_start(uint64_t seed);
void guest_step(void);
/* Since guest_start(): messages got, channels opened, times that a ring brought answers. */
void guest_depth(unsigned int depth[3]);
/* An honest conversation up to a storage command, in a fresh machine. NULL, or what failed. */
const char *guest_honest(void);
/* Its first part, up to the offers; no waiting. */
const char *guest_connect(void);
/* Opens a device's channel; its relid, 0 if it cannot be. */
enum guest_device { GUEST_SCSI, GUEST_NET };
uint32_t guest_open(enum guest_device device);
uint32_t guest_signal(uint32_t relid);

/* setup.c: the machine that is fuzzed; its disk is a file in /tmp */
int fuzz_setup(void);
void fuzz_cleanup(void);

#endif
