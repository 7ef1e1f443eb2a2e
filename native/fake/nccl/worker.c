#define _GNU_SOURCE
#include "comm.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void broken(struct ncclComm *comm, ncclResult_t error, const char *problem) {
    pthread_mutex_lock(&comm->lock);
    if (comm->error == ncclSuccess && !comm->aborted) {
        comm->error = error;
        snprintf(comm->problem, sizeof comm->problem, "%s", problem);
        set_last_error(problem);
    }
    pthread_cond_broadcast(&comm->changed);
    pthread_mutex_unlock(&comm->lock);
}

static bool say_hello(struct ncclComm *comm) {
    int fd = wire_connect(&comm->root);
    char text[128];
    struct hello hello = {comm->rank, comm->ranks, getpid(), comm->device, comm->slot, {.rail = comm->slot}};
    struct frame frame = {.kind = FRAME_HELLO, .communicator = comm->id, .bytes = sizeof hello};
    node_name(hello.place.node, sizeof hello.place.node);
    if (fd < 0) {
        snprintf(text, sizeof text, "cannot reach the root of the communicator: %s", strerror(errno));
        broken(comm, ncclRemoteError, text);
        return false;
    }
    pthread_mutex_lock(&comm->lock);
    comm->fd = fd;
    bool aborted = comm->aborted;
    pthread_mutex_unlock(&comm->lock);
    if (!aborted && wire_send(fd, &frame, &hello)) return true;
    broken(comm, ncclRemoteError, "the root of the communicator hung up");
    return false;
}

// Reads one frame; a broken communicator or connection is noted and gives false.
static bool next_frame(struct ncclComm *comm, struct frame *frame, char **payload) {
    *payload = NULL;
    if (!wire_receive(comm->fd, frame, sizeof *frame)) {
        broken(comm, ncclRemoteError, "the root of the communicator hung up");
        return false;
    }
    if (frame->kind == FRAME_FAILED) {
        static const char *const text[] = {"", "unhandled cuda error", "the fault table cannot be read",
                                           "internal error", "invalid argument",
                                           "the ranks of the communicator do not agree",
                                           "remote process exited or there was a network error"};
        broken(comm, frame->code, frame->code > 0 && frame->code < 7 ? text[frame->code] : "asynchronous error");
        return false;
    }
    *payload = malloc(frame->bytes + 1);
    if (*payload != NULL && wire_receive(comm->fd, *payload, frame->bytes)) return true;
    free(*payload);
    *payload = NULL;
    broken(comm, ncclRemoteError, "the root of the communicator hung up");
    return false;
}

static uint64_t exact_bytes(void) {
    const struct table *table = table_lock();
    uint64_t bytes = table == NULL ? 0 : table->exact_bytes;
    table_unlock();
    return bytes;
}

static bool all_equal(const char *data, size_t count, size_t size) {
    return memcmp(data, data + size, (count - 1) * size) == 0;
}

// Over the limit only the head of each piece is really sent. Where every piece is one value over and over, as a
// bandwidth test fills its buffers, the rest follows from the head; else the rest of the result keeps what it held.
static struct frame frame_of(struct ncclComm *comm, const struct call *call) {
    uint64_t pieces = call->operation == OP_REDUCE_SCATTER || call->operation == OP_ALL_GATHER ? (uint64_t)comm->ranks
                                                                                             : 1;
    uint64_t size = type_size(call->type), most = exact_bytes() / size / pieces;
    struct frame frame = {.kind = FRAME_OPERATION, .operation = (int32_t)call->operation, .type = call->type,
                          .peer = call->peer, .size_of_type = (uint32_t)size, .communicator = comm->id,
                          .count = call->count, .carried = call->count < most ? call->count : most};
    bool sends = call->operation != OP_RECV && (call->operation != OP_BROADCAST || call->peer == comm->rank);
    bool scatters = call->operation == OP_REDUCE_SCATTER;
    frame.uniform = sends && frame.carried < call->count;
    for (uint64_t i = 0; frame.uniform && i < (scatters ? pieces : 1); i++)
        frame.uniform = all_equal((const char *)call->send + i * call->count * size, call->count, size);
    frame.bytes = sends ? frame.carried * size * (scatters ? pieces : 1) : 0;
    bool collective = call->operation != OP_SEND && call->operation != OP_RECV;
    frame.sequence = collective ? ++comm->sequence : 0;
    return frame;
}

static bool send_call(struct ncclComm *comm, const struct call *call) {
    struct frame frame = frame_of(comm, call);
    if (call->operation != OP_REDUCE_SCATTER || frame.carried == call->count || frame.bytes == 0)
        return wire_send(comm->fd, &frame, call->send);
    size_t piece = frame.carried * frame.size_of_type, stride = call->count * frame.size_of_type;
    char *packed = malloc(frame.bytes);
    if (packed == NULL) return false;
    for (int rank = 0; rank < comm->ranks; rank++)
        memcpy(packed + (size_t)rank * piece, (const char *)call->send + (size_t)rank * stride, piece);
    bool good = wire_send(comm->fd, &frame, packed);
    free(packed);
    return good;
}

static void store_result(struct ncclComm *comm, const struct call *call, const struct frame *frame,
                         const char *payload) {
    size_t size = frame->size_of_type, piece = frame->carried * size, stride = call->count * size;
    int pieces = call->operation == OP_ALL_GATHER ? comm->ranks : 1;
    if (call->operation == OP_SEND || frame->bytes == 0) return;
    for (int i = 0; i < pieces; i++) {
        char *to = (char *)call->receive + (size_t)i * stride;
        memcpy(to, payload + (size_t)i * piece, piece);
        for (size_t at = piece; frame->uniform && at < stride; at += size) memcpy(to + at, to + piece - size, size);
    }
}

