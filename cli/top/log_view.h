/* The screen with a log, and its keys. */
#ifndef K3THREAD_CLI_TOP_LOG_VIEW_H
#define K3THREAD_CLI_TOP_LOG_VIEW_H

#include "cli/top/state.h"

/* Shows the log of ROW, at its end. */
void log_view_open(struct state *state, const struct row *row);

void log_view_key(struct state *state, int key);
void log_view_search_key(struct state *state, int key);

void log_view_draw(struct state *state);

/* Frees what the view holds. */
void log_view_close(struct state *state);

#endif
