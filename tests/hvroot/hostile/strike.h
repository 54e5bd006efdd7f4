/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Private to this room. choose.c decides by the seed what happens to the Nth
 * thing of a name, mood.c how much of what, field.c where in it; script.c writes that down, and does it again; spoil.c changes
 * bytes; message.c, packet.c, ring.c are the layers; race.c is a second thread that
 * rewrites what the guest reads; tick.c makes things happen by themselves;
 * cmd.c has the command.
 */
#ifndef HVROOT_STRIKE_H
#define HVROOT_STRIKE_H

#include <stdio.h>

#include "hostile/hostile.h"
#include "vmbus/bus.h"

#define STRIKES_MAX	4
#define HEADS		8	/* packets in a ring, whose headers are struck where they lie */
#define HEAD_OF(n)	(512 + 2 * (n))
#define HEAD_ROUNDS	6400	/* to and fro: until the packet is there, and the guest comes to it */
#define NAME_MAX_	48

enum layer {
	L_MESSAGE, L_PACKET, L_SECTION, L_RING, L_EVENT, L_POST, L_SAY, L_PUT, L_RACE, L_LIFE, L_DATA, LAYERS
};

enum op {
	OP_CUT,			/* to AT bytes */
	OP_SET1, OP_SET2, OP_SET4, OP_SET8,	/* VALUE at AT */
	OP_DROP,
	OP_TWICE,
	OP_LATE,		/* by VALUE ms */
	OP_ELSEWHERE,		/* on channel VALUE of those that are open */
	OP_WORD,		/* ring word AT (from 256: of the guest's ring; from 512: of headers, two for each packet) is VALUE */
	OP_RACE,		/* the same, to and fro, while the guest reads; in a section: at AT */
	OP_SIZE,		/* the message's slot says VALUE bytes */
	OP_TYPE,		/* and that it is of type VALUE */
	OPS
};

struct strike {
	enum op op;
	uint32_t at;
	uint64_t value;
};

struct strikes {
	unsigned int n;
	struct strike s[STRIKES_MAX];
};

/* What the room knows, in one place. */
struct hostile {
	struct bus *bus;
	uint64_t seed, random;
	unsigned int rate[LAYERS];	/* one of so many, 0 = none */
	bool fixed[LAYERS];		/* by command, whatever the mood */
	unsigned int span;		/* of time, each with a mood of its own */
	char focus[32];			/* the only device that is lied about for now, or empty */
	unsigned int deaf;		/* signals of the guest that are not heard */
	bool grown;			/* it is to come up first */
	uint64_t start;			/* ms */
	bool honest;			/* what is sent now is sent as it is */
	bool playing;
	bool more;			/* and lying by the seed, too */
	FILE *record;
	char spare[256];		/* ",scsi1,net1," */
	struct {
		uint64_t seen[LAYERS], struck[LAYERS], refused;
	} stat;
};
extern struct hostile hostile;

/* choose.c */
uint64_t hostile_mix(uint64_t a, uint64_t b);
uint32_t hostile_random(uint32_t below);	/* of the stream of what happens by itself */
uint64_t hostile_ms(void);			/* since it began */
bool hostile_choose(enum layer l, const char *name, const uint8_t *p, size_t len, struct strikes *s);
uint64_t hostile_next(uint64_t *r);		/* of a stream of a choice's own */
uint32_t hostile_head_word(uint64_t *r);	/* a header's first word, but for where the payload begins */

/* The Nth thing of a name is struck, by a script. */
bool hostile_add(const char *name, uint32_t n, const struct strike *s);
extern const char *const hostile_ops[];		/* by name */
void hostile_choose_begin(void);
void hostile_choose_end(void);

/* mood.c */
void hostile_set_mood(unsigned int span);
bool hostile_spared(const struct vsp_dev *d);
/* Not to be lied about, for good or for now. */
bool hostile_aside(const struct vsp_dev *d);

/* field.c */
uint64_t hostile_number(const uint8_t *p, size_t len, size_t at);	/* four bytes, or as many as there are */
/* A value that likes to break things: of @p's own fields, around its length @len, or just odd. */
uint64_t hostile_value(uint64_t *r, const uint8_t *p, size_t len, uint64_t old);
/* A field of @p gets another value; @head bytes at the beginning are no lengths. */
void hostile_change(uint64_t *r, const uint8_t *p, size_t len, size_t head, struct strike *s);

/* script.c */
void hostile_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));	/* into the record */
void hostile_say_bytes(const char *what, const void *p, size_t len);
int hostile_record(const char *path);		/* 0, or -1 and errno */
int hostile_play(const char *path);		/* 0, or -1 */
/* The next line of the script that is due by itself: @what, then bytes; false if none is. */
bool hostile_due(char *what, size_t cap, uint8_t *p, size_t *len);
void hostile_script_begin(void);
void hostile_script_end(void);

/* spoil.c: true when @s changes bytes; @cap bytes are there */
bool hostile_spoil(uint8_t *p, size_t *len, size_t cap, const struct strike *s);

/* message.c */
void hostile_seed_message(const uint8_t *m, size_t len);
void hostile_inject_message(void);
void hostile_send_message(const uint8_t *m, size_t len);
void hostile_message_end(void);

/* packet.c */
void hostile_seed_packet(const char *dev, unsigned int sub, const uint8_t *p, size_t len);
void hostile_inject_packets(void);
void hostile_put_packet(const char *dev, unsigned int sub, const uint8_t *p, size_t len);
void hostile_packet_end(void);
struct vsp_chan *hostile_some_channel(uint32_t n);

/*
 * ring.c: word @at of a ring's control page, from 256 on of the guest's ring, from 512 on the headers of the packets
 * that the guest reads next, two words for each; NULL if there is none such
 */
uint32_t *hostile_ring_word(struct vsp_chan *ch, uint32_t at);

/* race.c */
void hostile_race(uint32_t *word, uint32_t lie, unsigned int rounds);
void hostile_race_end(void);

/* tick.c */
void hostile_tick_begin(void);
void hostile_tick_end(void);
void hostile_life(const char *what, struct vsp_dev *d, unsigned int ms);

#endif
