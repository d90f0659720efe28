#include "cli/view/printer_take.h"

#include "cli/base/clock.h"
#include "cli/view/printer_lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The size of the blocks that are read. */
#define TAKE_BLOCK_SIZE (128U * 1024)

/* The seconds that an unfinished line waits for its end before it is shown. */
#define WAIT 0.2

/* Reads up to SIZE bytes of the log, from AT on. */
static ssize_t read_log(struct printer_source *source, char *block, size_t size, off_t at)
{
    if (source->log.buffer != NULL)
        log_buffer_drop(source->log.buffer, source->begin);
    source->log.position = at;
    return logfile_read(&source->log, block, size);
}

/*
 * If bytes of the log were lost before the last read, which returned SIZE, ends the line that the lost bytes belonged
 * to, goes on behind them, and returns true.
 */
static bool take_gap(struct printer_source *source, ssize_t size)
{
    if (!source->log.gap)
        return false;
    source->log.gap = false;
    if (source->shown)
        lines_end(source);
    source->begin = source->seen = source->log.position - (size > 0 ? size : 0);
    return true;
}

/* Lines that wait for their ends */

static void stop_waiting(struct printer_source *source)
{
    if (source->waits)
        TAILQ_REMOVE(&source->printer->waiting, source, waiting_link);
    source->waits = false;
}

/*
 * Makes SOURCE wait for the rest of its line. If the line is open on the output already, its rest is
 * shown at once.
 */
static void wait_for_rest(struct printer_source *source)
{
    struct printer *printer = source->printer;

    if (source->waits || source->ended || !(printer->flags & PRINTER_PARTIAL))
        return;
    source->waits = true;
    if (printer->open == source) {
        source->since = 0;
        TAILQ_INSERT_HEAD(&printer->waiting, source, waiting_link);
    } else {
        source->since = clock_monotonic();
        TAILQ_INSERT_TAIL(&printer->waiting, source, waiting_link);
    }
}

int take_patience(const struct printer *printer)
{
    const struct printer_source *first = TAILQ_FIRST(&printer->waiting);
    double                       left;

    if (first == NULL)
        return -1;
    left = first->since + WAIT - clock_monotonic();
    return left > 0 ? (int) (left * 1000) + 1 : 0;
}

/* Taking lines */

/*
 * Begins to take the line up to END in pieces. The next line begins at NEXT. WAITS: the line is
 * unfinished, which a short line may be too, and stays open after the last piece.
 */
static void begin_pieces(struct printer_source *source, off_t end, off_t next, bool waits)
{
    struct printer *printer = source->printer;

    stop_waiting(source);
    printer->long_line = source;
    printer->long_end = end;
    printer->long_next = next;
    printer->long_waits = waits;
}

/* Runs */

/*
 * Returns the mark of the first run that begins within the SIZE bytes at `seen`, or right behind them. SIZE
 * may be an error.
 */
static const struct run_mark *find_run(struct printer_source *source, ssize_t size)
{
    if (source->marks == NULL)
        return NULL;
    return run_marks_find(source->marks, source->seen, source->seen + (size > 0 ? size : 0));
}

/* Announces the run of MARK, which begins here. If the line before is not complete, completes that line instead. */
static void take_run(struct printer_source *source, const struct run_mark *mark)
{
    if (source->seen > source->begin) {
        begin_pieces(source, source->seen, source->seen, false);
        return;
    }
    lines_add_run(source, mark);
    run_marks_take(source->marks, mark);
}

/* Returns true if the unfinished line fills the buffer of SOURCE: then it must be shown to make room. */
static bool fills_buffer(const struct printer_source *source)
{
    return source->log.buffer != NULL && log_buffer_is_full(source->log.buffer);
}

/* Handles the end of the log. If the source has ended, takes its last line, and closes the source when that is done. */
static void settle(struct printer_source *source)
{
    if (source->seen > source->begin && fills_buffer(source)) {
        begin_pieces(source, source->seen, source->seen, true);
        return;
    }
    if (source->ended && source->seen > source->begin) {
        begin_pieces(source, source->seen, source->seen, false);
        return;
    }
    printer_source_clean(source);
    if (!source->ended)
        return;
    if (source->shown && !(source->printer->flags & PRINTER_EXACT))
        lines_end(source);
    printer_source_close(source);
}

