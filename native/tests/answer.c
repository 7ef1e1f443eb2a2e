// A library that makes the process into which it is loaded answer badly, for tests of what waits for the answer. It
// acts in a probe's child only, so that it can be preloaded into the whole family. BRIDGE_FAKE_ANSWER says how:
//   garbage, truncated, nothing    that, and exit 0
//   prefix                         a line of somebody else's before whatever the process says itself
//   exit N, signal N               it ends like this without a word
//   slow MS                        it takes so long to start
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int in_child(void) {
    char line[4096];
    FILE *file = fopen("/proc/self/cmdline", "r");
    if (file == NULL) return 0;
    size_t length = fread(line, 1, sizeof line, file);
    fclose(file);
    return memmem(line, length, "\0child-", 7) != NULL;
}

static void say(const char *text) {
    size_t length = strlen(text);
    if (write(STDOUT_FILENO, text, length) != (ssize_t)length) _exit(125);
}

__attribute__((constructor)) static void answer(void) {
    const char *how = getenv("BRIDGE_FAKE_ANSWER");
    if (how == NULL || !in_child()) return;
    const char *space = strchr(how, ' ');
    long number = space == NULL ? 0 : strtol(space, NULL, 10);
    if (strncmp(how, "slow ", 5) == 0) {
        struct timespec wait = {number / 1000, number % 1000 * 1000000};
        nanosleep(&wait, NULL);
        return;
    }
    if (strncmp(how, "signal ", 7) == 0) {
        signal((int)number, SIG_DFL);
        kill(getpid(), (int)number);
    }
    if (strncmp(how, "exit ", 5) == 0) _exit((int)number);
    if (strcmp(how, "prefix") == 0) {
        say("a library says hello\n");
        return;
    }
    if (strcmp(how, "garbage") == 0) say("\x7f\x01 [not json\n");
    if (strcmp(how, "truncated") == 0) say("{\"version\":1,\"probe\":\"nccl\",\"state\":\"ready\",\"why\":\"");
    _exit(0);
}
