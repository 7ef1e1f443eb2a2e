#define _GNU_SOURCE
#include "check.h"
#include "ranks.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <unistd.h>

static void sum_everything(struct rank *rank) {
    const size_t small = 1000, large = 1 << 20; // 4 MiB: over exact_bytes
    void *one = filled(small, (float)rank->rank + 1), *two = filled(large, (float)rank->rank);
    CHECK_EQUAL(ncclSuccess, rank->init);
    CHECK_EQUAL(ncclSuccess, ncclAllReduce(one, one, small, ncclFloat32, ncclSum, rank->comm, rank->stream));
    CHECK_EQUAL(ncclSuccess, ncclAllReduce(two, two, large, ncclFloat32, ncclSum, rank->comm, rank->stream));
    CHECK_EQUAL(cudaSuccess, cudaStreamSynchronize(rank->stream));
    CHECK_EQUAL(10, element(one, 0));
    CHECK_EQUAL(10, element(one, small - 1));
    CHECK_EQUAL(6, element(two, large - 1));
    finish(rank);
}

TEST(all_reduce_adds_over_processes) { ranks(4, "[base]\n", sum_everything); }

static void move_data(struct rank *rank) {
    void *mine = filled(4, (float)rank->rank + 1), *all = filled(16, -1), *part = filled(1, -1);
    void *from = filled(4, -1), *root = filled(4, (float)rank->rank + 100);
    int next = (rank->rank + 1) % 4, last = (rank->rank + 3) % 4;
    CHECK_EQUAL(ncclSuccess, ncclAllGather(mine, all, 4, ncclFloat32, rank->comm, rank->stream));
    CHECK_EQUAL(ncclSuccess, ncclReduceScatter(mine, part, 1, ncclFloat32, ncclSum, rank->comm, rank->stream));
    CHECK_EQUAL(ncclSuccess, ncclBroadcast(root, root, 4, ncclFloat32, 2, rank->comm, rank->stream));
    CHECK_EQUAL(ncclSuccess, ncclGroupStart());
    CHECK_EQUAL(ncclSuccess, ncclRecv(from, 4, ncclFloat32, last, rank->comm, rank->stream));
    CHECK_EQUAL(ncclSuccess, ncclSend(mine, 4, ncclFloat32, next, rank->comm, rank->stream));
    CHECK_EQUAL(ncclSuccess, ncclGroupEnd());
    CHECK_EQUAL(cudaSuccess, cudaStreamSynchronize(rank->stream));
    for (size_t i = 0; i < 16; i++) CHECK_EQUAL(i / 4 + 1, element(all, i));
    CHECK_EQUAL(10, element(part, 0));
    CHECK_EQUAL(102, element(root, 3));
    CHECK_EQUAL(last + 1, element(from, 3));
    finish(rank);
}

TEST(gather_scatter_broadcast_send_and_receive) { ranks(4, "[base]\n", move_data); }

static double bus_bandwidth(struct rank *rank, size_t bytes) {
    void *buffer = filled(bytes / 4, 1);
    cudaEvent_t before, after;
    float milliseconds = 0;
    CHECK_EQUAL(cudaSuccess, cudaEventCreate(&before));
    CHECK_EQUAL(cudaSuccess, cudaEventCreate(&after));
    CHECK_EQUAL(cudaSuccess, cudaEventRecord(before, rank->stream));
    CHECK_EQUAL(ncclSuccess, ncclAllReduce(buffer, buffer, bytes / 4, ncclFloat32, ncclSum, rank->comm, rank->stream));
    CHECK_EQUAL(cudaSuccess, cudaEventRecord(after, rank->stream));
    CHECK_EQUAL(cudaSuccess, cudaStreamSynchronize(rank->stream));
    CHECK_EQUAL(cudaSuccess, cudaEventElapsedTime(&milliseconds, before, after));
    return (double)bytes / milliseconds / 1e6 * 2 * (rank->ranks - 1) / rank->ranks;
}

static double expected_bandwidth;

static void measure(struct rank *rank) {
    double measured = bus_bandwidth(rank, 2 << 20);
    if (measured < expected_bandwidth * 0.99 || measured > expected_bandwidth * 1.01)
        test_fail_values(__FILE__, __LINE__, "bus bandwidth in GB/s", (long long)expected_bandwidth,
                         (long long)measured);
    finish(rank);
}

static void expect_bandwidth(int count, const char *faults, double expected) {
    char table[512];
    snprintf(table, sizeof table, "[base]\nlatency_us = 0\nfabric_gbps = 100\nnode_gbps = 400\n%s", faults);
    expected_bandwidth = expected;
    ranks(count, table, measure);
}

