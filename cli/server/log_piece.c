#include "cli/server/log_piece.h"

#include "cli/place/disk.h"
#include "cli/rpc/bytes.h"

#include <errno.h>

/*
 * Fills PIECE with up to SIZE bytes. Stops at a gap, where bytes of the log were lost. Returns the number of bytes, or
 * -errno. *RET_END becomes true if the end of the log was reached.
 */
static ssize_t fill(struct logfile *log, struct log_piece *piece, size_t size, bool *ret_end)
{
    ssize_t n = size > 0 ? logfile_read(log, piece->data, size) : 0;
    ssize_t more = n;

    piece->offset = log->position - n; /* behind a gap the position may be that in another file */
    piece->gap = log->gap;
    log->gap = false;
    while (n > 0 && more > 0 && (size_t) n < size) {
        more = logfile_read(log, piece->data + n, size - (size_t) n);
        if (more > 0 && log->gap)
            break;
        n += more > 0 ? more : 0;
    }
    if (more > 0 && log->gap)
        log->position -= more; /* the next piece begins there, behind the gap */
    *ret_end = more == 0 && !log->gap;
    return n;
}

/* Adds to PIECE the beginnings of runs in it, or right behind it. Returns 0 or -ENOMEM. */
static int add_runs(struct log_piece *piece, struct run_marks *marks)
{
    const struct run_mark *mark;

    while ((mark = run_marks_find(marks, piece->offset, piece->offset + piece->size)) != NULL) {
        json_t *how = bytes_to_json(mark->how);

        run_marks_take(marks, mark);
        if (piece->runs == NULL)
            piece->runs = json_array();
        if (json_array_append_new(piece->runs, json_pack("{s:I, s:I, s:I, s:o}", "offset",
                                                         (json_int_t) mark->offset, "run",
                                                         (json_int_t) mark->run, "time",
                                                         (json_int_t) mark->time, "how", how)) < 0)
            return -ENOMEM;
    }
    return 0;
}

int log_piece_read(struct log_piece *piece, struct logfile *log, struct run_marks *marks,
                   size_t size, bool *ret_end)
{
    piece->size = fill(log, piece, size, ret_end);
    if (piece->size < 0)
        return (int) piece->size;
    return add_runs(piece, marks);
}

bool log_piece_is_empty(const struct log_piece *piece)
{
    return piece->size == 0 && !piece->gap && !piece->end && piece->runs == NULL;
}

/* Returns the times of the bytes of PIECE; NULL without memory. */
static json_t *list_times(const struct log_piece *piece, struct times_reader *times,
                          const char *path)
{
    json_t           *list = json_array();
    struct times_mark mark = {.end = piece->offset};
    off_t             end = piece->offset + piece->size;

    while (list != NULL && mark.end < end && times_find(times, path, (off_t) mark.end, &mark))
        if (json_array_append_new(
                list, json_pack("[I, I]", (json_int_t) mark.end, (json_int_t) mark.time)) < 0) {
            json_decref(list);
            list = NULL;
        }
    return list;
}

/* Sets the MEMBER of OBJECT to VALUE, which it takes over. Returns false if memory is lacking. */
static bool set(json_t *object, const char *member, json_t *value)
{
    return json_object_set_new(object, member, value) == 0;
}

json_t *log_piece_to_json(const struct log_piece *piece, json_int_t number, const char *path,
                          struct times_reader *times)
{
    json_t *object =
        json_pack("{s:I, s:I, s:o}", "reader", number, "offset", (json_int_t) piece->offset, "data",
                  bytes_any_to_json(piece->data, (size_t) piece->size));
    bool is_whole = object != NULL;

    if (piece->runs != NULL)
        is_whole = set(object, "runs", json_incref(piece->runs)) && is_whole;
    if (times != NULL)
        is_whole = set(object, "times", list_times(piece, times, path)) && is_whole;
    if (piece->gap)
        is_whole = set(object, "gap", json_true()) && is_whole;
    if (piece->end)
        is_whole = set(object, "end", json_true()) && is_whole;
    if (piece->end && disk_is_full(path))
        is_whole = set(object, "disk_full", json_true()) && is_whole;
    if (is_whole)
        return object;
    json_decref(object);
    return NULL;
}
