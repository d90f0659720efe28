/*
 * The sources of a printer (printer.h). A source is one thread's log, from which the printer takes
 * lines. The printer's user adds a source, touches it when its log was written to, and ends it.
 */
#ifndef K3THREAD_CLI_VIEW_PRINTER_SOURCE_H
#define K3THREAD_CLI_VIEW_PRINTER_SOURCE_H

#include "cli/base/text.h"
#include "cli/place/logfile.h"
#include "cli/place/run_marks.h"
#include "cli/place/times.h"
#include "cli/view/escape_filter.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

enum printer_flags {
    PRINTER_NAMES = 1 << 0,   /* print the thread's name before each line */
    PRINTER_TIMES = 1 << 1,   /* print before each line the time when it was seen */
    PRINTER_COLOUR = 1 << 2,  /* colour the names, each in its own colour */
    PRINTER_ALIGN = 1 << 3,   /* begin all lines in one column behind the names */
    PRINTER_KEEP = 1 << 4,    /* keep the times beside the logs, see times.h */
    PRINTER_KEPT = 1 << 5,    /* print the times that were kept */
    PRINTER_REWRITE = 1 << 6, /* a carriage return begins the line again, behind its name */
    PRINTER_PARTIAL = 1 << 7, /* show an unfinished line, such as a prompt, after a pause */
    PRINTER_EXACT = 1 << 8,   /* add no newline to a last line without one */
    PRINTER_RAW = 1 << 9,     /* for a single source: pass its bytes at once, not by lines */
    PRINTER_TWO = 1 << 10,    /* print much output to a file with two threads, see printer_poll() */
};

/* One source. */
struct printer_source {
    struct printer      *printer;
    char                *path;
    struct text          name;       /* escaped */
    size_t               name_width; /* in columns */
    unsigned             colour;     /* an index into the colours */
    struct logfile       log;        /* opened when the log is first not empty */
    off_t                begin;      /* of the bytes that were not taken yet */
    off_t                seen;       /* there is no newline from `begin` up to here */
    off_t                limit;      /* no bytes are taken from here on; -1: no limit */
    int64_t              time;       /* when the last piece, or the last line, was seen */
    bool                 touched;    /* the log was touched at least once */
    bool                 dirty;      /* the log may hold something to take */
    bool                 ended;      /* the log will not be written to any more */
    bool                 done;       /* it has ended, and everything was taken */
    bool                 shown;      /* a part of the line at `begin` was taken and shown */
    bool                 returned;   /* a carriage return was the last thing printed */
    bool                 waits;      /* its line has waited for its end since `since` */
    double               since;
    struct escape_filter filter;
    struct times_writer  writer; /* for PRINTER_KEEP */
    struct times_reader *reader; /* for PRINTER_KEPT */
    struct run_marks
        *marks; /* the runs to announce; if there is a buffer, they are its own; NULL: none */
    STAILQ_ENTRY(printer_source) dirty_link;
    TAILQ_ENTRY(printer_source) waiting_link;
    LIST_ENTRY(printer_source) link;
};

struct printer {
    unsigned     flags;
    int          fd;
    size_t       piece;   /* how many bytes are written at once */
    struct text  ready;   /* to be written: whole lines, or a part of a very long line */
    size_t       written; /* how many bytes of READY are written */
    uint64_t     printed; /* how many bytes one thread has written */
    struct pair *pair;    /* the second thread; NULL: there is none */
    size_t       width;   /* of the widest name so far */
    unsigned     colours; /* how many colours are in use */

    /*
     * The source whose line is open on the output, or NULL. A line of another source ends that
     * line.
     */
    struct printer_source *open;

    /*
     * The source whose long line is being taken in pieces, or NULL. No other line is taken
     * meanwhile.
     */
    struct printer_source *long_line;
    off_t long_end, long_next; /* the end of that line, the beginning of the next */
    bool  long_waits;          /* its end has not come: it stays open */
    STAILQ_HEAD(, printer_source) dirty;
    TAILQ_HEAD(, printer_source) waiting; /* wait for their lines' ends, longest wait first */
    LIST_HEAD(, printer_source) sources;
};

/*
 * Adds a source: the log at PATH from OFFSET on, of the thread NAME. Copies both strings. The file
 * need not exist before the source is touched. The printer owns the source. Returns NULL if memory
 * is lacking.
 */
struct printer_source *printer_add(struct printer *printer, const char *name, const char *path,
                                   off_t offset);

/*
 * Adds a source whose log comes into BUFFER, which is borrowed. PATH is the log's path on its own machine. Returns as
 * printer_add() does.
 */
struct printer_source *printer_add_buffer(struct printer *printer, const char *name,
                                          const char *path, struct log_buffer *buffer);

/* Makes SOURCE, which has a buffer, announce each run after the first by a line. */
void printer_show_buffered_runs(struct printer_source *source);

/*
 * Makes SOURCE announce each run after the first by a line, at the marks in the file PATH (run_marks.h). Returns 0
 * or -ENOMEM.
 */
int printer_show_runs(struct printer_source *source, const char *path);

/* Notes that the log may hold something new. */
void printer_touch(struct printer_source *source);

/* Touches every source that is not done. */
void printer_touch_all(struct printer *printer);

/*
 * Notes that the log will not be written to any more. A source that is not touched before that, or
 * soon after, is empty.
 */
void printer_end(struct printer_source *source);

/* Notes the same for every source that is not done. */
void printer_end_all(struct printer *printer);

/* Notes that more may be written after all: the thread runs again. */
void printer_resume(struct printer_source *source);

/*
 * Returns true if SOURCE has ended, and everything was taken from it. Its log must not have been written to without
 * a touch.
 */
bool printer_source_is_over(const struct printer_source *source);

/* Removes SOURCE, which is over, and frees it. */
void printer_remove(struct printer_source *source);

/*
 * Opens the log of SOURCE at once, even if it is empty. If SOME_LINES, moves to its last LINES
 * lines. Returns 0 or -errno, as logfile.h does.
 */
int printer_open_source(struct printer_source *source, bool some_lines, unsigned long long lines);

/* The functions below are for the printer's own files. */

/* Returns true if the log is open. Opens it if it holds something. */
bool printer_source_is_open(struct printer_source *source);

/* Takes SOURCE off the list of sources that may have something to take. */
void printer_source_clean(struct printer_source *source);

/* Closes the files of SOURCE. */
void printer_source_close(struct printer_source *source);

/* Closes and frees SOURCE, which must be on no list any more. */
void printer_source_free(struct printer_source *source);

#endif
