#define _GNU_SOURCE
#include "ras.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

// NCCL's RAS client protocol: lines of text in, "SERVER PROTOCOL", "OK" and "ERROR: ..." lines out, and a status report
// after which the server hangs up. Real NCCL listens on localhost:28028 in every job; the fake only when NCCL_RAS_ADDR
// says where. On one machine the first process gets the port and the others do without, as with the real library.
enum { PROTOCOL = 2, LOOK_MS = 5, MONITOR_SINCE = 22900 };

static int listener = -1;
static atomic_int monitors, looks;

void ras_ask_root(FILE *out, const struct sockaddr_in *root, int style, bool *first) {
    struct frame frame = {.kind = FRAME_STATUS, .code = style};
    int fd = wire_connect(root);
    if (fd < 0) return;
    if (wire_send(fd, &frame, NULL) && wire_receive(fd, &frame, sizeof frame) && frame.bytes > 0) {
        char *text = malloc(frame.bytes);
        if (text != NULL && wire_receive(fd, text, frame.bytes)) {
            if (style == REPORT_JSON && !*first) fprintf(out, ",\n");
            fwrite(text, 1, frame.bytes, out);
            *first = false;
        }
        free(text);
    }
    close(fd);
}

static int count_communicators(const char *report, bool json) {
    int count = 0;
    const char *mark = json ? "\"secondary_hash\"" : " ranks, ";
    for (const char *at = report; (at = strstr(at, mark)) != NULL; at++) count++;
    return count;
}

static void write_status(FILE *out, bool json, bool verbose) {
    struct sockaddr_in roots[RAS_ROOTS];
    int count = comm_roots(roots, RAS_ROOTS), version = 0;
    int style = json ? REPORT_JSON : verbose ? REPORT_VERBOSE : REPORT_TEXT;
    char *body = NULL, stamp[32];
    size_t size = 0;
    bool first = true;
    FILE *memory = open_memstream(&body, &size);
    time_t now = time(NULL);
    struct tm parts;
    if (memory == NULL) return;
    for (int i = 0; i < count; i++) ras_ask_root(memory, &roots[i], style, &first);
    fclose(memory);
    ncclGetVersion(&version);
    strftime(stamp, sizeof stamp, "%Y-%m-%d %H:%M:%S", localtime_r(&now, &parts));
    int major = version / 10000, minor = version / 100 % 100, patch = version % 100;
    if (json) {
        fprintf(out, "{\n  \"nccl_version\": \"%d.%d.%d\",\n  \"cuda_runtime_version\": 12040,\n", major, minor, patch);
        fprintf(out, "  \"cuda_driver_version\": 12040,\n  \"timestamp\": \"%s\",\n", stamp);
        fprintf(out, "  \"communicators_count\": %d,\n  \"communicators\": [\n%s", count_communicators(body, true),
                body);
        fprintf(out, "\n  ],\n  \"ras\": {\n    \"collection_time_sec\": 0.001,\n    \"timeouts_count\": 0\n  }\n}\n");
    } else {
        fprintf(out, "NCCL version %d.%d.%d compiled with CUDA 12.4\n", major, minor, patch);
        fprintf(out, "CUDA runtime version 12040, driver version 12040\n\nCommunicators... (%d)\n%s",
                count_communicators(body, false), body);
    }
    free(body);
}

static bool can_monitor(void) {
    int version = 0;
    return ncclGetVersion(&version) == ncclSuccess && version >= MONITOR_SINCE;
}

// One line of the client. Returns false when the conversation is over.
static bool serve_line(struct ras_client *client, char *line) {
    FILE *out = client->out;
    char *end = NULL;
    if (strncasecmp(line, "client protocol ", 16) == 0) fprintf(out, "SERVER PROTOCOL %d\n", PROTOCOL);
    else if (strncasecmp(line, "timeout ", 8) == 0) {
        long timeout = strtol(line + 8, &end, 10);
        bool good = timeout >= 0 && end != line + 8 && *end == '\0';
        if (good) fprintf(out, "OK\n");
        else fprintf(out, "ERROR: Invalid timeout value %s\n", line + 8);
    } else if (strncasecmp(line, "set format ", 11) == 0) {
        bool text = strcasecmp(line + 11, "text") == 0;
        client->json = strcasecmp(line + 11, "json") == 0;
        if (client->json || text) fprintf(out, "OK\n");
        else fprintf(out, "ERROR: Invalid format %s\n", line + 11);
    } else if (strcasecmp(line, "status") == 0 || strcasecmp(line, "verbose status") == 0) {
        write_status(out, client->json, strcasecmp(line, "status") != 0);
        return false;
    } else if ((strcasecmp(line, "monitor") == 0 || strncasecmp(line, "monitor ", 8) == 0) && can_monitor())
        ras_monitor_start(client, line + 7);
    else fprintf(out, "ERROR: Unknown command %s\n", line);
    return true;
}

