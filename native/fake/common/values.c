#define _GNU_SOURCE
#include "values.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool ends(const char *text, const char *end) { return end != text && *end == '\0' && errno == 0; }

bool value_u64(const struct ini_entry *entry, const char *text, uint64_t low, uint64_t high, uint64_t *out,
               struct ini_error *error) {
    char *end = NULL;
    errno = 0;
    uint64_t number = isdigit((unsigned char)text[0]) ? strtoull(text, &end, 0) : 0;
    if (end == NULL || !ends(text, end) || number < low || number > high)
        return ini_fail(error, entry, "'%s' must be a whole number from %" PRIu64 " to %" PRIu64 ", got '%s'",
                        entry->key, low, high, text);
    *out = number;
    return true;
}

bool value_i64(const struct ini_entry *entry, const char *text, int64_t low, int64_t high, int64_t *out,
               struct ini_error *error) {
    char *end = NULL;
    errno = 0;
    int64_t number = strtoll(text, &end, 0);
    if (!ends(text, end) || number < low || number > high)
        return ini_fail(error, entry, "'%s' must be a whole number from %" PRId64 " to %" PRId64 ", got '%s'",
                        entry->key, low, high, text);
    *out = number;
    return true;
}

bool value_double(const struct ini_entry *entry, const char *text, double low, double high, double *out,
                  struct ini_error *error) {
    char *end = NULL;
    errno = 0;
    double number = strtod(text, &end);
    if (!ends(text, end) || !isfinite(number) || number < low || number > high)
        return ini_fail(error, entry, "'%s' must be a number from %g to %g, got '%s'", entry->key, low, high, text);
    *out = number;
    return true;
}

bool value_bool(const struct ini_entry *entry, const char *text, bool *out, struct ini_error *error) {
    static const char *const yes[] = {"1", "yes", "on", "true"}, *const no[] = {"0", "no", "off", "false"};
    for (size_t i = 0; i < 4; i++) {
        *out = strcmp(text, yes[i]) == 0;
        if (*out || strcmp(text, no[i]) == 0) return true;
    }
    return ini_fail(error, entry, "'%s' must be yes or no, got '%s'", entry->key, text);
}

bool value_text(const struct ini_entry *entry, const char *text, char *out, size_t size, struct ini_error *error) {
    if (strlen(text) >= size)
        return ini_fail(error, entry, "'%s' takes at most %zu characters, got %zu", entry->key, size - 1, strlen(text));
    memcpy(out, text, strlen(text) + 1);
    return true;
}

int split_words(char *text, const char *separators, char **words, int most) {
    int count = 0;
    char *rest = NULL;
    for (char *word = strtok_r(text, separators, &rest); word != NULL; word = strtok_r(NULL, separators, &rest)) {
        while (isspace((unsigned char)*word)) word++;
        char *end = word + strlen(word);
        while (end > word && isspace((unsigned char)end[-1])) *--end = '\0';
        if (*word == '\0') continue;
        if (count == most) return -1;
        words[count++] = word;
    }
    return count;
}
