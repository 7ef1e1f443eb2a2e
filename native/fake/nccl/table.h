// The fault table: how fast the imagined fabric is and what is wrong with it. BRIDGE_FAKE_NCCL names the file.
#ifndef BRIDGE_FAKE_TABLE_H
#define BRIDGE_FAKE_TABLE_H

#include "../common/ini.h"

#include <stdint.h>

enum { TABLE_NODES = 256, TABLE_LINKS = 64, TABLE_RAILS = 16, TABLE_LEAVES = 64, NODE_NAME = 64 };

// What a communicator does, as a number that goes over the wire; RAS lists them in this order.
enum operation { OP_BROADCAST, OP_REDUCE, OP_ALL_GATHER, OP_REDUCE_SCATTER, OP_ALL_REDUCE, OP_SEND_RECV, OP_SEND,
                 OP_RECV, OP_COUNT };

struct table_node {
    char name[NODE_NAME], leaf[NODE_NAME];
    double factor, flaky, flaky_factor;
    uint64_t seed, hang_at, error_at;
    uint32_t error_code;
    bool hang_init;
};

struct table_link {
    char one[NODE_NAME], two[NODE_NAME];
    double factor;
};

struct table_leaf {
    char name[NODE_NAME];
    double factor;
};

struct table {
    uint32_t version;
    double node_gbps, fabric_gbps, latency_us; // gigabytes per second of bus bandwidth
    uint64_t exact_bytes;
    uint32_t node_count, link_count, leaf_count;
    double rail[TABLE_RAILS];
    struct table_node node[TABLE_NODES];
    struct table_link link[TABLE_LINKS];
    struct table_leaf leaf[TABLE_LEAVES];
};

// The place of one rank: its node and the machine's number of its GPU.
struct place {
    char node[NODE_NAME];
    int rail;
};

struct shape {
    enum operation operation;
    const struct place *ranks; // in rank order, which is ring order
    int count;
    uint64_t bytes; // the size as nccl-tests counts it
    uint64_t run;   // what the dice of flaky nodes are thrown with
};

// Locks the table of this process, read again when the file changed; NULL (still locked) when the file is wrong.
const struct table *table_lock(void);
void table_unlock(void);
const char *table_error(void);

// Microseconds that the operation takes.
double table_time(const struct table *table, const struct shape *shape);

const struct table_node *table_node(const struct table *table, const char *name);

#endif
