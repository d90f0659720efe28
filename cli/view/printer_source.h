/*
 * The sources of a printer (printer.h): a thread's log each, from which the printer takes lines. Its users
 * add a source, touch it when something was written, and end it.
 */
#ifndef K3THREAD_CLI_VIEW_PRINTER_SOURCE_H
#define K3THREAD_CLI_VIEW_PRINTER_SOURCE_H

#include "cli/base/text.h"
#include "cli/place/logfile.h"
#include "cli/place/times.h"
#include "cli/view/escapes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

enum printer_flags {
    PRINTER_NAMES = 1 << 0,   /* the thread's name before each line */
    PRINTER_TIMES = 1 << 1,   /* before each line the time at which it was seen */
    PRINTER_COLOUR = 1 << 2,  /* the names in colour, one for each name */
    PRINTER_ALIGN = 1 << 3,   /* the lines in one column behind the names */
    PRINTER_KEEP = 1 << 4,    /* keeps the times beside the logs, see times.h */
    PRINTER_KEPT = 1 << 5,    /* prints the times that were kept */
    PRINTER_REWRITE = 1 << 6, /* a carriage return begins a line anew, behind its name */
    PRINTER_PARTIAL = 1 << 7, /* shows a line that has waited for its end, as a prompt does */
    PRINTER_EXACT = 1 << 8,   /* a last line without newline gets none */
    PRINTER_RAW = 1 << 9,     /* with one source: its bytes at once, not by lines */
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
    off_t                limit;      /* no bytes from here on are taken; 0: all are */
    int64_t              time;       /* of the last piece that was seen, or of the last line */
    bool                 touched;    /* at least once */
    bool                 dirty;      /* there may be something to take */
    bool                 ended;      /* nothing more will be written */
    bool                 done;       /* it has ended, and all is taken */
    bool                 shown;      /* the line at `begin` was begun: a part of it was taken */
    bool                 returned;   /* by a carriage return, and nothing was printed since */
    bool                 waits;      /* for the rest of its line, since `since` */
    double               since;
    struct escapes       escapes;
    struct times_writer  writer; /* for PRINTER_KEEP */
    struct times_reader *reader; /* for PRINTER_KEPT */
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

    /* The source whose line is open on the output: a line of another source ends it. Or NULL. */
    struct printer_source *open;

    /* The source of a line that is taken in pieces; nothing else is taken meanwhile. Or NULL. */
    struct printer_source *long_line;
    off_t                  long_end, long_next; /* where it ends, and where the next line begins */
    bool                   long_waits;          /* only a part of it is there: it stays open */
    STAILQ_HEAD(, printer_source) dirty;
    TAILQ_HEAD(, printer_source) waiting; /* for the rest of their lines, the longest first */
    SLIST_HEAD(, printer_source) sources;
};

/*
 * Adds a source: the log at PATH from OFFSET on, of the thread NAME; both are copied. The file may
 * be missing until the source is touched. Returns NULL without memory. The source belongs to the
 * printer.
 */
struct printer_source *printer_add(struct printer *printer, const char *name, const char *path,
                                   off_t offset);

/* Notes that there may be something new in the log. */
void printer_touch(struct printer_source *source);

/* Touches every source that is not known to be done. */
void printer_touch_all(struct printer *printer);

/*
 * Notes that nothing more will be written. A source that was not touched by then, or soon after, is
 * empty.
 */
void printer_end(struct printer_source *source);

/*
 * Opens the log of SOURCE at once, not when there is something in it; SOME_LINES: moves to its last
 * LINES lines. Returns 0 or -errno, as logfile.h does.
 */
int printer_open_source(struct printer_source *source, bool some_lines, unsigned long long lines);

/* The rest is for the printer's own files. */

/* Returns true if the log is open; opens it if there is something in it. */
bool printer_source_is_open(struct printer_source *source);

/* Takes SOURCE off the list of those that may have something to take. */
void printer_source_clean(struct printer_source *source);

/* Closes its files. */
void printer_source_close(struct printer_source *source);

/* Closes and frees it; it is on no list any more. */
void printer_source_free(struct printer_source *source);

#endif
