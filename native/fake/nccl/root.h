// The meeting point of a communicator: a thread in the process that asked for the unique id. Every rank keeps one
// connection to it; it adds up what they send, and its fault table says how long that took.
#ifndef BRIDGE_FAKE_ROOT_H
#define BRIDGE_FAKE_ROOT_H

#include "wire.h"

struct communicator;

struct member {
    int fd;
    struct hello hello;
    struct communicator *communicator; // NULL until it said hello
    struct buffer in, out;
    uint64_t counts[OP_COUNT];
    bool gone, finalized, close_after_write;
    struct member *next;
};

struct piece {
    bool there;
    char *data;
    size_t size;
};

struct pending {
    struct frame first;
    int arrived;
    struct piece *piece; // one per rank
    struct pending *next;
};

struct message {
    bool receive;
    int from, to;
    struct frame frame;
    char *data;
    struct message *next;
};

struct communicator {
    uint64_t id;
    int ranks, arrived, error;
    bool ready;
    struct member **rank;
    struct place *place;
    struct pending *pending;
    struct message *messages;
    uint64_t operations;
    int splits_arrived;
    struct frame *split; // one per rank while a split is under way
    struct communicator *next;
};

struct root {
    int listener;
    uint64_t id, run, children;
    bool seen;
    struct member *members;
    struct communicator *communicators;
};

// Starts the thread; the id's number and address are filled.
bool root_start(uint64_t id, struct sockaddr_in *address, char *problem, size_t size);

void root_answer(struct member *member, const struct frame *frame, const void *payload);
void root_fail(struct communicator *communicator, int code);
struct communicator *root_communicator(struct root *root, uint64_t id, int ranks);

// collect.c: one rank's part of an operation came in.
void root_operation(struct root *root, struct member *member, const struct frame *frame, const char *payload);
void root_split(struct root *root, struct member *member, const struct frame *frame);
void communicator_free(struct communicator *communicator);

// report.c: what the RAS port tells about the communicators of this root, to be freed by the caller.
char *root_report(const struct root *root, int style, size_t *size);

#endif
