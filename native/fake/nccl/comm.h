// A communicator as one rank sees it: a connection to the root and a thread that does the rank's work in order.
#ifndef BRIDGE_FAKE_COMM_H
#define BRIDGE_FAKE_COMM_H

#include "../../include/nccl_abi.h"
#include "wire.h"

#include <pthread.h>

enum { BATCH_MOST = 256 };

struct call {
    enum operation operation;
    const void *send;
    void *receive;
    size_t count;
    int type, peer;
};

// What one group hands to one communicator: it ends when all of its calls have ended.
struct batch {
    struct ncclComm *comm;
    bridgeFakeWork *work;
    struct batch *next;
    int calls;
    struct call call[];
};

struct ncclComm {
    uint64_t magic;
    struct sockaddr_in root;
    uint64_t id;
    int rank, ranks, device, slot;
    bool blocking;
    pthread_t worker;
    pthread_mutex_t lock; // never held while a stream of the fake runtime is asked for anything
    pthread_cond_t changed;
    int fd;
    bool ready, aborted, closing, worker_ended;
    ncclResult_t error;
    uint64_t sequence;
    char problem[256];
    struct batch *first, *last; // started, waiting for the worker
    struct batch *enqueued;     // on a stream, or with the worker: to be ended by an abort
    bool split_asked;
    struct frame split;
    struct ncclComm *next;
};

bool comm_valid(const struct ncclComm *comm);
struct ncclComm *comm_create(const struct sockaddr_in *root, uint64_t id, int rank, int ranks, bool blocking);
// Blocks until the communicator is up or broken.
ncclResult_t comm_wait_ready(struct ncclComm *comm);
// 7 while it comes up or goes down, else the first error.
ncclResult_t comm_state(struct ncclComm *comm);
ncclResult_t comm_submit(struct ncclComm *comm, const struct call *calls, int count, cudaStream_t stream);
ncclResult_t comm_split(struct ncclComm *comm, int color, int key, struct frame *answer);
void comm_close(struct ncclComm *comm); // after everything queued is done
void comm_abort(struct ncclComm *comm);
void comm_free(struct ncclComm *comm); // after comm_close or comm_abort; waits for the worker

const char *node_name(char *buffer, size_t size);
size_t type_size(int type);
void set_last_error(const char *text);

// worker.c
void *comm_work(void *argument);

// ras.c: starts this process's RAS port, once; visits the communicators of the process.
void ras_start(void);
// Lets the clients that monitor see what broke before this process gives its part of it up.
void ras_settle(void);
int comm_roots(struct sockaddr_in *roots, int most);

#endif
