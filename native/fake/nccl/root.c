#define _GNU_SOURCE
#include "root.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST_BYTES = 1 << 30, MOST_RANKS = 4096 };

void root_answer(struct member *member, const struct frame *frame, const void *payload) {
    if (member == NULL || member->gone || member->fd < 0) return;
    if (!buffer_add(&member->out, frame, sizeof *frame) || !buffer_add(&member->out, payload, frame->bytes))
        member->close_after_write = true;
}

void root_fail(struct communicator *communicator, int code) {
    const struct frame failed = {.kind = FRAME_FAILED, .code = code, .communicator = communicator->id};
    if (communicator->error != 0) return;
    communicator->error = code;
    for (int rank = 0; rank < communicator->ranks; rank++) root_answer(communicator->rank[rank], &failed, NULL);
}

struct communicator *root_communicator(struct root *root, uint64_t id, int ranks) {
    for (struct communicator *each = root->communicators; each != NULL; each = each->next)
        if (each->id == id) return each;
    struct communicator *made = calloc(1, sizeof *made);
    if (made == NULL) return NULL;
    made->id = id;
    made->ranks = ranks;
    made->rank = calloc((size_t)ranks, sizeof(struct member *));
    made->place = calloc((size_t)ranks, sizeof *made->place);
    made->split = calloc((size_t)ranks, sizeof *made->split);
    if (made->rank == NULL || made->place == NULL || made->split == NULL) {
        communicator_free(made);
        return NULL;
    }
    made->next = root->communicators;
    root->communicators = made;
    return made;
}

// True when the fault table lets the communicator come up.
static bool may_start(struct communicator *communicator) {
    const struct table *table = table_lock();
    bool hangs = false;
    for (int rank = 0; table != NULL && rank < communicator->ranks; rank++) {
        const struct table_node *node = table_node(table, communicator->place[rank].node);
        hangs |= node != NULL && node->hang_init;
    }
    table_unlock();
    if (table == NULL) root_fail(communicator, 2);
    return table != NULL && !hangs;
}

static void take_hello(struct root *root, struct member *member, const struct frame *frame, const char *payload) {
    struct frame refused = {.kind = FRAME_FAILED, .code = 5};
    if (frame->bytes != sizeof member->hello) {
        member->close_after_write = true;
        return;
    }
    memcpy(&member->hello, payload, sizeof member->hello);
    const struct hello *hello = &member->hello;
    uint64_t id = frame->communicator;
    struct communicator *communicator = NULL;
    if (hello->ranks > 0 && hello->ranks <= MOST_RANKS && hello->rank >= 0 && hello->rank < hello->ranks)
        communicator = root_communicator(root, id, hello->ranks);
    if (communicator == NULL || communicator->ranks != hello->ranks || communicator->rank[hello->rank] != NULL) {
        root_answer(member, &refused, NULL);
        member->close_after_write = true;
        return;
    }
    root->seen = true;
    member->communicator = communicator;
    communicator->rank[hello->rank] = member;
    communicator->place[hello->rank] = hello->place;
    communicator->place[hello->rank].node[NODE_NAME - 1] = '\0';
    if (++communicator->arrived < communicator->ranks || !may_start(communicator)) return;
    communicator->ready = true;
    const struct frame ready = {.kind = FRAME_READY, .communicator = id};
    for (int rank = 0; rank < communicator->ranks; rank++) root_answer(communicator->rank[rank], &ready, NULL);
}

static void take_status(struct root *root, struct member *member, const struct frame *frame) {
    size_t size = 0;
    char *text = root_report(root, frame->code, &size);
    struct frame answer = {.kind = FRAME_STATUS, .bytes = size};
    root_answer(member, &answer, text);
    member->close_after_write = true;
    free(text);
}

// Nobody leaves before everybody has said goodbye: the root's process could end with answers unsent.
static void farewell(struct communicator *communicator) {
    const struct frame bye = {.kind = FRAME_BYE, .communicator = communicator->id};
    for (int rank = 0; rank < communicator->ranks; rank++) {
        const struct member *member = communicator->rank[rank];
        if (member == NULL || (!member->gone && !member->finalized)) return;
    }
    for (int rank = 0; rank < communicator->ranks; rank++) root_answer(communicator->rank[rank], &bye, NULL);
}

static void take_bye(struct member *member) {
    member->finalized = true;
    farewell(member->communicator);
}

static void take_frame(struct root *root, struct member *member, const struct frame *frame, const char *payload) {
    if (frame->kind == FRAME_HELLO && member->communicator == NULL) take_hello(root, member, frame, payload);
    else if (frame->kind == FRAME_STATUS) take_status(root, member, frame);
    else if (member->communicator == NULL) member->close_after_write = true;
    else if (frame->kind == FRAME_OPERATION) root_operation(root, member, frame, payload);
    else if (frame->kind == FRAME_SPLIT) root_split(root, member, frame);
    else if (frame->kind == FRAME_BYE) take_bye(member);
}

