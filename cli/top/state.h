/*
 * The state of the view: the rows, the part of them that is shown, and the action that the user is
 * doing. For the files of this room.
 */
#ifndef K3THREAD_CLI_TOP_STATE_H
#define K3THREAD_CLI_TOP_STATE_H

#include "cli/top/arrange.h"
#include "cli/top/display.h"
#include "cli/top/far_log.h"
#include "cli/top/log_watch.h"
#include "cli/top/owner.h"
#include "cli/top/pager.h"
#include "cli/top/rows.h"

/* The most bytes that the user can type. */
#define STATE_TYPED_MAX 128

/* The present use of the keys and the screen. */
enum state_mode {
    MODE_LIST,
    MODE_FILTER, /* a filter is typed */
    MODE_RAISE,  /* an exception is chosen */
    MODE_HELP,
    MODE_LOG,    /* a log is read */
    MODE_SEARCH, /* the same, and the text to search for is typed */
};

/* A line that the user types. */
struct typed {
    char   text[STATE_TYPED_MAX + 1];
    size_t size;
};

/* The log that the user reads. */
struct log_view {
    struct pager   pager;
    struct far_log far;  /* open: the log is on another machine */
    char          *name; /* of the thread */
    int64_t        id;
    off_t          position; /* of the first line on the screen */
    int            column;   /* the first column that is shown */
    bool           follows;  /* the end of the log is shown, also when it grows */
    struct typed   search;
};

/* The choice of an exception. */
struct raise_menu {
    int64_t      id; /* of the thread */
    size_t       choice;
    struct typed typed; /* only the exceptions whose names have this are offered */
};

/* A request that has no reply yet. */
struct asked {
    json_int_t id;
    char       text[160]; /* the message that is shown when it has succeeded */
};

#define STATE_ASKED_MAX 32

/* The questions to the supervisor about threads on other machines; see far_look.h. */
struct far_looks {
    json_int_t usage_request, output_request; /* which have no reply yet; 0: none */
    double     output_next;                   /* when the next ends of logs may be asked for */
    size_t     next_row;                      /* among all rows, the first that is looked at next */
    bool       is_refused;                    /* the supervisor cannot say it */
};

struct state {
    const struct top_owner *owner;
    struct client          *client;
    struct display          display;
    struct rows             rows;
    struct arrangement      arrangement;
    struct log_watch        logs;
    bool                    is_local; /* the processes of the threads are on this machine */

    enum state_mode   mode;
    int64_t           selected;      /* the id of the selected thread; 0: none */
    size_t            cursor, first; /* its row, and the first row on the screen */
    struct typed      filter;
    struct log_view   log;
    struct raise_menu raise;
    struct text       message; /* shown in the last line, until the next key */

    struct asked asked[STATE_ASKED_MAX];
    size_t       asked_count;
    json_int_t   list_id;   /* of the request for a list that has no reply yet; 0: none */
    bool         must_list; /* the list must be asked for again, because events were missed */

    struct far_looks far;

    size_t surveyed;    /* how many rows the survey has looked at; see survey.h */
    double survey_next; /* when the survey goes on */

    bool must_arrange, must_draw;
    bool is_over;
    int  signal; /* the signal that asked for the end; 0: none */
};

/* Sets the message. */
__attribute__((format(printf, 2, 3))) void state_say(struct state *state, const char *format, ...);

/* Arranges the rows anew if that is needed, and finds the selected row. Returns 0 or -ENOMEM. */
int state_arrange(struct state *state, double time);

/* Returns the selected row, or NULL. */
struct row *state_selected(const struct state *state);

/* Selects the row INDEX, or the last row if there are fewer. */
void state_select(struct state *state, size_t index);

/* Returns the number of rows of threads that fit on the screen. */
size_t state_page(const struct state *state);

/* Returns the rows on the screen, and their number. */
struct row *const *state_visible(const struct state *state, size_t *ret_count);

/* Takes a key that edits the text. Returns true if the text has changed. */
bool typed_take(struct typed *typed, int key);

#endif
