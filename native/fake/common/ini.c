#define _GNU_SOURCE
#include "ini.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

struct reader {
    const char *presets;
    struct ini_watch *watch;
    ini_handler *handler;
    void *context;
    struct ini_error *error;
};

bool ini_fail(struct ini_error *error, const struct ini_entry *entry, const char *format, ...) {
    char text[900];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (entry->line == 0) snprintf(error->text, sizeof error->text, "%.360s: %s", entry->file, text);
    else snprintf(error->text, sizeof error->text, "%.360s:%u: %s", entry->file, entry->line, text);
    return false;
}

static char *trim(char *text) {
    while (isspace((unsigned char)*text)) text++;
    char *end = text + strlen(text);
    while (end > text && isspace((unsigned char)end[-1])) end--;
    *end = '\0';
    return text;
}

static void watch_file(struct ini_watch *watch, const char *path, const struct stat *status) {
    snprintf(watch->file[watch->count].path, INI_PATH, "%s", path);
    watch->file[watch->count].device = status->st_dev;
    watch->file[watch->count].inode = status->st_ino;
    watch->file[watch->count].size = status->st_size;
    watch->file[watch->count].modified = status->st_mtim;
    watch->count++;
}

bool ini_changed(const struct ini_watch *watch) {
    for (size_t i = 0; i < watch->count; i++) {
        struct stat now;
        if (stat(watch->file[i].path, &now) != 0) {
            if (watch->file[i].inode != 0) return true;
            continue; // it was missing before as well
        }
        if (now.st_dev != watch->file[i].device || now.st_ino != watch->file[i].inode ||
            now.st_size != watch->file[i].size || now.st_mtim.tv_sec != watch->file[i].modified.tv_sec ||
            now.st_mtim.tv_nsec != watch->file[i].modified.tv_nsec)
            return true;
    }
    return false;
}

static bool read_file(struct reader *reader, const char *path, const struct ini_entry *from);

static bool include_file(struct reader *reader, const struct ini_entry *entry, const char *name) {
    char path[INI_PATH];
    const char *slash = strrchr(entry->file, '/');
    int folder = slash == NULL || name[0] == '/' ? 0 : (int)(slash - entry->file) + 1;
    int length = snprintf(path, sizeof path, "%.*s%s", folder, entry->file, name);
    struct stat status;
    if (stat(path, &status) != 0 && reader->presets != NULL && name[0] != '/')
        length = snprintf(path, sizeof path, "%s/%s", reader->presets, name);
    if (length >= (int)sizeof path) return ini_fail(reader->error, entry, "the path of the included file is too long");
    return read_file(reader, path, entry);
}

static bool heading(struct reader *reader, char *line, char *section, struct ini_entry *entry) {
    char *close = strchr(line, ']');
    if (close == NULL || *trim(close + 1) != '\0')
        return ini_fail(reader->error, entry, "a heading looks like [section], got '%s'", line);
    *close = '\0';
    snprintf(section, INI_LINE, "%s", trim(line + 1));
    return true;
}

static bool read_line(struct reader *reader, char *line, char *section, struct ini_entry *entry) {
    char *comment = strchr(line, '#');
    if (comment != NULL) *comment = '\0';
    line = trim(line);
    if (*line == '\0') return true;
    if (*line == '[') return heading(reader, line, section, entry);
    if (strncmp(line, "include", 7) == 0 && isspace((unsigned char)line[7]))
        return include_file(reader, entry, trim(line + 8));
    char *equals = strchr(line, '=');
    if (equals == NULL)
        return ini_fail(reader->error, entry, "expected 'key = value', '[section]' or 'include FILE', got '%s'", line);
    *equals = '\0';
    entry->key = trim(line);
    entry->value = trim(equals + 1);
    entry->section = section;
    if (*entry->key == '\0') return ini_fail(reader->error, entry, "there is no key before '='");
    if (*entry->value == '\0') return ini_fail(reader->error, entry, "'%s' has no value", entry->key);
    return reader->handler(reader->context, entry, reader->error);
}

static bool read_lines(struct reader *reader, FILE *file, const char *path) {
    char line[INI_LINE], section[INI_LINE] = "";
    struct ini_entry entry = {.file = path, .section = section};
    while (fgets(line, sizeof line, file) != NULL) {
        entry.line++;
        if (strchr(line, '\n') == NULL && !feof(file))
            return ini_fail(reader->error, &entry, "the line is longer than %d characters", INI_LINE - 2);
        if (!read_line(reader, line, section, &entry)) return false;
    }
    return ferror(file) == 0 || ini_fail(reader->error, &entry, "cannot be read: %s", strerror(errno));
}

static bool read_file(struct reader *reader, const char *path, const struct ini_entry *from) {
    struct ini_entry here = {.file = path, .line = 0};
    if (reader->watch->count == INI_MAX_FILES)
        return ini_fail(reader->error, from, "more than %d files (does a file include itself?)", INI_MAX_FILES);
    FILE *file = fopen(path, "re");
    struct stat status = {0};
    if (file == NULL || fstat(fileno(file), &status) != 0) {
        int why = errno;
        if (file != NULL) fclose(file);
        watch_file(reader->watch, path, &status); // so that the file is noticed when it appears
        return ini_fail(reader->error, from != NULL ? from : &here, "cannot open %s: %s", path, strerror(why));
    }
    watch_file(reader->watch, path, &status);
    bool good = read_lines(reader, file, path);
    fclose(file);
    return good;
}

bool ini_read(const char *path, const char *presets, struct ini_watch *watch, ini_handler *handler, void *context,
              struct ini_error *error) {
    struct reader reader = {presets, watch, handler, context, error};
    *watch = (struct ini_watch){0};
    error->text[0] = '\0';
    return read_file(&reader, path, NULL);
}
