/*
 * The news for the supervisor: keeps a list of the threads that have begun and ended while this process is
 * attached. A thread that ends before the hidden thread has taken the news of its begin stays in the list.
 */
#ifndef K3THREAD_NEWS_H
#define K3THREAD_NEWS_H

#include "record.h"

/* The news of a thread: bits. */
#define K3T_NEWS_BEGUN 1U
#define K3T_NEWS_ENDED 2U

/*
 * The first begins to keep news, with those of all live threads; the eventfd WAKE becomes readable when the list is
 * no longer empty. The second drops all news, and stops keeping them.
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