static bool answers(const struct call *call, const struct frame *frame, bool done) {
    bool message = call->operation == OP_SEND || call->operation == OP_RECV;
    return !done && (int)call->operation == frame->operation && (!message || call->peer == frame->peer);
}

// Sends every call of the batch, then takes the answers as they come. The calls of a group end together.
static bool do_batch(struct ncclComm *comm, struct batch *batch, double *microseconds) {
    bool done[BATCH_MOST] = {false};
    *microseconds = 0;
    for (int i = 0; i < batch->calls; i++)
        if (!send_call(comm, &batch->call[i])) {
            broken(comm, ncclRemoteError, "the root of the communicator hung up");
            return false;
        }
    for (int left = batch->calls; left > 0; left--) {
        struct frame frame;
        char *payload;
        if (!next_frame(comm, &frame, &payload)) return false;
        for (int i = 0; i < batch->calls; i++) {
            if (!answers(&batch->call[i], &frame, done[i])) continue;
            store_result(comm, &batch->call[i], &frame, payload);
            done[i] = true;
            break;
        }
        if (frame.microseconds > *microseconds) *microseconds = frame.microseconds;
        free(payload);
    }
    return true;
}

static bool do_split(struct ncclComm *comm) {
    struct frame answer = {0};
    char *payload = NULL;
    if (!wire_send(comm->fd, &comm->split, NULL)) {
        broken(comm, ncclRemoteError, "the root of the communicator hung up");
        return false;
    }
    if (!next_frame(comm, &answer, &payload)) return false;
    free(payload);
    pthread_mutex_lock(&comm->lock);
    comm->split = answer;
    comm->split_asked = false;
    pthread_cond_broadcast(&comm->changed);
    pthread_mutex_unlock(&comm->lock);
    return true;
}

static bool root_speaks(const struct ncclComm *comm) {
    struct pollfd polled = {comm->fd, POLLIN, 0};
    return comm->error == ncclSuccess && poll(&polled, 1, 0) > 0;
}

// The next batch; NULL when there is a split to do, the root has something to say, or the communicator closes.
static struct batch *next_batch(struct ncclComm *comm, bool *split) {
    pthread_mutex_lock(&comm->lock);
    while (comm->first == NULL && !comm->split_asked && !comm->closing && !root_speaks(comm)) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += 10000000; // an idle rank looks this often whether its communicator broke
        if (until.tv_nsec >= 1000000000) until = (struct timespec){until.tv_sec + 1, until.tv_nsec - 1000000000};
        pthread_cond_timedwait(&comm->changed, &comm->lock, &until);
    }
    struct batch *batch = comm->first;
    *split = batch == NULL && comm->split_asked;
    if (batch != NULL) comm->first = batch->next;
    if (comm->first == NULL) comm->last = NULL;
    pthread_mutex_unlock(&comm->lock);
    return batch;
}

// After an error the work on the streams stays undone, as a kernel that waits for its peers would, until an abort.
static void await_abort(struct ncclComm *comm) {
    pthread_mutex_lock(&comm->lock);
    while (!comm->closing) pthread_cond_wait(&comm->changed, &comm->lock);
    pthread_mutex_unlock(&comm->lock);
}

static void release(struct batch *batch) {
    bridgeFakeStreamComplete(batch->work, 0);
    free(batch);
}

static bool closing(struct ncclComm *comm) {
    pthread_mutex_lock(&comm->lock);
    bool closes = comm->closing;
    pthread_mutex_unlock(&comm->lock);
    return closes;
}

// To an idle rank the root says only that the communicator broke, or it hangs up.
static bool hear_root(struct ncclComm *comm) {
    struct frame frame;
    char *payload = NULL;
    bool good = next_frame(comm, &frame, &payload);
    free(payload);
    return good;
}

static bool come_up(struct ncclComm *comm) {
    struct frame frame;
    char *payload;
    if (!say_hello(comm) || !next_frame(comm, &frame, &payload)) return false;
    free(payload);
    pthread_mutex_lock(&comm->lock);
    comm->ready = true;
    pthread_cond_broadcast(&comm->changed);
    pthread_mutex_unlock(&comm->lock);
    return true;
}

void *comm_work(void *argument) {
    struct ncclComm *comm = argument;
    struct batch *batch = NULL;
    bool good = come_up(comm), split = false;
    while (good) {
        double microseconds = 0;
        batch = next_batch(comm, &split);
        if (split) good = do_split(comm);
        else if (batch == NULL && closing(comm)) break;
        else if (batch == NULL) good = hear_root(comm);
        else if (!do_batch(comm, batch, &microseconds)) good = false;
        else {
            bridgeFakeStreamComplete(batch->work, microseconds);
            free(batch);
        }
    }
    if (good) {
        struct frame bye = {.kind = FRAME_BYE, .communicator = comm->id};
        bool open = wire_send(comm->fd, &bye, NULL);
        do open = open && wire_receive(comm->fd, &bye, sizeof bye); // until every rank has said it, or the root is gone
        while (open && bye.kind != FRAME_BYE);
    } else {
        await_abort(comm);
        if (batch != NULL) release(batch);
        while ((batch = next_batch(comm, &split)) != NULL) release(batch);
    }
    pthread_mutex_lock(&comm->lock);
    comm->worker_ended = true;
    pthread_cond_broadcast(&comm->changed);
    pthread_mutex_unlock(&comm->lock);
    return NULL;
}
