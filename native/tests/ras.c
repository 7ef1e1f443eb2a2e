#define _GNU_SOURCE
#include "check.h"
#include "ranks.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

static struct sockaddr_in ras_address;

// Asks the RAS port as NCCL's own client does and returns the whole conversation.
static char *ask_ras(const char *lines) {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    size_t size = 0;
    ssize_t got;
    char *text = calloc(1, 65536);
    CHECK(text != NULL && connect(fd, (struct sockaddr *)&ras_address, sizeof ras_address) == 0);
    CHECK(write(fd, lines, strlen(lines)) == (ssize_t)strlen(lines));
    while (size < 65535 && (got = read(fd, text + size, 65535 - size)) > 0) size += (size_t)got;
    close(fd);
    return text;
}

static int count_of(const char *text, const char *part) {
    int count = 0;
    for (const char *at = text; (at = strstr(at, part)) != NULL; at++) count++;
    return count;
}

// n1 hangs in the first operation: its two ranks are one call behind the other two.
static void ask_while_hanging(struct rank *rank) {
    void *buffer = filled(16, 1);
    ncclResult_t state = ncclSuccess;
    CHECK_EQUAL(ncclSuccess, ncclAllReduce(buffer, buffer, 16, ncclFloat32, ncclSum, rank->comm, rank->stream));
    if (rank->rank == 0) {
        char *text = NULL;
        for (int i = 0; i < 2000 && (text == NULL || count_of(text, "\"AllReduce\": 1") < 2); i++) {
            nap();
            free(text);
            text = ask_ras("CLIENT PROTOCOL 2\nTIMEOUT 5\nSET FORMAT json\nSTATUS\n");
        }
        CHECK(strncmp(text, "SERVER PROTOCOL 2\nOK\nOK\n{\n", 26) == 0);
        CHECK(strstr(text, "\"ranks_count\": 4,") != NULL && strstr(text, "\"missing_ranks_count\": 0,") != NULL);
        CHECK_EQUAL(2, count_of(text, "\"AllReduce\": 1"));
        CHECK_EQUAL(2, count_of(text, "\"AllReduce\": 0"));
        CHECK_EQUAL(2, count_of(text, "\"host\": \"n1\""));
        free(text);
        text = ask_ras("NONSENSE\nSET FORMAT xml\nTIMEOUT x\nVERBOSE STATUS\n");
        CHECK(strncmp(text, "ERROR: Unknown command NONSENSE\nERROR: Invalid format xml\n", 58) == 0);
        CHECK(strstr(text, "4 ranks, 0 missing, RUNNING") != NULL);
        free(text);
    } else
        while (state == ncclSuccess) { // until rank 0 is through and aborts
            nap();
            CHECK_EQUAL(ncclSuccess, ncclCommGetAsyncError(rank->comm, &state));
        }
    CHECK_EQUAL(ncclSuccess, ncclCommAbort(rank->comm));
}

// A port of its own for every test; the first process of `ranks` that joins gets it.
static void ras_here(void) {
    char where[64];
    socklen_t length = sizeof ras_address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    ras_address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    CHECK(bind(fd, (struct sockaddr *)&ras_address, length) == 0);
    CHECK(getsockname(fd, (struct sockaddr *)&ras_address, &length) == 0);
    close(fd);
    snprintf(where, sizeof where, "localhost:%d", ntohs(ras_address.sin_port));
    setenv("NCCL_RAS_ADDR", where, 1);
}

TEST(ras_shows_who_is_behind) {
    ras_here();
    ranks(4, "[node n1]\nhang_at = 1\n", ask_while_hanging);
}

// A client that monitors, and what it was told so far.
struct watcher {
    int fd;
    size_t size;
    char text[8192];
};

static void begin_watch(struct watcher *watcher, const char *lines) {
    *watcher = (struct watcher){.fd = socket(AF_INET, SOCK_STREAM, 0)};
    CHECK(connect(watcher->fd, (struct sockaddr *)&ras_address, sizeof ras_address) == 0);
    CHECK(write(watcher->fd, lines, strlen(lines)) == (ssize_t)strlen(lines));
}

// Reads until the part was said so often; ctest's time limit ends a wait without end.
static void wait_for(struct watcher *watcher, const char *part, int times) {
    while (count_of(watcher->text, part) < times) {
        ssize_t got = read(watcher->fd, watcher->text + watcher->size, sizeof watcher->text - 1 - watcher->size);
        if (got <= 0) test_fail(__FILE__, __LINE__, part);
        watcher->size += (size_t)got;
    }
}

