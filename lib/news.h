/*
 * The threads that have begun and ended, for the supervisor that the process is attached to. A thread that has
 * begun and ended before anyone asked is told of, too. While nobody asks, no news is kept.
 */
#ifndef K3THREAD_NEWS_H
#define K3THREAD_NEWS_H

#include "record.h"

/* What there is to tell of a thread. */
#define K3T_NEWS_BEGUN 1U
#define K3T_NEWS_ENDED 2U

/*
 * Begins to keep news: those of the live threads first. When there are some, the eventfd WAKE becomes readable.
 * K3T_news_end drops all news, and keeps no more.
 */
void k3t_news_begin(int wake);
void k3t_news_end(void);

/* Note that the calling thread, whose record T is, has begun, or is no longer delayed. */
void k3t_news_note_begun(struct k3thread *t);

/* Notes that T has ended. Caller holds the registry's lock. */
void k3t_news_note_ended(struct k3thread *t);

/* Takes the oldest news. Returns a reference to its thread, with K3T_NEWS_ bits in *RET_WHAT; or NULL. */
struct k3thread *k3t_news_take(unsigned *ret_what);

/* Drops all news, in the child of fork. */
void k3t_news_in_child(void);

#endif
