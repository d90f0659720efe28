/*
 * Keeps the news for the supervisor: a list of the threads that have begun or ended while this process is attached.
 * attach_tell.h sends them. A thread that ends before the hidden thread has taken the news of its begin stays in
 * the list, with both news.
 */
#ifndef K3THREAD_NEWS_H
#define K3THREAD_NEWS_H

#include "record.h"

/* The bits of the news of a thread. */
#define K3T_NEWS_BEGUN 1U
#define K3T_NEWS_ENDED 2U

/*
 * k3t_news_begin begins to keep news, first of all live threads; the eventfd WAKE becomes readable when the list is
 * no longer empty. k3t_news_end drops all news, and stops keeping them.
 */
void k3t_news_begin(int wake);
void k3t_news_end(void);

/* Notes that the calling thread, whose record is T, has begun, or is no longer delayed. */
void k3t_news_note_begun(struct k3thread *t);

/* Notes that T has ended. Caller holds the registry's lock. */
void k3t_news_note_ended(struct k3thread *t);

/* Takes the oldest news. Returns a reference to its thread, with K3T_NEWS_ bits in *RET_NEWS; or NULL. */
struct k3thread *k3t_news_take(unsigned *ret_news);

/* Drops all news, in the child of fork. */
void k3t_news_in_child(void);

#endif
