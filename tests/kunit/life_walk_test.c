// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of a channel: all orders in which a driver, the host, the bus's removal and a pause
 * can cause events, by walking through all worlds that they can get into, breadth first.
 */
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/string.h>
#include "life.h"

/* Where the driver's thread is: channel.c's connect() and disconnect(), step by step */
enum driver {
	D_IDLE, D_BEGUN, D_ARMED, D_SHARED, D_AGREED,	/* opening */
	D_OPEN,
	D_UNDO, D_UNDONE, D_MUTED, D_FAILED,		/* a failed opening */
	D_CLOSE, D_TORN, D_CLOSED,			/* closing */
};

/* Where the bus's removal is: offer.c's rescind_work() */
enum removal { R_NONE, R_QUEUED, R_TOLD, R_RELEASED, R_OVER };

/*
 * Whose removal: a device's waits until its driver has closed it, a sub-channel's and a
 * socket's only tells the driver; a socket's is over when the driver says so.
 */
enum kind { K_DEVICE, K_SUB, K_SOCKET, K_COUNT };

enum pause { PM_NONE, PM_PAUSED, PM_DONE };

struct world {
	u8 life, driver, removal, pause;
	u8 refs;		/* the lists', the removal's, the driver's in open and close */
	u8 kind;
	u8 handed;		/* the driver knows of it */
	u8 muted, callback;
	u8 ring, shared, kept;	/* there is ring memory; the host may write it; in quarantine */
	u8 relid;		/* the host counts it as ours */
	u8 forgotten;
	u8 rescinds;		/* begun: muted, not yet marked */
	u8 pad;
};

#define WORLDS_MOST	131072u
#define NEXT_MOST	16

struct walk {
	struct kunit *test;
	struct world *all;	/* in the order in which they were found */
	u32 *hash;		/* index + 1 */
	u8 *ends;
	u32 nr;
	struct world next[NEXT_MOST];
	u32 nr_next;
	u32 used[LIFE_COUNT];	/* events, one bit each, that happened somewhere */
	const char *wrong;
	bool backwards;
};

static u32 slot_of(struct walk *w, const struct world *x)
{
	const u8 *p = (const u8 *)x;
	u32 h = 2166136261u, i;

	for (i = 0; i < sizeof(*x); i++)
		h = (h ^ p[i]) * 16777619u;
	for (h %= 2 * WORLDS_MOST; w->hash[h]; h = (h + 1) % (2 * WORLDS_MOST)) {
		if (!memcmp(&w->all[w->hash[h] - 1], x, sizeof(*x)))
			break;
	}
	return h;
}

static void wrong(struct walk *w, const char *what)
{
	if (!w->wrong)
		w->wrong = what;
}

/* What chan_finish() does. False if the event was refused. */
static bool step(struct walk *w, struct world *x, enum life_event event)
{
	enum life to;
	int act = life_step(x->life, event, &to);

	if (act < 0)
		return false;
	w->used[x->life] |= 1u << event;
	x->life = to;
	if (act & ACT_POST_CLOSE && !x->relid)
		wrong(w, "CLOSE posted for a channel that the host does not know");
	if (act & ACT_REMOVE) {
		if (x->removal)
			wrong(w, "two removals");
		x->removal = R_QUEUED;
		x->refs++;
	}
	if (act & ACT_FORGET) {
		if (x->forgotten)
			wrong(w, "forgotten twice");
		x->forgotten = 1;
		x->relid = 0;
		x->refs--;
	}
	return true;
}

static void found(struct walk *w, const struct world *x)
{
	if (w->nr_next == NEXT_MOST)
		wrong(w, "more next worlds than expected");
	else
		w->next[w->nr_next++] = *x;
}

