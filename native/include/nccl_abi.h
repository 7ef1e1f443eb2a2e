// The part of NCCL's C ABI (2.18 to 2.30) that the fake serves.
#ifndef BRIDGE_NCCL_ABI_H
#define BRIDGE_NCCL_ABI_H

#include "cudart_abi.h"

typedef int ncclResult_t;
typedef struct ncclComm *ncclComm_t;

enum {
    ncclSuccess = 0,
    ncclUnhandledCudaError = 1,
    ncclSystemError = 2,
    ncclInternalError = 3,
    ncclInvalidArgument = 4,
    ncclInvalidUsage = 5,
    ncclRemoteError = 6,
    ncclInProgress = 7,
};

enum { ncclInt32 = 2, ncclFloat32 = 7, ncclSum = 0, NCCL_SPLIT_NOCOLOR = -1 };

typedef struct {
    char internal[128];
} ncclUniqueId;

// Every configuration since 2.18 begins with this; what follows is read from no caller.
typedef struct {
    size_t size;
    unsigned magic, version;
    int blocking, cgaClusterSize, minCTAs, maxCTAs;
    const char *netName;
    int splitShare;
} ncclConfig_t;

#define NCCL_CONFIG_MAGIC 0xcafebeefu
#define NCCL_CONFIG_UNDEF_INT (-2147483647 - 1)

BRIDGE_EXPORT ncclResult_t ncclGetVersion(int *version);
BRIDGE_EXPORT ncclResult_t ncclGetUniqueId(ncclUniqueId *uniqueId);
BRIDGE_EXPORT ncclResult_t ncclCommInitRank(ncclComm_t *comm, int nranks, ncclUniqueId commId, int rank);
BRIDGE_EXPORT ncclResult_t ncclCommInitRankConfig(ncclComm_t *comm, int nranks, ncclUniqueId commId, int rank,
                                                  ncclConfig_t *config);
BRIDGE_EXPORT ncclResult_t ncclCommSplit(ncclComm_t comm, int color, int key, ncclComm_t *newcomm,
                                         ncclConfig_t *config);
BRIDGE_EXPORT ncclResult_t ncclCommGetAsyncError(ncclComm_t comm, ncclResult_t *asyncError);
BRIDGE_EXPORT ncclResult_t ncclCommCount(ncclComm_t comm, int *count);
BRIDGE_EXPORT ncclResult_t ncclCommUserRank(ncclComm_t comm, int *rank);
BRIDGE_EXPORT ncclResult_t ncclCommCuDevice(ncclComm_t comm, int *device);
BRIDGE_EXPORT ncclResult_t ncclCommFinalize(ncclComm_t comm);
BRIDGE_EXPORT ncclResult_t ncclCommDestroy(ncclComm_t comm);
BRIDGE_EXPORT ncclResult_t ncclCommAbort(ncclComm_t comm);
BRIDGE_EXPORT ncclResult_t ncclAllReduce(const void *sendbuff, void *recvbuff, size_t count, int datatype, int op,
                                         ncclComm_t comm, cudaStream_t stream);
BRIDGE_EXPORT ncclResult_t ncclReduceScatter(const void *sendbuff, void *recvbuff, size_t recvcount, int datatype,
                                             int op, ncclComm_t comm, cudaStream_t stream);
BRIDGE_EXPORT ncclResult_t ncclAllGather(const void *sendbuff, void *recvbuff, size_t sendcount, int datatype,
                                         ncclComm_t comm, cudaStream_t stream);
BRIDGE_EXPORT ncclResult_t ncclBroadcast(const void *sendbuff, void *recvbuff, size_t count, int datatype, int root,
                                         ncclComm_t comm, cudaStream_t stream);
BRIDGE_EXPORT ncclResult_t ncclSend(const void *sendbuff, size_t count, int datatype, int peer, ncclComm_t comm,
                                    cudaStream_t stream);
BRIDGE_EXPORT ncclResult_t ncclRecv(void *recvbuff, size_t count, int datatype, int peer, ncclComm_t comm,
                                    cudaStream_t stream);
BRIDGE_EXPORT ncclResult_t ncclGroupStart(void);
BRIDGE_EXPORT ncclResult_t ncclGroupEnd(void);
BRIDGE_EXPORT ncclResult_t ncclMemAlloc(void **pointer, size_t size);
BRIDGE_EXPORT ncclResult_t ncclMemFree(void *pointer);
BRIDGE_EXPORT const char *ncclGetErrorString(ncclResult_t result);
BRIDGE_EXPORT const char *ncclGetLastError(ncclComm_t comm);

#endif
