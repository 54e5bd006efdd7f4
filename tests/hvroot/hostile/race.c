// SPDX-License-Identifier: GPL-2.0-only
/*
 * A second thread that writes guest memory while the guest reads it: a word
 * becomes a lie and true again, many times.
 */
#include <pthread.h>
#include "hostile/strike.h"

#define TARGETS		8
#define AWAKE		2000	/* turns without a target: what is next is a packet that the guest reads before a sleeper is up */
#define PAUSE		60	/* turns of an empty loop, about as long as a few instructions of the guest */
#define BRIEF	8	/* so much shorter */

struct target {
	uint32_t *word;
	uint32_t lie;
	unsigned int rounds;
};

static struct {
	pthread_mutex_t lock;	/* protects: all below, and that memory is still the server's */
	pthread_cond_t more;
	struct target target[TARGETS];
	unsigned int next;
	bool stop, running;
	pthread_t thread;
} race = { .lock = PTHREAD_MUTEX_INITIALIZER, .more = PTHREAD_COND_INITIALIZER };

static void linger(unsigned int turns)
{
	for (unsigned int i = 0; i < turns; i++)
		__asm__ volatile("pause" ::: "memory");
}

/*
 * Whoever else writes meanwhile has the last word, or nearly. Every other lie is over soon: what reads twice shall find
 * the truth first, and it is the first look that refuses.
 */
static void flip(struct target *t, unsigned int turns)
{
	uint32_t truth = __atomic_load_n(t->word, __ATOMIC_ACQUIRE), lie = t->lie;

	__atomic_store_n(t->word, lie, __ATOMIC_RELEASE);
	linger(t->rounds & 1 ? turns : turns / BRIEF + 1);
	__atomic_compare_exchange_n(t->word, &lie, truth, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
	t->rounds--;
}

static bool flip_all(unsigned int turns)
{
	bool any = false;

	for (unsigned int i = 0; i < TARGETS; i++) {
		if (!race.target[i].rounds)
			continue;
		flip(&race.target[i], turns);
		any = true;
	}
	return any;
}

static void *run(void *unused)
{
	unsigned int turns = 1, idle = 0;

	pthread_mutex_lock(&race.lock);
	while (!race.stop) {
		idle = flip_all(turns) ? 0 : idle + 1;
		if (idle > AWAKE) {
			pthread_cond_wait(&race.more, &race.lock);
			idle = 0;
			continue;
		}
		turns = turns % PAUSE + 7;
		pthread_mutex_unlock(&race.lock);
		linger(turns);
		pthread_mutex_lock(&race.lock);
	}
	pthread_mutex_unlock(&race.lock);
	return NULL;
}

void hostile_race(uint32_t *word, uint32_t lie, unsigned int rounds)
{
	pthread_mutex_lock(&race.lock);
	if (!race.running)
		race.running = !pthread_create(&race.thread, NULL, run, NULL);
	race.target[race.next] = (struct target){ word, lie, rounds };
	race.next = (race.next + 1) % TARGETS;
	pthread_cond_signal(&race.more);
	pthread_mutex_unlock(&race.lock);
}

void hostile_forget(void)
{
	pthread_mutex_lock(&race.lock);
	for (unsigned int i = 0; i < TARGETS; i++)
		race.target[i].rounds = 0;
	pthread_mutex_unlock(&race.lock);
}

void hostile_race_end(void)
{
	hostile_forget();
	if (!race.running)
		return;
	pthread_mutex_lock(&race.lock);
	race.stop = true;
	pthread_cond_signal(&race.more);
	pthread_mutex_unlock(&race.lock);
	pthread_join(race.thread, NULL);
	race.stop = race.running = false;
}
