#define _GNU_SOURCE
#include "wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

bool buffer_add(struct buffer *buffer, const void *data, size_t size) {
    if (buffer->end + size > buffer->room) {
        size_t held = buffer_size(buffer), room = (held + size) * 2;
        char *grown = malloc(room);
        if (grown == NULL) return false;
        if (held > 0) memcpy(grown, buffer->data + buffer->start, held);
        free(buffer->data);
        *buffer = (struct buffer){grown, 0, held, room};
    }
    if (size > 0) memcpy(buffer->data + buffer->end, data, size);
    buffer->end += size;
    return true;
}

void buffer_drop(struct buffer *buffer, size_t size) {
    buffer->start += size;
    if (buffer->start == buffer->end) buffer->start = buffer->end = 0;
}

void buffer_free(struct buffer *buffer) {
    free(buffer->data);
    *buffer = (struct buffer){0};
}

static bool send_all(int fd, const char *data, size_t size) {
    while (size > 0) {
        ssize_t sent = send(fd, data, size, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) return false;
        data += sent;
        size -= (size_t)sent;
    }
    return true;
}

bool wire_send(int fd, const struct frame *frame, const void *payload) {
    return send_all(fd, (const char *)frame, sizeof *frame) && send_all(fd, payload, frame->bytes);
}

bool wire_receive(int fd, void *data, size_t size) {
    char *at = data;
    while (size > 0) {
        ssize_t got = recv(fd, at, size, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return false;
        at += got;
        size -= (size_t)got;
    }
    return true;
}

int wire_connect(const struct sockaddr_in *address) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    if (fd < 0) return -1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(fd, (const struct sockaddr *)address, sizeof *address) == 0) return fd;
    close(fd);
    return -1;
}

static bool interface_wanted(const struct ifaddrs *each, const char *wanted) {
    if (each->ifa_addr == NULL || each->ifa_addr->sa_family != AF_INET || (each->ifa_flags & IFF_UP) == 0) return false;
    if (wanted == NULL) return (each->ifa_flags & IFF_LOOPBACK) == 0;
    bool exact = wanted[0] == '=';
    wanted += exact;
    return exact ? strcmp(each->ifa_name, wanted) == 0 : strncmp(each->ifa_name, wanted, strlen(wanted)) == 0;
}

int wire_listen(struct sockaddr_in *address, char *problem, size_t size) {
    const char *wanted = getenv("NCCL_SOCKET_IFNAME");
    struct ifaddrs *all = NULL;
    if (wanted != NULL && *wanted == '\0') wanted = NULL;
    *address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    bool found = false;
    if (getifaddrs(&all) == 0)
        for (const struct ifaddrs *each = all; each != NULL && !found; each = each->ifa_next) {
            found = interface_wanted(each, wanted);
            if (found) address->sin_addr = ((const struct sockaddr_in *)(const void *)each->ifa_addr)->sin_addr;
        }
    if (all != NULL) freeifaddrs(all);
    if (!found && wanted != NULL) {
        snprintf(problem, size, "no interface fits NCCL_SOCKET_IFNAME=%s", wanted);
        return -1;
    }
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    socklen_t length = sizeof *address;
    if (fd >= 0 && bind(fd, (struct sockaddr *)address, length) == 0 && listen(fd, 1024) == 0 &&
        getsockname(fd, (struct sockaddr *)address, &length) == 0)
        return fd;
    snprintf(problem, size, "cannot listen: %s", strerror(errno));
    if (fd >= 0) close(fd);
    return -1;
}
