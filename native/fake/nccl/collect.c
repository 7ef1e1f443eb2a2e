#define _GNU_SOURCE
#include "root.h"

#include <stdlib.h>
#include <string.h>

void communicator_free(struct communicator *communicator) {
    while (communicator->pending != NULL) {
        struct pending *pending = communicator->pending;
        communicator->pending = pending->next;
        for (int rank = 0; rank < communicator->ranks; rank++) free(pending->piece[rank].data);
        free(pending->piece);
        free(pending);
    }
    while (communicator->messages != NULL) {
        struct message *message = communicator->messages;
        communicator->messages = message->next;
        free(message->data);
        free(message);
    }
    free(communicator->rank);
    free(communicator->place);
    free(communicator->split);
    free(communicator);
}

// Adds one contribution to another: float32 (type 7) and int32 (type 2).
static void add_up(char *sum, const char *more, size_t size, int type) {
    for (size_t at = 0; at + 4 <= size; at += 4) {
        if (type == 7) {
            float one, two;
            memcpy(&one, sum + at, 4);
            memcpy(&two, more + at, 4);
            one += two;
            memcpy(sum + at, &one, 4);
        } else {
            uint32_t one, two;
            memcpy(&one, sum + at, 4);
            memcpy(&two, more + at, 4);
            one += two;
            memcpy(sum + at, &one, 4);
        }
    }
}

// The size as nccl-tests counts it: the whole result for a gather, the whole input for a scatter.
static uint64_t counted_bytes(const struct frame *frame, int ranks) {
    bool whole = frame->operation == OP_ALL_GATHER || frame->operation == OP_REDUCE_SCATTER;
    return frame->count * frame->size_of_type * (whole ? (uint64_t)ranks : 1);
}

enum fate { FATE_DONE, FATE_HANGS, FATE_FAILS };

// What the fault table makes of the communicator's k-th operation: its time, a hang, or an error code.
static enum fate decide(struct root *root, const struct communicator *communicator, uint64_t k, struct shape shape,
                        double *microseconds, int *code) {
    enum fate fate = FATE_DONE;
    shape.run = root->run;
    const struct table *table = table_lock();
    if (table == NULL) {
        fate = FATE_FAILS;
        *code = 2;
    }
    for (int rank = 0; table != NULL && rank < communicator->ranks && fate == FATE_DONE; rank++) {
        const struct table_node *node = table_node(table, communicator->place[rank].node);
        if (node == NULL) continue;
        if (node->hang_at == k) fate = FATE_HANGS;
        else if (node->error_at == k) {
            fate = FATE_FAILS;
            *code = (int)node->error_code;
        }
    }
    if (fate == FATE_DONE) *microseconds = table_time(table, &shape);
    table_unlock();
    return fate;
}

static void answer_all(struct communicator *communicator, const struct pending *pending, double microseconds) {
    const struct frame *first = &pending->first;
    size_t size = pending->piece[0].size;
    char *gathered = NULL;
    size_t total = size;
    if (first->operation == OP_ALL_GATHER) {
        total = size * (size_t)communicator->ranks;
        gathered = malloc(total + 1);
        for (int rank = 0; gathered != NULL && rank < communicator->ranks; rank++)
            if (size > 0) memcpy(gathered + (size_t)rank * size, pending->piece[rank].data, size);
    } else if (first->operation != OP_BROADCAST) {
        for (int rank = 1; rank < communicator->ranks; rank++)
            add_up(pending->piece[0].data, pending->piece[rank].data, size, first->type);
    }
    for (int rank = 0; rank < communicator->ranks; rank++) {
        struct frame result = *first;
        const char *data = gathered != NULL ? gathered : pending->piece[0].data;
        result.kind = FRAME_RESULT;
        result.bytes = total;
        result.microseconds = microseconds;
        if (first->operation == OP_BROADCAST) {
            data = pending->piece[first->peer].data;
            result.bytes = pending->piece[first->peer].size;
        } else if (first->operation == OP_REDUCE_SCATTER) {
            result.bytes = total / (size_t)communicator->ranks;
            data += (size_t)rank * result.bytes;
        }
        root_answer(communicator->rank[rank], &result, data);
    }
    free(gathered);
}

static struct pending *find_pending(struct communicator *communicator, const struct frame *frame) {
    for (struct pending *each = communicator->pending; each != NULL; each = each->next)
        if (each->first.sequence == frame->sequence) return each;
    struct pending *made = calloc(1, sizeof *made);
    if (made == NULL) return NULL;
    made->first = *frame;
    made->first.uniform = 1;
    made->piece = calloc((size_t)communicator->ranks, sizeof *made->piece);
    made->next = communicator->pending;
    communicator->pending = made;
    return made;
}

static void drop_pending(struct communicator *communicator, struct pending *done) {
    struct pending **link = &communicator->pending;
    while (*link != done) link = &(*link)->next;
    *link = done->next;
    for (int rank = 0; rank < communicator->ranks; rank++) free(done->piece[rank].data);
    free(done->piece);
    free(done);
}

// Ranks that call different things at the same place would hang for ever on real GPUs; here they are told.
static bool fits(const struct pending *pending, const struct frame *frame, int ranks) {
    const struct frame *first = &pending->first;
    bool broadcast = first->operation == OP_BROADCAST;
    uint64_t pieces = frame->operation == OP_REDUCE_SCATTER ? (uint64_t)ranks : 1;
    return first->operation == frame->operation && first->type == frame->type && first->count == frame->count &&
           first->peer == frame->peer &&
           (broadcast || frame->bytes == frame->carried * frame->size_of_type * pieces);
}

