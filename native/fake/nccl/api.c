#define _GNU_SOURCE
#include "group.h"
#include "root.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

// As in the real library, the id begins with a number of its own and the address where the root listens.
struct handle {
    uint64_t id;
    struct sockaddr_in address;
};

static char last_error[256];
static pthread_mutex_t error_lock = PTHREAD_MUTEX_INITIALIZER;

void set_last_error(const char *text) {
    pthread_mutex_lock(&error_lock);
    snprintf(last_error, sizeof last_error, "%s", text);
    pthread_mutex_unlock(&error_lock);
}

static ncclResult_t refuse(ncclResult_t result, const char *text) {
    set_last_error(text);
    return result;
}

// A fault file with a mistake makes the library unusable, never silently healthy.
static ncclResult_t check_table(void) {
    const struct table *table = table_lock();
    if (table == NULL) set_last_error(table_error());
    table_unlock();
    return table == NULL ? ncclSystemError : ncclSuccess;
}

ncclResult_t ncclGetVersion(int *version) {
    if (version == NULL) return ncclInvalidArgument;
    const struct table *table = table_lock();
    *version = table == NULL ? 0 : (int)table->version;
    table_unlock();
    return table == NULL ? ncclSystemError : ncclSuccess;
}

ncclResult_t ncclGetUniqueId(ncclUniqueId *uniqueId) {
    struct handle handle;
    char problem[160] = "";
    if (uniqueId == NULL) return refuse(ncclInvalidArgument, "uniqueId is NULL");
    if (check_table() != ncclSuccess) return ncclSystemError;
    memset(&handle, 0, sizeof handle);
    if (getrandom(&handle.id, sizeof handle.id, 0) != sizeof handle.id) return ncclSystemError;
    if (!root_start(handle.id, &handle.address, problem, sizeof problem)) return refuse(ncclSystemError, problem);
    memset(uniqueId, 0, sizeof *uniqueId);
    memcpy(uniqueId->internal, &handle, sizeof handle);
    return ncclSuccess;
}

static ncclResult_t read_config(const ncclConfig_t *config, bool *blocking) {
    *blocking = true;
    if (config == NULL) return ncclSuccess;
    if (config->magic != NCCL_CONFIG_MAGIC)
        return refuse(ncclInvalidArgument, "the configuration was not initialized: wrong magic");
    if (config->size < sizeof *config || config->size > 4096)
        return refuse(ncclInvalidArgument, "the configuration's size is wrong");
    if (config->version < 21400 || config->version > 99999)
        return refuse(ncclInvalidArgument, "the configuration's version is wrong");
    if (config->blocking != NCCL_CONFIG_UNDEF_INT && config->blocking != 0 && config->blocking != 1)
        return refuse(ncclInvalidArgument, "the configuration's blocking must be 0 or 1");
    *blocking = config->blocking != 0;
    return ncclSuccess;
}


ncclResult_t ncclCommInitRankConfig(ncclComm_t *comm, int nranks, ncclUniqueId commId, int rank, ncclConfig_t *config) {
    struct handle handle;
    bool blocking = true;
    int devices = 0;
    if (comm == NULL) return refuse(ncclInvalidArgument, "comm is NULL");
    *comm = NULL;
    if (nranks < 1 || rank < 0 || rank >= nranks)
        return refuse(ncclInvalidArgument, "rank must be from 0 to nranks - 1");
    ncclResult_t result = read_config(config, &blocking);
    if (result != ncclSuccess) return result;
    if (check_table() != ncclSuccess) return ncclSystemError;
    if (cudaGetDeviceCount(&devices) != cudaSuccess || devices == 0)
        return refuse(ncclUnhandledCudaError, "no usable CUDA device");
    memcpy(&handle, commId.internal, sizeof handle);
    if (handle.address.sin_family != AF_INET) return refuse(ncclInvalidArgument, "the unique id holds no address");
    *comm = comm_create(&handle.address, handle.id, rank, nranks, blocking);
    return *comm == NULL ? ncclSystemError : group_init(*comm);
}

ncclResult_t ncclCommInitRank(ncclComm_t *comm, int nranks, ncclUniqueId commId, int rank) {
    return ncclCommInitRankConfig(comm, nranks, commId, rank, NULL);
}

