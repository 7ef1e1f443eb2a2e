#define _GNU_SOURCE
#include "ras.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

// Event groups of NCCL 2.29's MONITOR command.
enum { LIFECYCLE = 1, TRACE = 2, ALL = 0xff };

static struct ras_peer *find_peer(struct ras_peer *peers, int count, const char *node, int pid) {
    for (int i = 0; i < count; i++)
        if (peers[i].pid == pid && strcmp(peers[i].node, node) == 0) return &peers[i];
    return NULL;
}

// Every line of a root's list is one rank: node, pid, CUDA device, NVML device, state.
static int list_peers(struct ras_peer *peers) {
    struct sockaddr_in roots[RAS_ROOTS];
    int known = comm_roots(roots, RAS_ROOTS), count = 0;
    char *text = NULL, *rest = NULL;
    size_t size = 0;
    bool first = true;
    FILE *memory = open_memstream(&text, &size);
    if (memory == NULL) return 0;
    for (int i = 0; i < known; i++) ras_ask_root(memory, &roots[i], REPORT_PEERS, &first);
    fclose(memory);
    for (char *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
        struct ras_peer rank = {.pid = 0};
        int cuda = 0, nvml = 0;
        if (sscanf(line, "%63s %d %d %d %d", rank.node, &rank.pid, &cuda, &nvml, &rank.state) != 5) continue;
        struct ras_peer *peer = find_peer(peers, count, rank.node, rank.pid);
        if (peer == NULL && count < RAS_PEERS) *(peer = &peers[count++]) = rank;
        if (peer == NULL) continue;
        if (cuda >= 0 && cuda < 64) peer->cuda |= 1ull << cuda;
        if (nvml >= 0 && nvml < 64) peer->nvml |= 1ull << nvml;
        if (rank.state == PEER_LOST) peer->state = PEER_LOST;
    }
    free(text);
    return count;
}

static void write_devices(FILE *out, uint64_t devices) {
    const char *comma = "";
    for (int i = 0; i < 64; i++) {
        if ((devices >> i & 1) == 0) continue;
        fprintf(out, "%s%d", comma, i);
        comma = ",";
    }
}

static void write_event(const struct ras_client *client, int group, const char *event, const struct ras_peer *peer,
                        const char *details) {
    char stamp[32];
    time_t now = time(NULL);
    struct tm parts;
    FILE *out = client->out;
    if ((client->groups & (unsigned)group) == 0) return;
    strftime(stamp, sizeof stamp, "%Y-%m-%d %H:%M:%S", localtime_r(&now, &parts));
    if (!client->json) {
        bool several = (peer->cuda & (peer->cuda - 1)) != 0;
        fprintf(out, "[%s] %s: Process %d on node %s managing GPU%s ", stamp, event, peer->pid, peer->node,
                several ? "s" : "");
        write_devices(out, peer->cuda);
        fprintf(out, " %s\n", details);
        return;
    }
    fprintf(out, "{\n  \"timestamp\": \"%s\",\n  \"group\": \"%s\",\n  \"event\": \"%s\",\n", stamp,
            group == LIFECYCLE ? "LIFECYCLE" : "TRACE", event);
    fprintf(out, "  \"peer\": {\n    \"host\": \"%s\",\n    \"pid\": %d,\n    \"cuda_devs\": [", peer->node, peer->pid);
    write_devices(out, peer->cuda);
    fprintf(out, "],\n    \"nvml_devs\": [");
    write_devices(out, peer->nvml);
    fprintf(out, "]\n  },\n  \"details\": \"%s\"\n}\n", details);
}

void ras_monitor_start(struct ras_client *client, char *groups) {
    unsigned mask = 0;
    char *rest = NULL;
    for (char *group = strtok_r(groups, ", ", &rest); group != NULL; group = strtok_r(NULL, ", ", &rest)) {
        if (strcasecmp(group, "lifecycle") == 0) mask |= LIFECYCLE;
        else if (strcasecmp(group, "trace") == 0) mask |= TRACE;
        else if (strcasecmp(group, "all") == 0) mask |= ALL;
        else {
            fprintf(client->out, "ERROR: Invalid event group '%s'\n", group);
            return;
        }
    }
    if (client->groups == 0) client->peers = list_peers(client->peer);
    client->groups = mask == 0 ? LIFECYCLE : mask;
    fprintf(client->out, "OK\n");
}

// A process that is no more in any list left with its communicators in good order: only a trace, never a death.
void ras_monitor_look(struct ras_client *client) {
    static const char *const closed = "peer closed connection during receive operation";
    struct ras_peer *now = calloc(RAS_PEERS, sizeof *now);
    if (now == NULL) return;
    int count = list_peers(now);
    for (int i = 0; i < count; i++) {
        const struct ras_peer *before = find_peer(client->peer, client->peers, now[i].node, now[i].pid);
        if (before == NULL) write_event(client, LIFECYCLE, "PEER_NEW", &now[i], "");
        if (now[i].state != PEER_LOST || (before != NULL && before->state == PEER_LOST)) continue;
        write_event(client, TRACE, "PEER_DISCONNECTED", &now[i], closed);
        write_event(client, LIFECYCLE, "PEER_DEAD", &now[i], "");
    }
    memcpy(client->peer, now, sizeof client->peer);
    client->peers = count;
    free(now);
    fflush(client->out);
}