/* Notes the present time as the time of the lines before END. With PRINTER_KEEP, writes it to the file of times. */
static void see(struct printer_source *source, off_t end)
{
    unsigned flags = source->printer->flags;

    if (source->reader == NULL && (flags & (PRINTER_TIMES | PRINTER_KEEP)))
        source->time = times_now();
    if (flags & PRINTER_KEEP)
        times_write(&source->writer, source->path, source->log.file.fd, end, source->time);
}

/*
 * Takes the lines of a block, which begins with a line or with the rest of a line, and ends with a newline. If
 * another source has ended the line before, and nothing but its newline is left, prints nothing.
 */
static void take_lines(struct printer_source *source, const char *block, size_t size)
{
    if (lines_add_plain(source, block, size)) {
        source->begin += (off_t) size;
        return;
    }
    while (size > 0) {
        const char *end = memchr(block, '\n', size);
        size_t      line = (size_t) (end - block);

        source->begin += (off_t) line + 1;
        if (line > 0 || !source->shown)
            lines_begin(source, source->begin - 1);
        lines_add(source, block, line);
        lines_end(source);
        block += line + 1;
        size -= line + 1;
    }
}

/*
 * Takes the whole lines of a block. If a line began before the block, looks only for the end of
 * that line.
 */
static void take_whole(struct printer_source *source, const char *block, size_t size)
{
    const char *newline;

    if (source->begin == source->seen) {
        newline = memrchr(block, '\n', size);
        if (newline != NULL)
            take_lines(source, block, (size_t) (newline - block) + 1);
        source->seen += (off_t) size;
        /* More comes behind a full block: it is read again from its last line on, which is then whole. */
        if (newline != NULL && size == TAKE_BLOCK_SIZE)
            source->seen = source->begin;
    } else {
        newline = memchr(block, '\n', size);
        source->seen += newline != NULL ? newline - block : (off_t) size;
        if (newline != NULL)
            begin_pieces(source, source->seen, source->seen + 1, false);
    }
    if (source->begin < source->seen && source->printer->long_line == NULL)
        wait_for_rest(source);
}

/* Returns the most bytes that the next block of SOURCE may have. */
static size_t size_of_next(const struct printer_source *source)
{
    if (source->limit < 0)
        return TAKE_BLOCK_SIZE;
    return logfile_bytes_before(source->seen, source->limit, TAKE_BLOCK_SIZE);
}

/*
 * Takes the beginning of a run at SOURCE's position, which is then announced, or the end of the log (SIZE 0 or an
 * error), and returns 0. Otherwise returns how many of the SIZE bytes that were read there belong to one run.
 */
static size_t take_run_or_count(struct printer_source *source, ssize_t size)
{
    const struct run_mark *mark = find_run(source, size);

    if (mark != NULL && mark->offset == source->seen)
        take_run(source, mark);
    else if (size <= 0)
        settle(source);
    else
        return mark != NULL ? (size_t) (mark->offset - source->seen) : (size_t) size;
    return 0;
}

/* Takes the whole lines of SOURCE's next block. */
static void take_block(struct printer_source *source, char *block)
{
    size_t  wanted = size_of_next(source);
    ssize_t size = wanted > 0 ? read_log(source, block, wanted, source->seen) : 0;
    size_t  taken;

    if (take_gap(source, size))
        stop_waiting(source);
    taken = take_run_or_count(source, size);
    if (taken == 0)
        return;
    see(source, source->seen + (off_t) taken);
    take_whole(source, block, taken);
}

/*
 * Takes the bytes of SOURCE's next block. Reads them directly into the buffer of bytes to be written.
 */