ncclResult_t ncclCommSplit(ncclComm_t comm, int color, int key, ncclComm_t *newcomm, ncclConfig_t *config) {
    struct frame answer;
    bool blocking = true;
    if (newcomm == NULL || !comm_valid(comm)) return refuse(ncclInvalidArgument, "comm is not a communicator");
    *newcomm = NULL;
    if (color < 0 && color != NCCL_SPLIT_NOCOLOR) return refuse(ncclInvalidArgument, "color must not be negative");
    ncclResult_t result = read_config(config, &blocking);
    if (result == ncclSuccess) result = comm_split(comm, color, key, &answer);
    if (result != ncclSuccess || color == NCCL_SPLIT_NOCOLOR) return result;
    if (config == NULL) blocking = comm->blocking;
    *newcomm = comm_create(&comm->root, answer.communicator, answer.code, answer.peer, blocking);
    return *newcomm == NULL ? ncclSystemError : group_init(*newcomm);
}

ncclResult_t ncclCommGetAsyncError(ncclComm_t comm, ncclResult_t *asyncError) {
    if (asyncError == NULL || !comm_valid(comm)) return refuse(ncclInvalidArgument, "comm is not a communicator");
    *asyncError = comm_state(comm);
    return ncclSuccess;
}

ncclResult_t ncclCommCount(ncclComm_t comm, int *count) {
    if (count == NULL || !comm_valid(comm)) return refuse(ncclInvalidArgument, "comm is not a communicator");
    *count = comm->ranks;
    return ncclSuccess;
}

ncclResult_t ncclCommUserRank(ncclComm_t comm, int *rank) {
    if (rank == NULL || !comm_valid(comm)) return refuse(ncclInvalidArgument, "comm is not a communicator");
    *rank = comm->rank;
    return ncclSuccess;
}

ncclResult_t ncclCommCuDevice(ncclComm_t comm, int *device) {
    if (device == NULL || !comm_valid(comm)) return refuse(ncclInvalidArgument, "comm is not a communicator");
    *device = comm->device;
    return ncclSuccess;
}

// Only closes; ncclCommDestroy ends it. A non-blocking communicator says 7 until its worker is through.
ncclResult_t ncclCommFinalize(ncclComm_t comm) {
    if (!comm_valid(comm)) return refuse(ncclInvalidArgument, "comm is not a communicator");
    comm_close(comm);
    if (!comm->blocking) return comm_state(comm);
    pthread_mutex_lock(&comm->lock);
    while (!comm->worker_ended) pthread_cond_wait(&comm->changed, &comm->lock);
    pthread_mutex_unlock(&comm->lock);
    return comm_state(comm);
}

ncclResult_t ncclCommDestroy(ncclComm_t comm) {
    if (comm == NULL) return ncclSuccess;
    if (!comm_valid(comm)) return refuse(ncclInvalidArgument, "comm is not a communicator");
    comm_close(comm);
    comm_free(comm);
    return ncclSuccess;
}

ncclResult_t ncclCommAbort(ncclComm_t comm) {
    if (comm == NULL) return ncclSuccess;
    if (!comm_valid(comm)) return refuse(ncclInvalidArgument, "comm is not a communicator");
    ras_settle();
    comm_abort(comm);
    comm_free(comm);
    return ncclSuccess;
}

ncclResult_t ncclMemAlloc(void **pointer, size_t size) {
    return cudaMalloc(pointer, size) == cudaSuccess ? ncclSuccess : ncclUnhandledCudaError;
}

ncclResult_t ncclMemFree(void *pointer) {
    return cudaFree(pointer) == cudaSuccess ? ncclSuccess : ncclUnhandledCudaError;
}

const char *ncclGetErrorString(ncclResult_t result) {
    static const char *const text[] = {
        "no error", "unhandled cuda error (run with NCCL_DEBUG=INFO for details)",
        "unhandled system error (run with NCCL_DEBUG=INFO for details)",
        "internal error - please report this issue to the NCCL developers",
        "invalid argument (run with NCCL_DEBUG=WARN for details)",
        "invalid usage (run with NCCL_DEBUG=WARN for details)",
        "remote process exited or there was a network error", "NCCL operation in progress",
    };
    return result >= 0 && (size_t)result < sizeof text / sizeof *text ? text[result] : "unknown result code";
}

// The text of the last error of the process; as in the real library, kept until the next one.
const char *ncclGetLastError(ncclComm_t comm) {
    static _Thread_local char copy[sizeof last_error];
    (void)comm;
    pthread_mutex_lock(&error_lock);
    memcpy(copy, last_error, sizeof copy);
    pthread_mutex_unlock(&error_lock);
    return copy;
}