static void take_collective(struct root *root, struct member *member, const struct frame *frame, const char *payload) {
    struct communicator *communicator = member->communicator;
    struct pending *pending = find_pending(communicator, frame);
    if (pending == NULL || pending->piece == NULL || !fits(pending, frame, communicator->ranks)) {
        root_fail(communicator, 5);
        return;
    }
    struct piece *piece = &pending->piece[member->hello.rank];
    piece->there = true;
    piece->size = frame->bytes;
    piece->data = malloc(frame->bytes + 1);
    if (piece->data == NULL) return;
    memcpy(piece->data, payload, frame->bytes);
    if (frame->operation != OP_BROADCAST || frame->peer == member->hello.rank) pending->first.uniform &= frame->uniform;
    if (++pending->arrived < communicator->ranks) return;
    double microseconds = 0;
    int code = 0;
    struct shape shape = {(enum operation)frame->operation, communicator->place, communicator->ranks,
                          counted_bytes(frame, communicator->ranks), 0};
    enum fate fate = decide(root, communicator, ++communicator->operations, shape, &microseconds, &code);
    if (fate == FATE_DONE) answer_all(communicator, pending, microseconds);
    if (fate == FATE_FAILS) root_fail(communicator, code);
    if (fate != FATE_HANGS) drop_pending(communicator, pending);
}

static void deliver(struct root *root, struct communicator *communicator, struct message *sent,
                    struct message *wanted) {
    struct place pair[2] = {communicator->place[sent->from], communicator->place[sent->to]};
    struct shape shape = {OP_SEND, pair, 2, sent->frame.count * sent->frame.size_of_type, 0};
    double microseconds = 0;
    int code = 0;
    if (sent->frame.count != wanted->frame.count || sent->frame.type != wanted->frame.type) {
        root_fail(communicator, 5);
        return;
    }
    enum fate fate = decide(root, communicator, ++communicator->operations, shape, &microseconds, &code);
    if (fate == FATE_FAILS) root_fail(communicator, code);
    if (fate != FATE_DONE) return;
    struct frame done = sent->frame, filled = wanted->frame;
    done.kind = filled.kind = FRAME_RESULT;
    done.microseconds = filled.microseconds = microseconds;
    filled.bytes = sent->frame.bytes;
    filled.uniform = sent->frame.uniform;
    done.bytes = 0;
    root_answer(communicator->rank[sent->from], &done, NULL);
    root_answer(communicator->rank[sent->to], &filled, sent->data);
}

// A send waits for its receive, a receive for its send, first come first served per pair of ranks.
static void take_message(struct root *root, struct member *member, const struct frame *frame, const char *payload) {
    struct communicator *communicator = member->communicator;
    if (frame->peer < 0 || frame->peer >= communicator->ranks) {
        root_fail(communicator, 5);
        return;
    }
    bool receive = frame->operation == OP_RECV;
    int from = receive ? frame->peer : member->hello.rank, to = receive ? member->hello.rank : frame->peer;
    struct message *made = calloc(1, sizeof *made), **link = &communicator->messages;
    if (made == NULL) return;
    *made = (struct message){receive, from, to, *frame, malloc(frame->bytes + 1), NULL};
    if (made->data != NULL) memcpy(made->data, payload, frame->bytes);
    for (; *link != NULL; link = &(*link)->next) {
        struct message *other = *link;
        if (other->receive == receive || other->from != from || other->to != to) continue;
        *link = other->next;
        deliver(root, communicator, receive ? other : made, receive ? made : other);
        free(other->data);
        free(other);
        free(made->data);
        free(made);
        return;
    }
    *link = made;
}

void root_operation(struct root *root, struct member *member, const struct frame *frame, const char *payload) {
    struct communicator *communicator = member->communicator;
    if (communicator->error != 0) return;
    if (!communicator->ready || frame->operation < 0 || frame->operation >= OP_COUNT) {
        root_fail(communicator, 5);
        return;
    }
    // A node that hangs at this operation never got so far: RAS shows its rank one call behind.
    const struct table *table = table_lock();
    const struct table_node *node =
        table == NULL ? NULL : table_node(table, communicator->place[member->hello.rank].node);
    bool stuck = node != NULL && node->hang_at != 0 && node->hang_at == communicator->operations + 1;
    table_unlock();
    member->counts[frame->operation] += !stuck;
    if (frame->operation == OP_SEND || frame->operation == OP_RECV) take_message(root, member, frame, payload);
    else take_collective(root, member, frame, payload);
}

// The ranks of one color, ordered by key and then by their old rank.
static void answer_split(struct root *root, struct communicator *communicator, int color) {
    int size = 0;
    uint64_t id = root->id * 31 + ++root->children;
    for (int rank = 0; rank < communicator->ranks; rank++) size += communicator->split[rank].code == color;
    for (int rank = 0; rank < communicator->ranks; rank++) {
        if (communicator->split[rank].code != color) continue;
        struct frame answer = {.kind = FRAME_RESULT, .communicator = color < 0 ? 0 : id, .peer = size};
        for (int other = 0; other < communicator->ranks; other++) {
            int key = communicator->split[rank].peer, theirs = communicator->split[other].peer;
            if (communicator->split[other].code == color && (theirs < key || (theirs == key && other < rank)))
                answer.code++;
        }
        root_answer(communicator->rank[rank], &answer, NULL);
    }
}

void root_split(struct root *root, struct member *member, const struct frame *frame) {
    struct communicator *communicator = member->communicator;
    communicator->split[member->hello.rank] = *frame;
    if (++communicator->splits_arrived < communicator->ranks) return;
    communicator->splits_arrived = 0;
    for (int rank = 0; rank < communicator->ranks; rank++) {
        bool first = true;
        for (int before = 0; before < rank; before++)
            first &= communicator->split[before].code != communicator->split[rank].code;
        if (first) answer_split(root, communicator, communicator->split[rank].code);
    }
}
