#define _GNU_SOURCE
#include "ras.h"
#include "root.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const names[OP_COUNT] = {"Broadcast", "Reduce",   "AllGather", "ReduceScatter",
                                            "AllReduce", "SendRecv", "Send",      "Recv"};

static int missing_ranks(const struct communicator *communicator) {
    int missing = 0;
    for (int rank = 0; rank < communicator->ranks; rank++)
        missing += communicator->rank[rank] == NULL || communicator->rank[rank]->gone;
    return missing;
}

static void rank_head(FILE *out, const struct communicator *communicator, int rank) {
    const struct hello *hello = &communicator->rank[rank]->hello;
    fprintf(out, "        {\n          \"rank\": %d,\n          \"host\": \"%s\",\n          \"pid\": %d,\n", rank,
            communicator->place[rank].node, hello->pid);
    fprintf(out, "          \"cuda_dev\": %d,\n          \"nvml_dev\": %d,\n", hello->device, hello->slot);
}

static void present_rank(FILE *out, const struct communicator *communicator, int rank) {
    const struct member *member = communicator->rank[rank];
    rank_head(out, communicator, rank);
    fprintf(out, "          \"status\": {\n            \"init_state\": %d,\n            \"async_error\": %d,\n",
            communicator->ready ? 0 : 7, communicator->error);
    fprintf(out, "            \"finalize_called\": %s,\n            \"destroy_flag\": false,\n",
            member->finalized ? "true" : "false");
    fprintf(out, "            \"abort_flag\": false\n          },\n          \"collective_counts\": {\n");
    for (int op = 0; op < OP_COUNT; op++)
        fprintf(out, "            \"%s\": %llu%s\n", names[op], (unsigned long long)member->counts[op],
                op + 1 < OP_COUNT ? "," : "");
    fprintf(out, "          }\n        }");
}

static void lost_rank(FILE *out, const struct communicator *communicator, int rank) {
    rank_head(out, communicator, rank);
    fprintf(out, "          \"status\": {\n            \"unresponsive\": true,\n");
    fprintf(out, "            \"considered_dead\": true\n          }\n        }");
}

static void json_communicator(FILE *out, const struct communicator *communicator) {
    int missing = missing_ranks(communicator);
    bool first = true;
    fprintf(out, "    {\n      \"hash\": \"0x%llx\",\n      \"secondary_hash\": \"0x0:0x0\",\n      \"size\": %d,\n",
            (unsigned long long)communicator->id, communicator->ranks);
    fprintf(out, "      \"ranks_count\": %d,\n      \"missing_ranks_count\": %d,\n      \"ranks\": [\n",
            communicator->ranks - missing, missing);
    for (int rank = 0; rank < communicator->ranks; rank++) {
        if (communicator->rank[rank] == NULL || communicator->rank[rank]->gone) continue;
        if (!first) fprintf(out, ",\n");
        present_rank(out, communicator, rank);
        first = false;
    }
    fprintf(out, "\n      ],\n      \"missing_ranks\": [\n");
    first = true;
    for (int rank = 0; rank < communicator->ranks; rank++) {
        if (communicator->rank[rank] == NULL || !communicator->rank[rank]->gone) continue;
        if (!first) fprintf(out, ",\n");
        lost_rank(out, communicator, rank);
        first = false;
    }
    fprintf(out, "\n      ]\n    }");
}

static void text_communicator(FILE *out, const struct communicator *communicator, bool verbose) {
    int missing = missing_ranks(communicator);
    const char *status = communicator->error != 0 ? "ERROR" : communicator->ready ? "RUNNING" : "INIT";
    fprintf(out, "  0x%llx %d ranks, %d missing, %s\n", (unsigned long long)communicator->id, communicator->ranks,
            missing, status);
    for (int rank = 0; rank < communicator->ranks; rank++) {
        const struct member *member = communicator->rank[rank];
        if (member == NULL) continue;
        if (member->gone)
            fprintf(out, "    Rank %d -- GPU %d managed by process %d on node %s is missing\n", rank,
                    member->hello.device, member->hello.pid, communicator->place[rank].node);
        else if (verbose)
            fprintf(out, "    Rank %d has launched up to operation %llu (AllReduce) on node %s\n", rank,
                    (unsigned long long)member->counts[OP_ALL_REDUCE], communicator->place[rank].node);
    }
}

// For the RAS port itself: one line per rank, in the order of struct ras_peer.
static void list_ranks(FILE *out, const struct communicator *communicator) {
    for (int rank = 0; rank < communicator->ranks; rank++) {
        const struct member *member = communicator->rank[rank];
        if (member == NULL) continue;
        int state = !member->gone ? PEER_ALIVE : member->finalized ? PEER_LEFT : PEER_LOST;
        fprintf(out, "%s %d %d %d %d\n", communicator->place[rank].node, member->hello.pid, member->hello.device,
                member->hello.slot, state);
    }
}

char *root_report(const struct root *root, int style, size_t *size) {
    char *text = NULL;
    FILE *out = open_memstream(&text, size);
    bool first = true;
    if (out == NULL) return NULL;
    for (const struct communicator *each = root->communicators; each != NULL; each = each->next) {
        if (style == REPORT_PEERS) list_ranks(out, each);
        else if (style != REPORT_JSON) text_communicator(out, each, style == REPORT_VERBOSE);
        else {
            if (!first) fprintf(out, ",\n");
            json_communicator(out, each);
        }
        first = false;
    }
    fclose(out);
    return text;
}
