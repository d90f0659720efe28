/*
 * The nodes of a compiled expression, for two files only: regex_parse.c makes them, and regex.c follows them. A
 * match is in several nodes at once.
 */
#ifndef K3THREAD_CLI_READY_REGEX_NODES_H
#define K3THREAD_CLI_READY_REGEX_NODES_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The most nodes of an expression, whose repetitions are written out. */
#define REGEX_NODES 1000

/* The most open parentheses at once: the parser calls itself for each. */
#define REGEX_DEPTH 20

/* The action of a node. Each but JUMP and FOUND leads to the node behind it. */
enum operation {
    SET,    /* matches one byte of the set with this number */
    ASSERT, /* matches nothing, where this assertion holds */
    SPLIT,  /* leads to two nodes: the one at this distance, and the one behind it */
    JUMP,   /* leads to the node at this distance */
    FOUND,  /* the whole expression has matched */
};

/* One step of an expression. Distances are relative, so that a part can be moved and copied. */
struct node {
    enum operation operation;
    int            operand;
};

typedef uint8_t byte_set[(UCHAR_MAX + 1) / 8];

/* The nodes that a match has reached, each once. */
struct states {
    size_t count;
    size_t nodes[REGEX_NODES];
    bool   has[REGEX_NODES];
};

/* One compiled expression, with the state of its match. */
struct regex {
    size_t        length, sets_used;
    struct node   nodes[REGEX_NODES];
    byte_set      sets[REGEX_NODES];
    struct states states[2]; /* of a match: at this byte, and at the next */
};

/* Adds the nodes of TEXT to REGEX, which is zeroed. Returns as regex_new() does. */
int regex_parse(struct regex *regex, const char *text);

/* Returns true if C is a letter, a digit or "_". */
int regex_is_word(int c);

#endif
