#define _GNU_SOURCE
#include "check.h"

#include <unistd.h>

static struct test *tests;
static char folder[64];

void test_register(struct test *test) {
    test->next = tests;
    tests = test;
}

_Noreturn void test_fail(const char *file, int line, const char *what) {
    fprintf(stderr, "%s:%d: not true: %s\n", file, line, what);
    _exit(1);
}

_Noreturn void test_fail_values(const char *file, int line, const char *what, long long expected, long long actual) {
    fprintf(stderr, "%s:%d: %s is %lld, expected %lld\n", file, line, what, actual, expected);
    _exit(1);
}

_Noreturn void test_fail_texts(const char *file, int line, const char *expected, const char *actual) {
    fprintf(stderr, "%s:%d: got \"%s\", expected \"%s\"\n", file, line, actual, expected);
    _exit(1);
}

void test_file(const char *variable, const char *text) {
    char path[128], fresh[136];
    snprintf(path, sizeof path, "%s/%s", folder, variable);
    snprintf(fresh, sizeof fresh, "%s.new", path);
    FILE *file = fopen(fresh, "w");
    CHECK(file != NULL);
    fputs(text, file);
    fclose(file);
    CHECK(rename(fresh, path) == 0);
    setenv(variable, path, 1);
}

static void remove_files(void) {
    static const char *const variables[] = {"BRIDGE_FAKE_GPU", "BRIDGE_FAKE_NCCL"};
    char path[128];
    for (size_t i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, variables[i]);
        unlink(path);
    }
    rmdir(folder);
}

int main(int count, char **arguments) {
    int ran = 0;
    snprintf(folder, sizeof folder, "/tmp/bridge-native-test.XXXXXX");
    if (mkdtemp(folder) == NULL) return 1;
    for (struct test *test = tests; test != NULL; test = test->next) {
        if (count > 1 && strcmp(arguments[1], test->name) != 0) continue;
        test->run();
        ran++;
    }
    remove_files();
    return ran > 0 ? 0 : 1;
}
