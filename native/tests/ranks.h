// Ranks of a communicator as processes of their own.
#ifndef BRIDGE_TEST_RANKS_H
#define BRIDGE_TEST_RANKS_H

#include "nccl_abi.h"

#include <stddef.h>

struct rank {
    int rank, ranks;
    ncclComm_t comm;
    cudaStream_t stream;
    ncclResult_t init;
};

// One process per rank, two ranks per node: n0 has 0 and 1, n1 has 2 and 3, and so on. Fails when one of them fails.
void ranks(int count, const char *table, void (*body)(struct rank *));
// Leaves in good order.
void finish(struct rank *rank);
void nap(void);

// Device memory full of one value; one element of it.
void *filled(size_t count, float value);
float element(const void *device, size_t index);

#endif
