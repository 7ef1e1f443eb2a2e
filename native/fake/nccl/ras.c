#define _GNU_SOURCE
#include "comm.h"

#include <arpa/inet.h>
#include <netdb.h>
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
enum { PROTOCOL = 2, ROOTS = 64 };

static int listener = -1;

static void add_report(FILE *out, const struct sockaddr_in *root, int style, bool *first) {
    struct frame frame = {.kind = FRAME_STATUS, .code = style};
    int fd = wire_connect(root);
    if (fd < 0) return;
    if (wire_send(fd, &frame, NULL) && wire_receive(fd, &frame, sizeof frame) && frame.bytes > 0) {
        char *text = malloc(frame.bytes);
        if (text != NULL && wire_receive(fd, text, frame.bytes)) {
            if (style == 1 && !*first) fprintf(out, ",\n");
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
    struct sockaddr_in roots[ROOTS];
    int count = comm_roots(roots, ROOTS), version = 0, style = json ? 1 : verbose ? 2 : 0;
    char *body = NULL, stamp[32];
    size_t size = 0;
    bool first = true;
    FILE *memory = open_memstream(&body, &size);
    time_t now = time(NULL);
    struct tm parts;
    if (memory == NULL) return;
    for (int i = 0; i < count; i++) add_report(memory, &roots[i], style, &first);
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

// One line of the client. Returns false when the conversation is over.
static bool serve_line(FILE *out, const char *line, bool *json) {
    char *end = NULL;
    if (strncasecmp(line, "client protocol ", 16) == 0) fprintf(out, "SERVER PROTOCOL %d\n", PROTOCOL);
    else if (strncasecmp(line, "timeout ", 8) == 0) {
        long timeout = strtol(line + 8, &end, 10);
        bool good = timeout >= 0 && end != line + 8 && *end == '\0';
        if (good) fprintf(out, "OK\n");
        else fprintf(out, "ERROR: Invalid timeout value %s\n", line + 8);
    } else if (strncasecmp(line, "set format ", 11) == 0) {
        bool text = strcasecmp(line + 11, "text") == 0;
        *json = strcasecmp(line + 11, "json") == 0;
        if (*json || text) fprintf(out, "OK\n");
        else fprintf(out, "ERROR: Invalid format %s\n", line + 11);
    } else if (strcasecmp(line, "status") == 0 || strcasecmp(line, "verbose status") == 0) {
        write_status(out, *json, strcasecmp(line, "status") != 0);
        return false;
    } else fprintf(out, "ERROR: Unknown command %s\n", line);
    return true;
}

static void *serve_client(void *argument) {
    int fd = *(int *)argument, again = dup(fd);
    free(argument);
    FILE *in = fdopen(fd, "r"), *out = again < 0 ? NULL : fdopen(again, "w");
    char line[512];
    bool json = false, more = in != NULL && out != NULL;
    while (more && fgets(line, sizeof line, in) != NULL) {
        line[strcspn(line, "\r\n")] = '\0';
        more = serve_line(out, line, &json);
        fflush(out);
    }
    if (out != NULL) fclose(out);
    if (in != NULL) fclose(in);
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
