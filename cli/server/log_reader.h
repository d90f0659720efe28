/*
 * Readers of logs, for clients that cannot open the files: the method "read". The server's thread only.
 *
 * A reader is a position in the log of one thread, for one client. It keeps the file open, so that the client
 * gets every byte once, in order, also when the log is emptied, moved or cut meanwhile (cli/place/logfile.h).
 * It ends when it has nothing more to give, when its client closes it, or with the connection.
 */
#ifndef K3THREAD_CLI_SERVER_LOG_READER_H
#define K3THREAD_CLI_SERVER_LOG_READER_H

#include "cli/server/record.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct call;
struct log_reader;
struct peer;

/* The most bytes of one reply, and the number if the client names none. */
#define LOG_READER_PIECE_MAX     (256 * 1024)
#define LOG_READER_PIECE_DEFAULT (64 * 1024)

/* The part of a log that a reader is to read. */
struct log_reader_wish {
    bool       follow; /* until the thread has ended; if not, only the present log */
    bool       times;  /* also the times of the bytes, if they are kept */
    off_t      offset; /* begin there; negative: where the thread's output begins */
    double     since;  /* begin with the output of the last seconds; negative: do not */
    json_int_t lines;  /* begin with the last lines; negative: do not */
};

/* Returns PEER's reader of that number, or NULL. */
struct log_reader *log_reader_find(const struct peer *peer, json_int_t number);

/* Opens a reader for PEER, of the log of RECORD. Returns NULL if memory is lacking. */
struct log_reader *log_reader_open(struct peer *peer, json_int_t number, struct record *record,
                                   const struct log_reader_wish *wish);

/* Answers CALL with the next piece, of at most SIZE bytes, or makes it wait until there is one. */
void log_reader_read(struct log_reader *reader, struct call *call, size_t size);

/* Answers CALL that nothing more comes from the reader of that number. */
void log_reader_reply_end(struct call *call, json_int_t number);

/* Closes the reader. Its calls that wait are answered with the end. */
void log_reader_close(struct log_reader *reader);

/* Closes all readers of a client that has no call any more. */
void log_reader_close_all(struct peer *peer);

/* Looks at the logs that the system does not watch. Returns the seconds until the next look, or -1. */
double log_reader_do_due(void);

#endif
