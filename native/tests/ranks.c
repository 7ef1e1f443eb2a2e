#define _GNU_SOURCE
#include "ranks.h"
#include "check.h"

#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { RANKS_MOST = 8 };

void nap(void) { nanosleep(&(struct timespec){0, 1000000}, NULL); }

static void join(struct rank *rank, ncclUniqueId id) {
    ncclConfig_t config = {48, NCCL_CONFIG_MAGIC, 21800, 0, NCCL_CONFIG_UNDEF_INT, NCCL_CONFIG_UNDEF_INT,
                           NCCL_CONFIG_UNDEF_INT, NULL, NCCL_CONFIG_UNDEF_INT};
    ncclResult_t state = ncclCommInitRankConfig(&rank->comm, rank->ranks, id, rank->rank, &config);
    CHECK(state == ncclInProgress || state == ncclSuccess);
    do {
        nap();
        CHECK_EQUAL(ncclSuccess, ncclCommGetAsyncError(rank->comm, &state));
    } while (state == ncclInProgress);
    rank->init = state;
    CHECK_EQUAL(cudaSuccess, cudaStreamCreate(&rank->stream));
}

static void run_rank(struct rank *rank, int (*pipes)[2], void (*body)(struct rank *)) {
    ncclUniqueId id;
    char node[16];
    if (rank->rank == 0) {
        CHECK_EQUAL(ncclSuccess, ncclGetUniqueId(&id));
        for (int i = 1; i < rank->ranks; i++) CHECK(write(pipes[i][1], &id, sizeof id) == sizeof id);
    } else CHECK(read(pipes[rank->rank][0], &id, sizeof id) == sizeof id);
    snprintf(node, sizeof node, "n%d", rank->rank / 2);
    setenv("BRIDGE_FAKE_NODE", node, 1);
    CHECK_EQUAL(cudaSuccess, cudaSetDevice(rank->rank % 2));
    // The last rank may die in a test, so the RAS port must not be its.
    if (rank->rank == rank->ranks - 1) setenv("NCCL_RAS_ENABLE", "0", 1);
    join(rank, id);
    body(rank);
}

void ranks(int count, const char *table, void (*body)(struct rank *)) {
    int pipes[RANKS_MOST][2], status = 0, bad = 0;
    pid_t children[RANKS_MOST];
    setenv("NCCL_SOCKET_IFNAME", "lo", 1);
    test_file("BRIDGE_FAKE_GPU", "include h100x8.gpu\n");
    test_file("BRIDGE_FAKE_NCCL", table);
    for (int i = 0; i < count; i++) CHECK(pipe(pipes[i]) == 0);
    for (int i = 0; i < count; i++) {
        children[i] = fork();
        CHECK(children[i] >= 0);
        if (children[i] > 0) continue;
        struct rank rank = {.rank = i, .ranks = count};
        run_rank(&rank, pipes, body);
        _exit(0);
    }
    for (int i = 0; i < count; i++) {
        CHECK(waitpid(children[i], &status, 0) == children[i]);
        bad += status != 0;
    }
    CHECK_EQUAL(0, bad);
}

void finish(struct rank *rank) {
    ncclResult_t state = ncclCommFinalize(rank->comm);
    while (state == ncclInProgress) {
        nap();
        CHECK_EQUAL(ncclSuccess, ncclCommGetAsyncError(rank->comm, &state));
    }
    CHECK_EQUAL(ncclSuccess, state);
    CHECK_EQUAL(ncclSuccess, ncclCommDestroy(rank->comm));
}

void *filled(size_t count, float value) {
    float *host = malloc(count * sizeof *host);
    void *device = NULL;
    CHECK(host != NULL);
    for (size_t i = 0; i < count; i++) host[i] = value;
    CHECK_EQUAL(cudaSuccess, cudaMalloc(&device, count * sizeof *host));
    CHECK_EQUAL(cudaSuccess, cudaMemcpy(device, host, count * sizeof *host, 1));
    free(host);
    return device;
}

float element(const void *device, size_t index) {
    float value = 0;
    CHECK_EQUAL(cudaSuccess, cudaMemcpy(&value, (const char *)device + index * sizeof value, sizeof value, 2));
    return value;
}
