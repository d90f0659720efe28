/* The threads of a run, as the supervisor last described them, and how they came out. */
#ifndef K3THREAD_CLI_SCRIPT_MEMBERS_H
#define K3THREAD_CLI_SCRIPT_MEMBERS_H

#include "cli/view/printer.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct member {
    json_t                *thread;  /* NULL: this id was never seen */
    struct printer_source *source;  /* of its output; NULL: goes elsewhere */
    bool                   written; /* something was, to its log */
    bool                   ended;   /* and that was acted upon */
    bool                   waited;  /* it could not run at once: nobody hears of its failure */
};

/* Zeroed it is empty. Ids are small: a supervisor counts from 1. */
struct members {
    struct member *list; /* by id */
    size_t         size;
};

/* The place for the member of that id, known or not; NULL without memory, or if it is no id. */
struct member *members_at(struct members *members, json_int_t id);

/* The member of that id, or NULL. */
struct member *members_find(const struct members *members, json_int_t id);

/* Takes over what THREAD says of itself; the member it is, or NULL without memory. */
struct member *members_update(struct members *members, json_t *thread);

/* What the end of THREAD counts as: a status, 0 also when it was asked to end. */
int members_status(const json_t *thread);

/* Returns true if all are daemons, and one lives. */
bool members_are_daemons(const struct members *members);

/* Prints who ended how, and how long it took: a table on standard error; nothing when there is nobody. */
void members_print_summary(const struct members *members, double seconds);

void members_release(struct members *members);

#endif