TEST(events_tell_the_bandwidth_of_the_fault_table) {
    expect_bandwidth(2, "", 400);
    expect_bandwidth(4, "", 100);
    expect_bandwidth(4, "[node n1]\nfactor = 0.5\n", 50);
    expect_bandwidth(4, "[link n1 n0]\nfactor = 0.2\n", 20);
    expect_bandwidth(4, "[rail 1]\nfactor = 0.6\n", 60);
    expect_bandwidth(2, "[rail 1]\nfactor = 0.6\n", 400);
    expect_bandwidth(4, "[node n0]\nleaf = a\n[leaf a]\nfactor = 0.7\n", 70);
    expect_bandwidth(2, "[node n0]\nleaf = a\n[leaf a]\nfactor = 0.7\n", 400);
    expect_bandwidth(2, "[node n0]\nflaky = 1\nflaky_factor = 0.25\n", 100);
}

static void fail_at_second(struct rank *rank) {
    ncclResult_t state = ncclInProgress;
    void *buffer = filled(16, 1);
    CHECK_EQUAL(ncclSuccess, ncclAllReduce(buffer, buffer, 16, ncclFloat32, ncclSum, rank->comm, rank->stream));
    CHECK_EQUAL(cudaSuccess, cudaStreamSynchronize(rank->stream));
    CHECK_EQUAL(ncclSuccess, ncclAllReduce(buffer, buffer, 16, ncclFloat32, ncclSum, rank->comm, rank->stream));
    do {
        nap();
        CHECK_EQUAL(ncclSuccess, ncclCommGetAsyncError(rank->comm, &state));
    } while (state == ncclSuccess || state == ncclInProgress);
    CHECK_EQUAL(3, state);
    CHECK_EQUAL(cudaErrorNotReady, cudaStreamQuery(rank->stream));
    CHECK_EQUAL(ncclSuccess, ncclCommAbort(rank->comm));
    CHECK_EQUAL(cudaSuccess, cudaStreamSynchronize(rank->stream));
}

TEST(an_error_breaks_all_ranks_until_they_abort) {
    ranks(4, "[node n1]\nerror_at = 2\nerror_code = 3\n", fail_at_second);
}

static void hang_and_abort(struct rank *rank) {
    ncclResult_t state = ncclSuccess;
    void *buffer = filled(16, 1);
    CHECK_EQUAL(ncclSuccess, ncclAllReduce(buffer, buffer, 16, ncclFloat32, ncclSum, rank->comm, rank->stream));
    for (int i = 0; i < 100; i++) {
        nap();
        CHECK_EQUAL(cudaErrorNotReady, cudaStreamQuery(rank->stream));
        CHECK_EQUAL(ncclSuccess, ncclCommGetAsyncError(rank->comm, &state));
        if (state != ncclSuccess) break; // another rank has aborted
    }
    CHECK_EQUAL(ncclSuccess, ncclCommAbort(rank->comm));
    CHECK_EQUAL(cudaSuccess, cudaStreamSynchronize(rank->stream));
}

TEST(a_hang_ends_with_an_abort) { ranks(2, "[node n0]\nhang_at = 1\n", hang_and_abort); }

static void die_or_notice(struct rank *rank) {
    ncclResult_t state = ncclSuccess;
    if (rank->rank == 3) _exit(0);
    while (state == ncclSuccess) {
        nap();
        CHECK_EQUAL(ncclSuccess, ncclCommGetAsyncError(rank->comm, &state));
    }
    CHECK_EQUAL(ncclRemoteError, state);
    CHECK_EQUAL(ncclSuccess, ncclCommAbort(rank->comm));
}

TEST(a_dead_rank_is_a_remote_error_for_the_others) { ranks(4, "[base]\n", die_or_notice); }

static void split_in_two(struct rank *rank) {
    ncclComm_t half = NULL;
    int size = 0, position = -1;
    ncclResult_t state;
    void *buffer = filled(8, (float)rank->rank);
    ncclCommSplit(rank->comm, rank->rank % 2, -rank->rank, &half, NULL);
    do {
        nap();
        CHECK_EQUAL(ncclSuccess, ncclCommGetAsyncError(half, &state));
    } while (state == ncclInProgress);
    CHECK_EQUAL(ncclSuccess, ncclCommCount(half, &size));
    CHECK_EQUAL(ncclSuccess, ncclCommUserRank(half, &position));
    CHECK_EQUAL(2, size);
    CHECK_EQUAL(rank->rank < 2 ? 1 : 0, position);
    CHECK_EQUAL(ncclSuccess, ncclAllReduce(buffer, buffer, 8, ncclFloat32, ncclSum, half, rank->stream));
    CHECK_EQUAL(cudaSuccess, cudaStreamSynchronize(rank->stream));
    CHECK_EQUAL(rank->rank % 2 ? 4 : 2, element(buffer, 7));
    CHECK_EQUAL(ncclSuccess, ncclCommDestroy(half));
    finish(rank);
}

