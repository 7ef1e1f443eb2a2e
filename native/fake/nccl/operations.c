#define _GNU_SOURCE
#include "group.h"

static ncclResult_t only_sum(int op) {
    if (op == ncclSum) return ncclSuccess;
    set_last_error("the fake reduces by sum only");
    return ncclInvalidArgument;
}

ncclResult_t ncclAllReduce(const void *sendbuff, void *recvbuff, size_t count, int datatype, int op, ncclComm_t comm,
                           cudaStream_t stream) {
    struct call call = {OP_ALL_REDUCE, sendbuff, recvbuff, count, datatype, 0};
    ncclResult_t result = only_sum(op);
    return result != ncclSuccess ? result : group_call(comm, stream, call);
}

ncclResult_t ncclReduceScatter(const void *sendbuff, void *recvbuff, size_t recvcount, int datatype, int op,
                               ncclComm_t comm, cudaStream_t stream) {
    struct call call = {OP_REDUCE_SCATTER, sendbuff, recvbuff, recvcount, datatype, 0};
    ncclResult_t result = only_sum(op);
    return result != ncclSuccess ? result : group_call(comm, stream, call);
}

ncclResult_t ncclAllGather(const void *sendbuff, void *recvbuff, size_t sendcount, int datatype, ncclComm_t comm,
                           cudaStream_t stream) {
    return group_call(comm, stream, (struct call){OP_ALL_GATHER, sendbuff, recvbuff, sendcount, datatype, 0});
}

ncclResult_t ncclBroadcast(const void *sendbuff, void *recvbuff, size_t count, int datatype, int root, ncclComm_t comm,
                           cudaStream_t stream) {
    return group_call(comm, stream, (struct call){OP_BROADCAST, sendbuff, recvbuff, count, datatype, root});
}

ncclResult_t ncclSend(const void *sendbuff, size_t count, int datatype, int peer, ncclComm_t comm,
                      cudaStream_t stream) {
    return group_call(comm, stream, (struct call){OP_SEND, sendbuff, NULL, count, datatype, peer});
}

ncclResult_t ncclRecv(void *recvbuff, size_t count, int datatype, int peer, ncclComm_t comm, cudaStream_t stream) {
    return group_call(comm, stream, (struct call){OP_RECV, NULL, recvbuff, count, datatype, peer});
}
