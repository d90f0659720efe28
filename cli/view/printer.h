/*
 * The output of several threads as one: whole lines, each with its thread's name before it.
 *
 * It reads the threads' logs. Two threads never mix within a line, a last line without newline is
 * ended, and a line may be of any length: what is kept in memory is bounded, so that a reader who
 * is slow costs nothing but time. Nothing here blocks; who uses it waits.
 *
 * Behind a name a line's colours pass, and its other escape sequences do not: they would clear or
 * move what is not its own. A line that waits for its end, as a prompt does, can be shown so far.
 *
 *     printer_touch(source)      there may be something new in a log
 *     printer_fill(printer)      takes what is complete from the logs
 *     printer_write(printer)     writes what a descriptor that is ready takes
 *     printer_is_idle(printer)   until there is neither to do
 */
#ifndef K3THREAD_CLI_VIEW_PRINTER_H
#define K3THREAD_CLI_VIEW_PRINTER_H

#include "cli/base/text.h"
#include "cli/place/logfile.h"
#include "cli/place/times.h"
#include "cli/view/escapes.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>
#include <sys/types.h>

enum printer_flags {
    PRINTER_NAMES = 1 << 0,   /* the thread's name before each line */
    PRINTER_TIMES = 1 << 1,   /* the time at which a line was seen */
    PRINTER_COLOUR = 1 << 2,  /* the names in colour, one for each name */
    PRINTER_ALIGN = 1 << 3,   /* the lines in one column behind the names */
    PRINTER_KEEP = 1 << 4,    /* keeps the times beside the logs, see times.h */
    PRINTER_KEPT = 1 << 5,    /* prints those that were kept */
    PRINTER_REWRITE = 1 << 6, /* a carriage return begins a line anew, behind its name */
    PRINTER_PARTIAL = 1 << 7, /* shows a line that has waited for its end, as a prompt does */
    PRINTER_EXACT = 1 << 8,   /* a last line without newline gets none */
    PRINTER_RAW = 1 << 9,     /* of one source: its bytes at once, not by lines */
};

struct printer_source {
    struct printer      *printer;
    char                *path;
    struct text          name;       /* escaped */
    size_t               name_width; /* in columns */
    unsigned             colour;     /* an index */
    struct logfile       log;        /* not open before there is something in it */
    off_t                begin;      /* of what was not taken yet */
    off_t                seen;       /* from `begin` up to here there is no newline */
    off_t                limit;      /* nothing from there on is taken; 0: all is */
    int64_t              time;       /* of the last piece that was seen, or of the last line */
    bool                 touched;    /* ever */
    bool                 dirty;      /* there may be something to take */
    bool                 ended;      /* nothing more will be written */
    bool                 done;       /* and all is taken */
    bool                 shown;      /* the line at `begin` was begun: a part of it was taken */
    bool                 returned;   /* by a carriage return, and nothing was printed since */
    bool                 waits;      /* for the rest of its line, since then: */
    double               since;
    struct escapes       escapes;
    struct times_writer  writer; /* PRINTER_KEEP */
    struct times_reader *reader; /* PRINTER_KEPT */
    STAILQ_ENTRY(printer_source) dirty_link;
    TAILQ_ENTRY(printer_source) waiting_link;
    SLIST_ENTRY(printer_source) link;
};

struct printer {
    unsigned    flags;
    int         fd;
    size_t      piece;   /* so many bytes are written at once */
    struct text ready;   /* to be written; whole lines, but for a very long one */
    size_t      written; /* of it */
    size_t      width;   /* of the widest name so far */
    unsigned    colours; /* in use */

    /* The source of the line that is open on the output: a line of another one ends it. Or NULL. */
    struct printer_source *open;

    /* A line that is taken in pieces; nothing else is taken meanwhile. Or NULL. */
    struct printer_source *long_line;
    off_t                  long_end, long_next; /* where it ends, and what follows it begins */
    bool                   long_waits;          /* only a part of it is there: it stays open */
    STAILQ_HEAD(, printer_source) dirty;
    TAILQ_HEAD(, printer_source) waiting; /* for the rest of their lines, the longest first */
    SLIST_HEAD(, printer_source) sources;
};

/* Prints to FD. FLAGS: enum printer_flags; printer_style() has what suits FD. */
void printer_open(struct printer *printer, int fd, unsigned flags);

/* Returns the flags that suit FD, if it is a terminal, and its user; 0 for anything else. */
unsigned printer_style(int fd);

/*
 * A new source: the log at PATH from OFFSET on, of the thread NAME; both are copied. The file may
 * be missing until the source is touched. NULL without memory. It belongs to the printer.
 */
struct printer_source *printer_add(struct printer *printer, const char *name, const char *path,
                                   off_t offset);

void printer_touch(struct printer_source *source);

/* Nothing more will be written. A source that was not touched by then, or soon after, is empty. */
void printer_end(struct printer_source *source);

/*
 * Opens the log of SOURCE, which is opened by itself otherwise once there is something in it, and
 * moves to its last LINES lines if SOME_LINES. Returns 0 or -errno, as logfile.h does.
 */
int printer_open_source(struct printer_source *source, bool some_lines, unsigned long long lines);

/* Touches every source that is not known to be done. */
void printer_touch_all(struct printer *printer);

/* Takes from the logs until there is enough to write or nothing to take. Returns 0 or -ENOMEM. */
int printer_fill(struct printer *printer);

/* In how many milliseconds a line that waits for its end is to be shown; -1: there is none. */
int printer_patience(const struct printer *printer);

/* Returns true if there is something to write. */
bool printer_is_ready(const struct printer *printer);

/*
 * Writes some of it: so little that a pipe or terminal that poll() calls writable does not block.
 * Returns 0 or -errno; -EPIPE: the reader went away.
 */
int printer_write(struct printer *printer);

/* Takes and writes all there is, and waits for the descriptor. Returns as the two above do. */
int printer_drain(struct printer *printer);

/* Drops what was to be taken or written: nobody reads it. */
void printer_discard(struct printer *printer);

/* Returns true if all has been taken and written. */
bool printer_is_idle(const struct printer *printer);

/* Closes and frees all sources. */
void printer_close(struct printer *printer);

#endif