static void no_event_before(const struct watcher *watcher) {
    CHECK(strstr(watcher->text, "PEER_") == NULL && strstr(watcher->text, "\"event\"") == NULL);
}

// Pipes of all ranks: rank 3 dies without a word when it is told; the others stay until rank 0 is through.
static int die[2], stay[2];

static void watch_a_death(struct rank *rank) {
    struct watcher text, json, trace, wrong;
    char go = 0;
    if (rank->rank == 3) {
        CHECK(read(die[0], &go, 1) == 1);
        _exit(0);
    }
    if (rank->rank == 0) {
        begin_watch(&text, "CLIENT PROTOCOL 2\nMONITOR\n");
        begin_watch(&json, "SET FORMAT json\nmonitor Lifecycle\n");
        begin_watch(&trace, "MONITOR lifecycle,trace\n");
        begin_watch(&wrong, "MONITOR lifecycle,gossip\nSTATUS\n");
        wait_for(&text, "SERVER PROTOCOL 2\nOK\n", 1);
        wait_for(&json, "OK\nOK\n", 1);
        wait_for(&trace, "OK\n", 1);
        wait_for(&wrong, "ERROR: Invalid event group 'gossip'\n", 1);
        no_event_before(&text);
        no_event_before(&json);
        CHECK(write(die[1], "x", 1) == 1);
        wait_for(&text, " on node n1 managing GPU 1 \n", 1);
        CHECK_EQUAL(1, count_of(text.text, "] PEER_DEAD: Process "));
        wait_for(&json, "\"details\": \"\"\n}\n", 1);
        CHECK(strstr(json.text, "\"group\": \"LIFECYCLE\",\n  \"event\": \"PEER_DEAD\"") != NULL);
        CHECK(strstr(json.text, "\"host\": \"n1\"") != NULL && strstr(json.text, "\"cuda_devs\": [1],") != NULL);
        CHECK(strstr(json.text, "\"nvml_devs\": [1]") != NULL);
        wait_for(&trace, "PEER_DEAD", 1);
        CHECK_EQUAL(1, count_of(trace.text, "PEER_DISCONNECTED"));
        CHECK_EQUAL(0, count_of(text.text, "PEER_DISCONNECTED"));
        // A client that monitors may still ask; the answer ends the conversation.
        CHECK(write(text.fd, "STATUS\n", 7) == 7);
        wait_for(&text, "4 ranks, 1 missing, ERROR", 1);
        CHECK(write(stay[1], "yy", 2) == 2);
    } else CHECK(read(stay[0], &go, 1) == 1);
    CHECK_EQUAL(ncclSuccess, ncclCommAbort(rank->comm));
}

TEST(ras_tells_of_a_death_while_it_is_monitored) {
    ras_here();
    CHECK(pipe(die) == 0 && pipe(stay) == 0);
    ranks(4, "[base]\n", watch_a_death);
}

static void watch_a_leaving(struct rank *rank) {
    struct watcher watcher;
    char go = 0;
    if (rank->rank == 0) {
        begin_watch(&watcher, "MONITOR all\n");
        wait_for(&watcher, "OK\n", 1);
    }
    finish(rank);
    // The RAS port may be any process': all stay until rank 0 has heard nothing for several looks of the server.
    if (rank->rank != 0) {
        CHECK(read(stay[0], &go, 1) == 1);
        return;
    }
    for (int i = 0; i < 200; i++) nap();
    CHECK(write(watcher.fd, "STATUS\n", 7) == 7);
    wait_for(&watcher, "Communicators...", 1);
    no_event_before(&watcher);
    CHECK(write(stay[1], "xyz", 3) == 3);
}

TEST(ras_takes_no_leaving_for_a_death) {
    ras_here();
    CHECK(pipe(stay) == 0);
    ranks(4, "[base]\n", watch_a_leaving);
}

static void monitor_in_vain(struct rank *rank) {
    if (rank->rank == 0) {
        char *text = ask_ras("MONITOR\nSTATUS\n");
        CHECK(strncmp(text, "ERROR: Unknown command MONITOR\n", 31) == 0);
        free(text);
    }
    finish(rank);
}

TEST(ras_of_an_older_nccl_cannot_be_monitored) {
    ras_here();
    ranks(2, "[base]\nversion = 22807\n", monitor_in_vain);
}
