#define _GNU_SOURCE
#include "store.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct machine *current;
static struct ini_watch watch;
static struct ini_error problem;
static char read_path[INI_PATH];
static bool was_read;

// Presets lie in BRIDGE_FAKE_PRESETS, else in ../presets as seen from this library.
static const char *preset_folder(char *buffer, size_t size) {
    const char *named = getenv("BRIDGE_FAKE_PRESETS");
    Dl_info info;
    if (named != NULL) return named;
    if (dladdr((const void *)(uintptr_t)&store_lock, &info) == 0 || info.dli_fname == NULL) return NULL;
    const char *slash = strrchr(info.dli_fname, '/');
    int folder = slash == NULL ? 0 : (int)(slash - info.dli_fname) + 1;
    return snprintf(buffer, size, "%.*s../presets", folder, info.dli_fname) < (int)size ? buffer : NULL;
}

static void read_again(const char *path) {
    char folder[INI_PATH];
    struct machine *made = malloc(sizeof *made);
    free(current);
    current = NULL;
    was_read = true;
    snprintf(read_path, sizeof read_path, "%s", path);
    if (made == NULL) snprintf(problem.text, sizeof problem.text, "no memory for the fake machine");
    else if (machine_read(made, path, preset_folder(folder, sizeof folder), &watch, &problem)) current = made;
    else free(made);
    if (current == NULL) fprintf(stderr, "bridge fake GPU: %s\n", problem.text);
}

const struct machine *store_lock(void) {
    pthread_mutex_lock(&lock);
    const char *path = getenv("BRIDGE_FAKE_GPU");
    if (path == NULL || *path == '\0') {
        static bool said;
        snprintf(problem.text, sizeof problem.text, "BRIDGE_FAKE_GPU is not set; it names the state file");
        if (!said) fprintf(stderr, "bridge fake GPU: %s\n", problem.text);
        said = true;
        return NULL;
    }
    if (strlen(path) >= sizeof read_path) {
        snprintf(problem.text, sizeof problem.text, "the path in BRIDGE_FAKE_GPU is too long");
        return NULL;
    }
    if (!was_read || strcmp(path, read_path) != 0 || ini_changed(&watch)) read_again(path);
    return current;
}

void store_unlock(void) { pthread_mutex_unlock(&lock); }

const char *store_error(void) { return problem.text; }

void store_hang(uint64_t milliseconds) {
    while (milliseconds == HANG_FOREVER) pause();
    struct timespec left = {(time_t)(milliseconds / 1000), (long)(milliseconds % 1000) * 1000000};
    while (milliseconds > 0 && nanosleep(&left, &left) != 0) continue;
}