static void lose(struct member *member) {
    close(member->fd);
    member->fd = -1;
    member->gone = true;
    buffer_free(&member->in);
    buffer_free(&member->out);
    if (member->communicator == NULL) return;
    if (!member->finalized) root_fail(member->communicator, 6);
    farewell(member->communicator);
}

static void read_member(struct root *root, struct member *member) {
    char chunk[65536];
    for (;;) {
        ssize_t got = recv(member->fd, chunk, sizeof chunk, MSG_DONTWAIT);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
        if (got <= 0 || !buffer_add(&member->in, chunk, (size_t)got)) {
            lose(member);
            return;
        }
    }
    while (buffer_size(&member->in) >= sizeof(struct frame)) {
        struct frame frame;
        memcpy(&frame, member->in.data + member->in.start, sizeof frame);
        if (frame.bytes > MOST_BYTES) {
            lose(member);
            return;
        }
        if (buffer_size(&member->in) < sizeof frame + frame.bytes) return;
        take_frame(root, member, &frame, member->in.data + member->in.start + sizeof frame);
        buffer_drop(&member->in, sizeof frame + frame.bytes);
    }
}

static void write_member(struct member *member) {
    while (buffer_size(&member->out) > 0) {
        ssize_t sent = send(member->fd, member->out.data + member->out.start, buffer_size(&member->out),
                            MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
        if (sent <= 0) {
            lose(member);
            return;
        }
        buffer_drop(&member->out, (size_t)sent);
    }
    if (member->close_after_write) lose(member);
}

static void accept_member(struct root *root) {
    int fd = accept4(root->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    struct member *member = fd < 0 ? NULL : calloc(1, sizeof *member);
    if (member == NULL) {
        if (fd >= 0) close(fd);
        return;
    }
    member->fd = fd;
    member->next = root->members;
    root->members = member;
}

static size_t live_members(const struct root *root) {
    size_t live = 0;
    for (const struct member *member = root->members; member != NULL; member = member->next) live += !member->gone;
    return live;
}

static bool turn(struct root *root) {
    size_t count = live_members(root) + 1, at = 1;
    struct pollfd *polls = calloc(count, sizeof *polls);
    struct member **who = calloc(count, sizeof *who);
    bool good = polls != NULL && who != NULL;
    if (good) {
        polls[0] = (struct pollfd){root->listener, POLLIN, 0};
        for (struct member *member = root->members; member != NULL; member = member->next) {
            if (member->gone) continue;
            bool waiting = buffer_size(&member->out) > 0 || member->close_after_write;
            polls[at] = (struct pollfd){member->fd, (short)(POLLIN | (waiting ? POLLOUT : 0)), 0};
            who[at++] = member;
        }
        poll(polls, count, -1);
        for (size_t i = 1; i < count; i++) {
            if ((polls[i].revents & (POLLIN | POLLHUP | POLLERR)) != 0) read_member(root, who[i]);
            if (!who[i]->gone && (polls[i].revents & POLLOUT) != 0) write_member(who[i]);
        }
        if ((polls[0].revents & POLLIN) != 0) accept_member(root);
    }
    free(polls);
    free(who);
    return good && (!root->seen || live_members(root) > 0);
}

static void *serve(void *argument) {
    struct root *root = argument;
    while (turn(root)) continue;
    close(root->listener);
    while (root->members != NULL) {
        struct member *member = root->members;
        root->members = member->next;
        if (!member->gone) close(member->fd);
        buffer_free(&member->in);
        buffer_free(&member->out);
        free(member);
    }
    while (root->communicators != NULL) {
        struct communicator *communicator = root->communicators;
        root->communicators = communicator->next;
        communicator_free(communicator);
    }
    free(root);
    return NULL;
}

bool root_start(uint64_t id, struct sockaddr_in *address, char *problem, size_t size) {
    struct root *root = calloc(1, sizeof *root);
    const char *run = getenv("BRIDGE_FAKE_NCCL_RUN");
    pthread_t thread;
    if (root == NULL) return false;
    root->id = id;
    root->run = run != NULL ? strtoull(run, NULL, 0) : id;
    root->listener = wire_listen(address, problem, size);
    if (root->listener >= 0 && pthread_create(&thread, NULL, serve, root) == 0) {
        pthread_detach(thread);
        return true;
    }
    if (root->listener >= 0) {
        snprintf(problem, size, "cannot start a thread");
        close(root->listener);
    }
    free(root);
    return false;
}
