// The text files that script the fakes: "[section word]" headings and "key = value" lines, "#" starts a comment,
// "include FILE" reads another file in place. Every mistake is reported as FILE:LINE: text.
#ifndef BRIDGE_FAKE_INI_H
#define BRIDGE_FAKE_INI_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <time.h>

enum { INI_MAX_FILES = 8, INI_PATH = 512, INI_LINE = 1024 };

struct ini_error {
    char text[1280];
};

// What identified each file when it was read, so that a later call sees any change of any of them.
struct ini_watch {
    size_t count;
    struct {
        char path[INI_PATH];
        dev_t device;
        ino_t inode;
        off_t size;
        struct timespec modified;
    } file[INI_MAX_FILES];
};

struct ini_entry {
    const char *file;
    unsigned line;
    const char *section; // "" before the first heading
    const char *key;
    const char *value;
};

// Takes one line. Returns false after ini_fail when the line is wrong.
typedef bool ini_handler(void *context, const struct ini_entry *entry, struct ini_error *error);

// Reads a file and what it includes. `include` is looked up beside the including file, then in `presets` (may be NULL).
bool ini_read(const char *path, const char *presets, struct ini_watch *watch, ini_handler *handler, void *context,
              struct ini_error *error);

// True when a file of the watch changed, vanished or came back since it was read.
bool ini_changed(const struct ini_watch *watch);

// Writes "FILE:LINE: text" and returns false.
__attribute__((format(printf, 3, 4))) bool ini_fail(struct ini_error *error, const struct ini_entry *entry,
                                                    const char *format, ...);

#endif
