// What the parts of the RAS port share: one conversation, and how the roots of this process' communicators are asked.
#ifndef BRIDGE_FAKE_RAS_H
#define BRIDGE_FAKE_RAS_H

#include "comm.h"

#include <stdio.h>

enum { RAS_ROOTS = 64, RAS_PEERS = 256 };
enum report_style { REPORT_TEXT, REPORT_JSON, REPORT_VERBOSE, REPORT_PEERS };
enum peer_state { PEER_ALIVE, PEER_LOST, PEER_LEFT };

// A process of the job, as NCCL's RAS counts: it may manage several GPUs.
struct ras_peer {
    char node[NODE_NAME];
    int pid, state;
    uint64_t cuda, nvml; // one bit per device
};

// One client of the port. `groups` is 0 until it monitors.
struct ras_client {
    FILE *out;
    bool json;
    unsigned groups;
    struct ras_peer peer[RAS_PEERS];
    int peers;
};

// Writes what one root says to `out`; `first` is false once one has said something.
void ras_ask_root(FILE *out, const struct sockaddr_in *root, int style, bool *first);

// "MONITOR [lifecycle|trace|all,...]": answers, and remembers who is there so that only what changes is told.
void ras_monitor_start(struct ras_client *client, char *groups);
// Tells what changed since the last time.
void ras_monitor_look(struct ras_client *client);

#endif
