#include "cli/ready/regex.h"

#include "cli/ready/regex_nodes.h"

#include <errno.h>
#include <stdlib.h>

int regex_new(const char *text, struct regex **ret)
{
    struct regex *regex = calloc(1, sizeof(*regex));
    int           error = regex != NULL ? regex_parse(regex, text) : -ENOMEM;

    if (error != 0) {
        regex_free(regex);
        regex = NULL;
    }
    *ret = regex;
    return error;
}

void regex_free(struct regex *regex)
{
    free(regex);
}

/* A position in one line. */
struct position {
    const char *line;
    size_t      at, length;
};

/* Returns true if ASSERTION holds at POSITION. */
static bool holds(int assertion, const struct position *position)
{
    const unsigned char *line = (const unsigned char *) position->line;
    bool                 before = position->at > 0 && regex_is_word(line[position->at - 1]);
    bool behind = position->at < position->length && regex_is_word(line[position->at]);

    switch (assertion) {
    case '^':
        return position->at == 0;
    case '$':
        return position->at == position->length;
    case '<':
        return !before && behind;
    case '>':
        return before && !behind;
    case 'b':
        return before != behind;
    default:
        return before == behind;
    }
}

static void add(struct states *states, size_t node)
{
    if (!states->has[node])
        states->nodes[states->count++] = node;
    states->has[node] = true;
}

/* Adds the nodes that STATES leads to without a byte. Returns true if FOUND is among them. */
static bool complete(const struct regex *regex, struct states *states,
                     const struct position *position)
{
    for (size_t i = 0; i < states->count; i++) {
        size_t             at = states->nodes[i];
        const struct node *node = &regex->nodes[at];

        if (node->operation == FOUND)
            return true;
        if (node->operation == SPLIT || node->operation == JUMP)
            add(states, at + (size_t) node->operand);
        if (node->operation == SPLIT ||
            (node->operation == ASSERT && holds(node->operand, position)))
            add(states, at + 1);
    }
    return false;
}

static bool includes(const uint8_t *set, unsigned char byte)
{
    return (set[byte / 8] >> byte % 8 & 1) != 0;
}

/* Adds the nodes that FROM leads to by BYTE to TO. */
static void advance(const struct regex *regex, const struct states *from, struct states *to,
                    char byte)
{
    for (size_t i = 0; i < from->count; i++) {
        const struct node *node = &regex->nodes[from->nodes[i]];

        if (node->operation == SET && includes(regex->sets[node->operand], (unsigned char) byte))
            add(to, from->nodes[i] + 1);
    }
}

static void clear(struct states *states)
{
    for (size_t i = 0; i < states->count; i++)
        states->has[states->nodes[i]] = false;
    states->count = 0;
}

bool regex_matches(struct regex *regex, const char *line, size_t length)
{
    struct position position = {.line = line, .length = length};
    struct states  *states = &regex->states[0], *next = &regex->states[1];

    clear(states);
    for (;; position.at++) {
        struct states *done = states;

        add(states, 0); /* a match may begin at each byte */
        if (complete(regex, states, &position))
            return true;
        if (position.at == length)
            return false;
        clear(next);
        advance(regex, states, next, line[position.at]);
        states = next;
        next = done;
    }
}
