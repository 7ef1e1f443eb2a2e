#define _GNU_SOURCE
#include "comm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const uint64_t live_magic = 0x6272696467656363;
static pthread_mutex_t all_lock = PTHREAD_MUTEX_INITIALIZER;
static struct ncclComm *all;

bool comm_valid(const struct ncclComm *comm) {
    bool found = false;
    pthread_mutex_lock(&all_lock);
    for (const struct ncclComm *each = all; each != NULL && !found; each = each->next) found = each == comm;
    pthread_mutex_unlock(&all_lock);
    return found && comm->magic == live_magic;
}

int comm_roots(struct sockaddr_in *roots, int most) {
    int count = 0;
    pthread_mutex_lock(&all_lock);
    for (const struct ncclComm *each = all; each != NULL; each = each->next) {
        bool known = count == most;
        for (int i = 0; i < count && !known; i++)
            known = memcmp(&roots[i].sin_addr, &each->root.sin_addr, sizeof roots->sin_addr) == 0 &&
                    roots[i].sin_port == each->root.sin_port;
        if (!known) roots[count++] = each->root;
    }
    pthread_mutex_unlock(&all_lock);
    return count;
}

const char *node_name(char *buffer, size_t size) {
    const char *named = getenv("BRIDGE_FAKE_NODE");
    if (named != NULL && *named != '\0') snprintf(buffer, size, "%s", named);
    else if (gethostname(buffer, size) != 0) snprintf(buffer, size, "localhost");
    buffer[size - 1] = '\0';
    return buffer;
}

struct ncclComm *comm_create(const struct sockaddr_in *root, uint64_t id, int rank, int ranks, bool blocking) {
    struct ncclComm *comm = calloc(1, sizeof *comm);
    if (comm == NULL) return NULL;
    *comm = (struct ncclComm){.magic = live_magic, .root = *root, .id = id, .rank = rank, .ranks = ranks,
                              .blocking = blocking, .fd = -1, .slot = bridgeFakeCurrentGpu()};
    cudaGetDevice(&comm->device);
    pthread_mutex_init(&comm->lock, NULL);
    pthread_cond_init(&comm->changed, NULL);
    pthread_mutex_lock(&all_lock);
    comm->next = all;
    all = comm;
    pthread_mutex_unlock(&all_lock);
    ras_start();
    if (pthread_create(&comm->worker, NULL, comm_work, comm) == 0) return comm;
    comm->worker_ended = true;
    comm->error = ncclSystemError;
    return comm;
}

ncclResult_t comm_state(struct ncclComm *comm) {
    pthread_mutex_lock(&comm->lock);
    ncclResult_t state = comm->error != ncclSuccess                            ? comm->error
                         : !comm->ready || (comm->closing && !comm->worker_ended) ? ncclInProgress
                                                                                  : ncclSuccess;
    pthread_mutex_unlock(&comm->lock);
    return state;
}

ncclResult_t comm_wait_ready(struct ncclComm *comm) {
    pthread_mutex_lock(&comm->lock);
    while (!comm->ready && comm->error == ncclSuccess) pthread_cond_wait(&comm->changed, &comm->lock);
    ncclResult_t result = comm->error;
    pthread_mutex_unlock(&comm->lock);
    return result;
}

// Called by the stream when everything before the batch is done.
static void start_batch(void *argument) {
    struct batch *batch = argument;
    struct ncclComm *comm = batch->comm;
    pthread_mutex_lock(&comm->lock);
    batch->next = NULL;
    if (comm->last != NULL) comm->last->next = batch;
    else comm->first = batch;
    comm->last = batch;
    pthread_cond_broadcast(&comm->changed);
    pthread_mutex_unlock(&comm->lock);
}

ncclResult_t comm_submit(struct ncclComm *comm, const struct call *calls, int count, cudaStream_t stream) {
    struct batch *batch = malloc(sizeof *batch + (size_t)count * sizeof *calls);
    if (batch == NULL) return ncclSystemError;
    batch->comm = comm;
    batch->calls = count;
    memcpy(batch->call, calls, (size_t)count * sizeof *calls);
    if (bridgeFakeStreamEnqueue(stream, start_batch, batch, &batch->work) == cudaSuccess) return ncclSuccess;
    free(batch);
    set_last_error("the stream is not a stream of this process");
    return ncclInvalidArgument;
}

ncclResult_t comm_split(struct ncclComm *comm, int color, int key, struct frame *answer) {
    pthread_mutex_lock(&comm->lock);
    comm->split = (struct frame){.kind = FRAME_SPLIT, .code = color, .peer = key};
    comm->split_asked = true;
    pthread_cond_broadcast(&comm->changed);
    while (comm->split_asked && comm->error == ncclSuccess) pthread_cond_wait(&comm->changed, &comm->lock);
    *answer = comm->split;
    ncclResult_t result = comm->error;
    pthread_mutex_unlock(&comm->lock);
    return result;
}

void comm_close(struct ncclComm *comm) {
    pthread_mutex_lock(&comm->lock);
    comm->closing = true;
    pthread_cond_broadcast(&comm->changed);
    pthread_mutex_unlock(&comm->lock);
}

void comm_abort(struct ncclComm *comm) {
    pthread_mutex_lock(&comm->lock);
    comm->aborted = comm->closing = true;
    if (comm->fd >= 0) shutdown(comm->fd, SHUT_RDWR);
    pthread_cond_broadcast(&comm->changed);
    pthread_mutex_unlock(&comm->lock);
}

void comm_free(struct ncclComm *comm) {
    pthread_join(comm->worker, NULL);
    pthread_mutex_lock(&all_lock);
    struct ncclComm **link = &all;
    while (*link != comm) link = &(*link)->next;
    *link = comm->next;
    comm->magic = 0;
    pthread_mutex_unlock(&all_lock);
    if (comm->fd >= 0) close(comm->fd);
    pthread_cond_destroy(&comm->changed);
    pthread_mutex_destroy(&comm->lock);
    free(comm);
}