/* True in all worlds, whatever the order was. */
static void check(struct walk *w, const struct world *x)
{
	if (x->callback && life_rescinded(x->life))
		wrong(w, "a callback although rescind is to be seen");
	if (x->callback && (x->driver == D_IDLE || x->driver >= D_MUTED))
		wrong(w, "a callback after the close");
	if (x->shared && !x->ring && !x->kept)
		wrong(w, "memory is free that the host may write");
	if (x->refs > 3)
		wrong(w, "references below zero");
	if (!x->refs && (!x->forgotten || x->driver != D_IDLE || x->removal % R_OVER))
		wrong(w, "the last reference is gone while somebody is at it");
	if (x->forgotten ? x->life != LIFE_GONE : x->life == LIFE_GONE)
		wrong(w, "forgotten and not gone, or the other way round");
	if (x->forgotten && x->handed && (x->kind == K_DEVICE || x->removal < R_TOLD))
		wrong(w, "gone, and its driver was not told");
	if ((x->driver != D_IDLE && x->driver != D_FAILED && x->driver != D_CLOSED) &&
	    !life_in_use(x->life))
		wrong(w, "in use, and its life does not say so");
	if (x->driver == D_IDLE && life_in_use(x->life))
		wrong(w, "in use by nobody");
	if (life_public(x->life) == CHANNEL_OPENED_STATE && x->driver != D_OPEN)
		wrong(w, "open, and the driver is elsewhere");
}

/* vmbus_open(), and every way in which its steps can end */
static void driver_opens(struct walk *w, struct world x)
{
	struct world y = x;

	switch (x.driver) {
	case D_IDLE:
		if (x.pause == PM_PAUSED || !x.handed || !x.refs || !step(w, &y, EV_OPEN))
			return;
		y.driver = D_BEGUN;
		y.ring = 1;
		y.refs++;
		found(w, &y);
		break;
	case D_BEGUN:
		y.driver = x.muted ? D_MUTED : D_ARMED;
		y.callback = !x.muted;
		found(w, &y);
		break;
	case D_ARMED:		/* the memory list: taken; refused; unanswered */
		y.shared = 1;
		y.driver = D_SHARED;
		if (!life_rescinded(x.life))
			found(w, &y);
		y.driver = D_UNDO;
		found(w, &y);
		y.shared = 0;
		found(w, &y);
		break;
	case D_SHARED:		/* the open: agreed; refused or unanswered */
		y.driver = D_AGREED;
		found(w, &y);
		y.driver = D_UNDO;
		found(w, &y);
		break;
	case D_AGREED:
		if (!step(w, &y, EV_OPENED))
			wrong(w, "an opening that cannot end");
		y.driver = D_OPEN;
		y.refs--;
		found(w, &y);
		break;
	}
}

/* The memory list's teardown: answered, or not */
static void tear_down(struct walk *w, struct world x, enum driver next)
{
	x.driver = next;
	found(w, &x);
	x.shared = 0;
	found(w, &x);
}

/* The end of an opening that failed, or of a closing: the ring goes, or into quarantine. */
static void free_ring(struct walk *w, struct world x)
{
	x.ring = 0;
	x.kept |= x.shared;
	x.driver = D_IDLE;
	x.refs--;
	found(w, &x);
}

static void driver_fails(struct walk *w, struct world x)
{
	struct world y = x;

	switch (x.driver) {
	case D_UNDO:
		tear_down(w, x, D_UNDONE);
		break;
	case D_UNDONE:
		y.callback = 0;
		y.driver = D_MUTED;
		found(w, &y);
		break;
	case D_MUTED:
		if (!step(w, &y, EV_FAILED))
			wrong(w, "a failed opening that cannot end");
		y.driver = D_FAILED;
		found(w, &y);
		break;
	case D_FAILED:
		free_ring(w, x);
		break;
	}
}

static void driver_closes(struct walk *w, struct world x)
{
	struct world y = x;

	switch (x.driver) {
	case D_OPEN:
		if (x.pause == PM_PAUSED)
			return;		/* frozen */
		if (!step(w, &y, EV_CLOSE))
			wrong(w, "an open channel that cannot be closed");
		y.callback = 0;
		y.driver = D_CLOSE;
		y.refs++;
		found(w, &y);
		y = x;
		if (step(w, &y, EV_MODIFY) && !x.relid)
			wrong(w, "MODIFYCHANNEL of a channel that the host does not know");
		break;
	case D_CLOSE:
		tear_down(w, x, D_TORN);
		break;
	case D_TORN:
		if (!step(w, &y, EV_CLOSED))
			wrong(w, "a closing that cannot end");
		y.driver = D_CLOSED;
		found(w, &y);
		break;
	case D_CLOSED:
		free_ring(w, x);
		break;
	}
}

