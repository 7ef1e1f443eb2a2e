#define _GNU_SOURCE
#include "group.h"

#include <stdlib.h>
#include <string.h>

// Calls between ncclGroupStart and ncclGroupEnd are kept per thread and handed over together.
enum { GROUP_COMMS = 64 };

struct kept {
    struct ncclComm *comm;
    cudaStream_t stream;
    struct call call;
};

static _Thread_local int depth, kept_count, new_count;
static _Thread_local struct kept kept[BATCH_MOST];
static _Thread_local struct ncclComm *fresh[GROUP_COMMS];

ncclResult_t group_init(struct ncclComm *comm) {
    if (depth == 0) return comm->blocking ? comm_wait_ready(comm) : comm_state(comm);
    if (new_count == GROUP_COMMS) return ncclInvalidUsage;
    fresh[new_count++] = comm;
    return ncclSuccess;
}

size_t type_size(int type) {
    static const size_t sizes[] = {1, 1, 4, 4, 8, 8, 2, 4, 8, 2, 1, 1};
    return type >= 0 && (size_t)type < sizeof sizes / sizeof *sizes ? sizes[type] : 0;
}

static ncclResult_t check_call(struct ncclComm *comm, const struct call *call) {
    bool peered = call->operation == OP_SEND || call->operation == OP_RECV || call->operation == OP_BROADCAST;
    bool reduces = call->operation == OP_ALL_REDUCE || call->operation == OP_REDUCE_SCATTER;
    const char *problem = NULL;
    if (!comm_valid(comm)) problem = "comm is not a communicator";
    else if (type_size(call->type) == 0) problem = "there is no such data type";
    else if (reduces && call->type != ncclFloat32 && call->type != ncclInt32)
        problem = "the fake reduces float32 and int32 only";
    else if (peered && (call->peer < 0 || call->peer >= comm->ranks)) problem = "peer or root is not a rank";
    else if (call->count > 0 && ((call->operation != OP_RECV && call->send == NULL) ||
                                 (call->operation != OP_SEND && call->receive == NULL)))
        problem = "a buffer is NULL";
    if (problem == NULL) return ncclSuccess;
    set_last_error(problem);
    return ncclInvalidArgument;
}

ncclResult_t group_call(struct ncclComm *comm, cudaStream_t stream, struct call call) {
    ncclResult_t result = check_call(comm, &call);
    if (result != ncclSuccess) return result;
    if (depth == 0) {
        result = comm_state(comm);
        return result == ncclSuccess ? comm_submit(comm, &call, 1, stream) : result;
    }
    if (kept_count == BATCH_MOST) {
        set_last_error("too many calls in one group");
        return ncclInvalidUsage;
    }
    kept[kept_count++] = (struct kept){comm, stream, call};
    return ncclSuccess;
}

ncclResult_t ncclGroupStart(void) {
    depth++;
    return ncclSuccess;
}

// Takes the calls of one communicator out of what was kept, in their order.
static ncclResult_t hand_over(struct ncclComm *comm, cudaStream_t stream) {
    struct call calls[BATCH_MOST];
    int count = 0, left = 0;
    for (int i = 0; i < kept_count; i++) {
        if (kept[i].comm == comm) calls[count++] = kept[i].call;
        else kept[left++] = kept[i];
    }
    kept_count = left;
    ncclResult_t state = comm_state(comm);
    return state == ncclSuccess ? comm_submit(comm, calls, count, stream) : state;
}

ncclResult_t ncclGroupEnd(void) {
    ncclResult_t result = ncclSuccess;
    if (depth == 0) {
        set_last_error("ncclGroupEnd without ncclGroupStart");
        return ncclInvalidUsage;
    }
    if (--depth > 0) return ncclSuccess;
    int waiting = new_count;
    new_count = 0;
    for (int i = 0; i < waiting; i++) {
        ncclResult_t one = fresh[i]->blocking ? comm_wait_ready(fresh[i]) : comm_state(fresh[i]);
        if (result == ncclSuccess) result = one;
    }
    while (kept_count > 0) {
        ncclResult_t one = hand_over(kept[0].comm, kept[0].stream);
        if (result == ncclSuccess) result = one;
    }
    return result;
}