TEST(a_split_makes_communicators_by_color_and_key) { ranks(4, "[base]\n", split_in_two); }

TEST(the_id_holds_the_address_of_the_named_interface) {
    ncclUniqueId id;
    struct sockaddr_in address;
    test_file("BRIDGE_FAKE_GPU", "include h100x8.gpu\n");
    setenv("NCCL_SOCKET_IFNAME", "=lo", 1);
    CHECK_EQUAL(ncclSuccess, ncclGetUniqueId(&id));
    memcpy(&address, id.internal + 8, sizeof address);
    CHECK_EQUAL(AF_INET, address.sin_family);
    CHECK_EQUAL(INADDR_LOOPBACK, ntohl(address.sin_addr.s_addr));
    CHECK(address.sin_port != 0);
    setenv("NCCL_SOCKET_IFNAME", "nosuch", 1);
    CHECK_EQUAL(ncclSystemError, ncclGetUniqueId(&id));
    CHECK(strstr(ncclGetLastError(NULL), "nosuch") != NULL);
}

TEST(a_bad_configuration_is_refused) {
    ncclUniqueId id;
    ncclComm_t comm = NULL;
    ncclConfig_t config = {48, 0xdead, 21800, 0, 0, 0, 0, NULL, 0};
    test_file("BRIDGE_FAKE_GPU", "include h100x8.gpu\n");
    setenv("NCCL_SOCKET_IFNAME", "lo", 1);
    CHECK_EQUAL(ncclSuccess, ncclGetUniqueId(&id));
    CHECK_EQUAL(ncclInvalidArgument, ncclCommInitRankConfig(&comm, 1, id, 0, &config));
    config.magic = NCCL_CONFIG_MAGIC;
    config.size = 8;
    CHECK_EQUAL(ncclInvalidArgument, ncclCommInitRankConfig(&comm, 1, id, 0, &config));
    CHECK_EQUAL(ncclInvalidArgument, ncclCommInitRankConfig(&comm, 1, id, 1, NULL));
    test_file("BRIDGE_FAKE_GPU", "include no-driver.gpu\n");
    CHECK_EQUAL(ncclUnhandledCudaError, ncclCommInitRankConfig(&comm, 1, id, 0, NULL));
}

TEST(mistakes_in_the_fault_table_are_errors) {
    static const char *const mistakes[] = {
        "[base]\nfabric = 1\n", "[node]\nfactor = 1\n", "[node a]\nfactor = 0\n", "[node a]\nflaky = 1.5\n",
        "[link a]\nfactor = 1\n", "[rail 99]\nfactor = 1\n", "[leaf a]\nspeed = 1\n", "[node a]\nerror_code = 9\n",
    };
    int version = 0;
    ncclUniqueId id;
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        test_file("BRIDGE_FAKE_NCCL", mistakes[i]);
        if (ncclGetUniqueId(&id) != ncclSystemError) test_fail(__FILE__, __LINE__, mistakes[i]);
        CHECK(strstr(ncclGetLastError(NULL), "BRIDGE_FAKE_NCCL:2: ") != NULL);
    }
    test_file("BRIDGE_FAKE_NCCL", "[base]\nversion = 21805\n");
    CHECK_EQUAL(ncclSuccess, ncclGetVersion(&version));
    CHECK_EQUAL(21805, version);
}

TEST(only_sums_of_two_types_are_reduced) {
    ncclUniqueId id;
    ncclComm_t comm = NULL;
    void *buffer;
    test_file("BRIDGE_FAKE_GPU", "include h100x8.gpu\n");
    setenv("NCCL_SOCKET_IFNAME", "lo", 1);
    CHECK_EQUAL(ncclSuccess, ncclGetUniqueId(&id));
    CHECK_EQUAL(ncclSuccess, ncclCommInitRank(&comm, 1, id, 0));
    buffer = filled(4, 1);
    CHECK_EQUAL(ncclInvalidArgument, ncclAllReduce(buffer, buffer, 4, ncclFloat32, 2, comm, NULL));
    CHECK_EQUAL(ncclInvalidArgument, ncclAllReduce(buffer, buffer, 4, 8, ncclSum, comm, NULL));
    CHECK_EQUAL(ncclInvalidArgument, ncclSend(buffer, 4, ncclFloat32, 7, comm, NULL));
    CHECK_EQUAL(ncclSuccess, ncclAllReduce(buffer, buffer, 4, ncclInt32, ncclSum, comm, NULL));
    CHECK_EQUAL(ncclSuccess, ncclCommDestroy(comm));
    CHECK_EQUAL(ncclInvalidArgument, ncclCommAbort((ncclComm_t)&id));
    CHECK_EQUAL(cudaSuccess, cudaFree(buffer));
}