/* The host takes it back: chan_mute(), then the mark. And it may let go of memory at last. */
static void host_acts(struct walk *w, struct world x)
{
	struct world y = x;

	if (x.kept) {
		y.kept = 0;
		y.shared = 0;
		found(w, &y);
		y = x;
	}
	if (x.rescinds) {
		y.rescinds = 0;
		step(w, &y, EV_RESCIND);
		found(w, &y);
	} else if (x.relid && x.pause != PM_PAUSED && !life_rescinded(x.life)) {
		y.muted = 1;
		y.callback = 0;
		y.rescinds = 1;
		found(w, &y);
	}
}

/* Registration or handing over; the removal: see rescind_work() */
static void bus_acts(struct walk *w, struct world x)
{
	struct world y = x;

	if (x.pause == PM_PAUSED)
		return;
	if (x.life == LIFE_NEW && step(w, &y, EV_HAND)) {
		y.handed = 1;
		found(w, &y);
	}
	y = x;
	/* its device could not be registered */
	if (x.kind != K_SUB && x.handed && x.driver == D_IDLE && x.removal < R_TOLD &&
	    step(w, &y, EV_UNHAND)) {
		y.handed = 0;
		found(w, &y);
	}
	y = x;
	if (x.kind == K_SOCKET && x.handed && x.driver == D_IDLE && x.removal == R_OVER) {
		y.handed = 0;
		if (!step(w, &y, EV_RELEASE))
			wrong(w, "a socket that cannot be let go");
		found(w, &y);
		y = x;
	}
	switch (x.removal) {
	case R_QUEUED:		/* of a device: its driver has closed, and hears of it no more */
		if (x.kind == K_DEVICE && x.driver != D_IDLE)
			break;
		if (x.kind == K_DEVICE)
			y.handed = 0;
		/* a socket's driver does the rest, if it knows of it */
		y.removal = x.kind == K_SOCKET && x.handed ? R_RELEASED : R_TOLD;
		found(w, &y);
		break;
	case R_TOLD:
		if (!step(w, &y, EV_RELEASE) && !x.forgotten)
			wrong(w, "a removal that cannot end");
		y.removal = R_RELEASED;
		found(w, &y);
		break;
	case R_RELEASED:
		y.removal = R_OVER;
		y.refs--;
		found(w, &y);
		break;
	}
}

/*
 * Once: what is open and not taken back stops a pause; so does a work that runs, but not one
 * that is put off, as after a pause before.
 */
static void system_pauses(struct walk *w, struct world x)
{
	struct world y = x;

	if (x.pause == PM_NONE && x.refs && !x.forgotten && !x.rescinds &&
	    (!(x.removal % R_OVER) || x.removal == R_QUEUED) &&
	    (x.driver == D_IDLE || (x.driver == D_OPEN && life_rescinded(x.life)))) {
		if (!step(w, &y, EV_PAUSE))
			wrong(w, "a pause that cannot be");
		y.relid = 0;
		y.pause = PM_PAUSED;
		found(w, &y);
	}
	if (x.pause != PM_PAUSED)
		return;
	y = x;
	y.pause = PM_DONE;
	y.shared = 0;		/* a new contact: the host knows nothing of before */
	y.kept = 0;
	if (!life_paused(x.life)) {
		found(w, &y);
		return;
	}
	if (step(w, &y, EV_AGAIN)) {
		y.relid = 1;
		found(w, &y);
	}
	y = x;
	y.pause = PM_DONE;
	y.muted = 1;
	y.shared = 0;
	y.kept = 0;
	if (!step(w, &y, EV_RESCIND))
		wrong(w, "a device that cannot be missing");
	found(w, &y);
}