static void take_bytes(struct printer_source *source)
{
    struct text *ready = &source->printer->ready;
    size_t       wanted = size_of_next(source), taken;
    ssize_t      size = 0;

    if (!text_reserve(ready, TAKE_BLOCK_SIZE + 1))
        return;
    if (wanted > 0)
        size = read_log(source, ready->data + ready->size, wanted, source->seen);
    /* Makes room for the newline that take_gap() adds. */
    if (source->log.gap && source->shown && size > 0)
        memmove(ready->data + ready->size + 1, ready->data + ready->size, (size_t) size);
    (void) take_gap(source, size);
    taken = take_run_or_count(source, size);
    if (taken == 0)
        return;
    ready->size += taken;
    source->printer->open = source;
    source->shown = ready->data[ready->size - 1] != '\n';
    source->begin = source->seen += (off_t) taken;
}

/* Ends the long line, of which everything was taken. */
static void end_long_line(struct printer *printer)
{
    struct printer_source *source = printer->long_line;
    bool                   has_newline = printer->long_next > printer->long_end;

    if (!printer->long_waits && (has_newline || !(printer->flags & PRINTER_EXACT)))
        lines_end(source);
    source->begin = source->seen = printer->long_next;
    printer->long_line = NULL;
}

/* Takes the next piece of the long line, and the newline behind its last piece. */
static void take_piece(struct printer *printer, char *block)
{
    struct printer_source *source = printer->long_line;
    off_t                  left = printer->long_end - source->begin;
    size_t  wanted = left < (off_t) TAKE_BLOCK_SIZE ? (size_t) left : TAKE_BLOCK_SIZE;
    ssize_t size = left > 0 ? read_log(source, block, wanted, source->begin) : 0;

    if (take_gap(source, size)) {
        printer->long_line = NULL;
    } else if (size > 0) {
        lines_begin(source, printer->long_next > printer->long_end ? printer->long_end
                                                                   : printer->long_end - 1);
        lines_add(source, block, (size_t) size);
        source->begin += size;
        source->shown = true;
    } else {
        end_long_line(printer);
    }
}

/* Begins to show a line that has waited long enough. Returns false if there is none. */
static bool show_waiting(struct printer *printer)
{
    struct printer_source *source = TAILQ_FIRST(&printer->waiting);

    if (source == NULL || take_patience(printer) > 0)
        return false;
    begin_pieces(source, source->seen, source->seen, true);
    return true;
}

/* Takes a block from the next source. The sources take turns. */
static void take_turn(struct printer *printer, char *block)
{
    struct printer_source *source = STAILQ_FIRST(&printer->dirty);

    if (!printer_source_is_open(source)) {
        printer_source_clean(source);
        return;
    }
    STAILQ_REMOVE_HEAD(&printer->dirty, dirty_link);
    STAILQ_INSERT_TAIL(&printer->dirty, source, dirty_link);
    if (printer->flags & PRINTER_RAW)
        take_bytes(source);
    else
        take_block(source, block);
}

bool take_is_needed(const struct printer *printer)
{
    return !STAILQ_EMPTY(&printer->dirty) || printer->long_line != NULL ||
           take_patience(printer) == 0;
}

/* Takes a block from a source; BLOCK is room for it. Returns false if there is nothing to take. */
static bool take_next(struct printer *printer, char *block)
{
    if (printer->long_line != NULL)
        take_piece(printer, block);
    else if (show_waiting(printer))
        return true;
    else if (!STAILQ_EMPTY(&printer->dirty))
        take_turn(printer, block);
    else
        return false;
    return true;
}

int take_until(struct printer *printer, size_t size)
{
    struct text *ready = &printer->ready;
    char        *block;

    if (!take_is_needed(printer))
        return 0;
    block = malloc(TAKE_BLOCK_SIZE);
    if (block == NULL)
        return -ENOMEM;
    while (ready->size < size && !ready->failed)
        if (!take_next(printer, block))
            break;
    free(block);
    return ready->failed ? -ENOMEM : 0;
}

void take_discard(struct printer *printer)
{
    while (!STAILQ_EMPTY(&printer->dirty))
        printer_source_clean(STAILQ_FIRST(&printer->dirty));
    while (!TAILQ_EMPTY(&printer->waiting))
        stop_waiting(TAILQ_FIRST(&printer->waiting));
    printer->long_line = NULL;
}
