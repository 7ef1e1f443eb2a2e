// Reading one value of a script file, with a message that names what would be right.
#ifndef BRIDGE_FAKE_VALUES_H
#define BRIDGE_FAKE_VALUES_H

#include "ini.h"

#include <stdint.h>

bool value_u64(const struct ini_entry *entry, const char *text, uint64_t low, uint64_t high, uint64_t *out,
               struct ini_error *error);
bool value_i64(const struct ini_entry *entry, const char *text, int64_t low, int64_t high, int64_t *out,
               struct ini_error *error);
bool value_double(const struct ini_entry *entry, const char *text, double low, double high, double *out,
                  struct ini_error *error);
bool value_bool(const struct ini_entry *entry, const char *text, bool *out, struct ini_error *error);
bool value_text(const struct ini_entry *entry, const char *text, char *out, size_t size, struct ini_error *error);

// Splits at any character of `separators`, trims blanks. Returns the number of words, -1 when more than `most`.
int split_words(char *text, const char *separators, char **words, int most);

#endif
