// The smallest test frame that says where it failed: TEST(name) { CHECK(...); }
#ifndef BRIDGE_TEST_CHECK_H
#define BRIDGE_TEST_CHECK_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct test {
    const char *name;
    void (*run)(void);
    struct test *next;
};

void test_register(struct test *test);

#define TEST(test_name)                                                                      \
    static void run_##test_name(void);                                                       \
    __attribute__((constructor)) static void register_##test_name(void) {                    \
        static struct test test = {#test_name, run_##test_name, NULL};                       \
        test_register(&test);                                                                \
    }                                                                                        \
    static void run_##test_name(void)

#define CHECK(condition)                                                                     \
    do {                                                                                     \
        if (!(condition)) test_fail(__FILE__, __LINE__, #condition);                         \
    } while (0)

#define CHECK_EQUAL(expected, actual)                                                        \
    do {                                                                                     \
        long long expected_value = (long long)(expected), actual_value = (long long)(actual); \
        if (expected_value != actual_value)                                                  \
            test_fail_values(__FILE__, __LINE__, #actual, expected_value, actual_value);     \
    } while (0)

#define CHECK_TEXT(expected, actual)                                                         \
    do {                                                                                     \
        if (strcmp(expected, actual) != 0) test_fail_texts(__FILE__, __LINE__, expected, actual); \
    } while (0)

_Noreturn void test_fail(const char *file, int line, const char *what);
_Noreturn void test_fail_values(const char *file, int line, const char *what, long long expected, long long actual);
_Noreturn void test_fail_texts(const char *file, int line, const char *expected, const char *actual);

// Writes a state file (by rename, as a test that flips a fault must) and points the variable at it.
void test_file(const char *variable, const char *text);

#endif