// Takes the whole lines out of the buffer. Returns false when the conversation is over.
static bool serve_lines(struct ras_client *client, char *buffer, size_t *filled) {
    bool more = true;
    char *line = buffer, *end = NULL;
    while (more && (end = memchr(line, '\n', *filled - (size_t)(line - buffer))) != NULL) {
        *end = '\0';
        if (end > line && end[-1] == '\r') end[-1] = '\0';
        more = serve_line(client, line);
        fflush(client->out);
        line = end + 1;
    }
    *filled -= (size_t)(line - buffer);
    memmove(buffer, line, *filled);
    return more;
}

// Once every monitor has looked twice, one of the looks began after this call.
void ras_settle(void) {
    enum { MOST_MS = 200 };
    int enough = atomic_load(&looks) + 2 * atomic_load(&monitors);
    for (int i = 0; i < MOST_MS && atomic_load(&monitors) > 0 && atomic_load(&looks) < enough; i++)
        nanosleep(&(struct timespec){0, 1000000}, NULL);
}

// A client that monitors is told of changes while it is silent; a line that does not end within the buffer ends it.
static void *serve_client(void *argument) {
    int fd = *(int *)argument;
    free(argument);
    struct ras_client *client = calloc(1, sizeof *client);
    char buffer[512];
    size_t filled = 0;
    if (client != NULL) client->out = fdopen(fd, "w");
    bool more = client != NULL && client->out != NULL, counted = false;
    while (more && filled < sizeof buffer && !ferror(client->out)) {
        struct pollfd waits = {fd, POLLIN, 0};
        if (poll(&waits, 1, client->groups == 0 ? -1 : LOOK_MS) == 0) {
            ras_monitor_look(client);
            atomic_fetch_add(&looks, 1);
            continue;
        }
        ssize_t got = read(fd, buffer + filled, sizeof buffer - filled);
        if (got <= 0) break;
        filled += (size_t)got;
        more = serve_lines(client, buffer, &filled);
        if (client->groups != 0 && !counted) counted = atomic_fetch_add(&monitors, 1) >= 0;
    }
    if (counted) atomic_fetch_sub(&monitors, 1);
    if (client != NULL && client->out != NULL) fclose(client->out);
    else close(fd);
    free(client);
    return NULL;
}

static void *serve(void *argument) {
    (void)argument;
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC), *given = malloc(sizeof *given);
        pthread_t thread;
        if (fd < 0 || given == NULL) {
            if (fd >= 0) close(fd);
            free(given);
            return NULL;
        }
        *given = fd;
        if (pthread_create(&thread, NULL, serve_client, given) == 0) pthread_detach(thread);
    }
}

static bool parse_address(const char *text, struct sockaddr_in *address) {
    char host[256];
    const char *colon = strrchr(text, ':');
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *found = NULL;
    if (colon == NULL || (size_t)(colon - text) >= sizeof host) return false;
    snprintf(host, sizeof host, "%.*s", (int)(colon - text), text);
    if (getaddrinfo(host, colon + 1, &hints, &found) != 0) return false;
    memcpy(address, found->ai_addr, sizeof *address);
    freeaddrinfo(found);
    return true;
}

static void start_once(void) {
    const char *where = getenv("NCCL_RAS_ADDR"), *enabled = getenv("NCCL_RAS_ENABLE");
    struct sockaddr_in address;
    pthread_t thread;
    int on = 1;
    if (where == NULL || (enabled != NULL && strcmp(enabled, "0") == 0)) return;
    if (!parse_address(where, &address)) {
        fprintf(stderr, "bridge fake NCCL: NCCL_RAS_ADDR must be HOST:PORT, got '%s'\n", where);
        return;
    }
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    bool good = listener >= 0 && bind(listener, (struct sockaddr *)&address, sizeof address) == 0 &&
                listen(listener, 16) == 0 && pthread_create(&thread, NULL, serve, NULL) == 0;
    if (good) pthread_detach(thread);
    else if (listener >= 0) close(listener);
}

void ras_start(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, start_once);
}