/* No driver, no work: vmbus_remove_all() */
static void bus_ends(struct walk *w, struct world x)
{
	struct world y = x;

	if (x.driver != D_IDLE || x.rescinds || x.forgotten)
		return;
	if (x.removal == R_QUEUED) {
		y.removal = R_OVER;
		y.refs--;
	} else if (x.removal % R_OVER) {
		return;
	}
	if (!step(w, &y, EV_END))
		wrong(w, "a channel that stays when the bus ends");
	y.handed = 0;
	found(w, &y);
}

static void visit(struct walk *w, const struct world *x)
{
	w->nr_next = 0;
	driver_opens(w, *x);
	driver_fails(w, *x);
	driver_closes(w, *x);
	host_acts(w, *x);
	bus_acts(w, *x);
	system_pauses(w, *x);
	if (!w->backwards)
		bus_ends(w, *x);
}

static void add(struct walk *w, const struct world *x)
{
	u32 slot = slot_of(w, x);

	if (w->hash[slot])
		return;
	if (w->nr == WORLDS_MOST) {
		wrong(w, "more worlds than there is room for");
		return;
	}
	w->all[w->nr++] = *x;
	w->hash[slot] = w->nr;
	check(w, x);
}

static bool over(const struct world *x)
{
	return !x->refs && !x->ring && !x->shared;
}

/*
 * From every world there is a way to the end, without the bus's own; backwards, until nothing
 * changes.
 */
static u32 without_end(struct walk *w)
{
	bool more = true;
	u32 i, n, left = 0;

	w->backwards = true;
	for (i = 0; i < w->nr; i++)
		w->ends[i] = over(&w->all[i]);
	while (more) {
		more = false;
		for (i = w->nr; i-- > 0;) {
			if (w->ends[i])
				continue;
			visit(w, &w->all[i]);
			for (n = 0; n < w->nr_next && !w->ends[i]; n++)
				w->ends[i] = w->ends[w->hash[slot_of(w, &w->next[n])] - 1];
			more |= w->ends[i];
		}
	}
	for (i = 0; i < w->nr; i++)
		left += !w->ends[i];
	return left;
}

static void life_every_order(struct kunit *test)
{
	struct walk *w = kunit_kzalloc(test, sizeof(*w), GFP_KERNEL);
	u32 at, n, life, event;
	enum life to;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, w);
	w->all = kunit_kzalloc(test, WORLDS_MOST * sizeof(*w->all), GFP_KERNEL);
	w->hash = kunit_kzalloc(test, 2 * WORLDS_MOST * sizeof(*w->hash), GFP_KERNEL);
	w->ends = kunit_kzalloc(test, WORLDS_MOST, GFP_KERNEL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, w->all);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, w->hash);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, w->ends);
	for (n = 0; n < K_COUNT; n++) {
		struct world first = { .life = LIFE_NEW, .refs = 1, .relid = 1, .kind = n };

		add(w, &first);
	}
	for (at = 0; at < w->nr && !w->wrong; at++) {
		struct world x = w->all[at];

		visit(w, &x);
		for (n = 0; n < w->nr_next; n++)
			add(w, &w->next[n]);
	}
	if (w->wrong)
		KUNIT_FAIL(test, "world %u: %s", at, w->wrong);
	KUNIT_EXPECT_TRUE(test, w->nr > 500);
	if (!w->wrong)
		KUNIT_EXPECT_EQ(test, 0u, without_end(w));
	/* what the table allows happens somewhere, but for ends that only faulty drivers cause */
	for (life = 0; life < LIFE_COUNT; life++) {
		for (event = 0; event < EV_COUNT; event++) {
			if (life_step(life, event, &to) < 0 ||
			    (event == EV_END && life_in_use(life)) ||
			    (event == EV_PAUSE && life_paused(life)))
				continue;
			if (!(w->used[life] & 1u << event))
				KUNIT_FAIL(test, "event %u never happened in state %u", event,
					   life);
		}
	}
}

static struct kunit_case life_walk_cases[] = {
	KUNIT_CASE(life_every_order),
	{}
};

static struct kunit_suite life_walk_suite = {
	.name = "vmbus_life_walk",
	.test_cases = life_walk_cases,
};

kunit_test_suite(life_walk_suite);
