#define _GNU_SOURCE
#include "../common/values.h"
#include "machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const functions[] = {
#define FUNCTION(name) #name,
#include "functions.def"
#undef FUNCTION
};

static bool function_known(const char *name) {
    if (strcmp(name, "*") == 0) return true;
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (strcmp(name, functions[i]) == 0) return true;
    return false;
}

bool override_line(struct machine *machine, int slot, const struct ini_entry *entry, struct ini_error *error,
                   bool *known) {
    bool hang = strncmp(entry->key, "hang.", 5) == 0;
    *known = hang || strncmp(entry->key, "return.", 7) == 0;
    if (!*known) return true;
    const char *name = strchr(entry->key, '.') + 1;
    struct override made = {.slot = slot, .hang = hang, .value = HANG_FOREVER};
    if (!function_known(name)) return ini_fail(error, entry, "the fakes have no function '%s'", name);
    if (!(hang && strcmp(entry->value, "forever") == 0) &&
        !value_u64(entry, entry->value, 0, hang ? 86400000 : 999, &made.value, error))
        return false;
    if (machine->override_count == MAX_OVERRIDES)
        return ini_fail(error, entry, "more than %d return. and hang. lines", MAX_OVERRIDES);
    snprintf(made.function, sizeof made.function, "%s", name);
    machine->override[machine->override_count++] = made;
    return true;
}

// The last matching line wins, so a file can undo what it included ("return.X = 0", "hang.X = 0").
struct forced machine_forced(const struct machine *machine, const char *function, int slot) {
    struct forced forced = {0};
    for (uint32_t i = 0; i < machine->override_count; i++) {
        const struct override *line = &machine->override[i];
        if (line->slot != EVERY_GPU && line->slot != slot) continue;
        if (strcmp(line->function, function) != 0 && strcmp(line->function, "*") != 0) continue;
        if (line->hang) forced.hang_ms = line->value;
        else forced.result = (int)line->value;
    }
    forced.result_set = forced.result != 0;
    return forced;
}

bool pci_address(const struct ini_entry *entry, const char *text, uint32_t *domain, uint32_t *bus, uint32_t *device,
                 struct ini_error *error) {
    unsigned function = 0;
    int used = 0;
    if (sscanf(text, "%8x:%2x:%2x.%1x%n", domain, bus, device, &function, &used) != 4 || text[used] != '\0' ||
        function != 0)
        return ini_fail(error, entry, "'%s' must be a PCI address as 0000:1B:00.0, got '%s'", entry->key, text);
    return true;
}

bool event_line(struct machine *machine, const struct ini_entry *entry, struct ini_error *error) {
    char text[INI_LINE], *words[6];
    uint64_t number[6] = {0, 0, 0, 0, UINT32_MAX, UINT32_MAX};
    snprintf(text, sizeof text, "%s", entry->value);
    int count = split_words(text, " \t", words, 6);
    if (count != 4 && count != 6)
        return ini_fail(error, entry, "an event is SEQUENCE GPU TYPE DATA [GI CI], got '%s'", entry->value);
    for (int i = 0; i < count; i++) {
        bool xid = i == 2 && strcmp(words[i], "xid") == 0;
        number[i] = 8;
        if (!xid && !value_u64(entry, words[i], 0, i == 1 ? MAX_GPUS - 1 : UINT64_MAX, &number[i], error)) return false;
    }
    uint64_t last = machine->event_count == 0 ? 0 : machine->event[machine->event_count - 1].sequence;
    if (number[0] <= last)
        return ini_fail(error, entry, "event %s must have a higher sequence number than the one before it, %llu",
                        words[0], (unsigned long long)last);
    if (number[2] == 0 || (number[2] & (number[2] - 1)) != 0)
        return ini_fail(error, entry, "an event's type is xid or one NVML event bit, got '%s'", words[2]);
    if (machine->event_count == MAX_EVENTS) return ini_fail(error, entry, "more than %d events", MAX_EVENTS);
    machine->event[machine->event_count++] =
        (struct event_state){number[0], number[2], number[3], (uint32_t)number[1], (uint32_t)number[4],
                             (uint32_t)number[5]};
    return true;
}

bool process_line(struct gpu *gpu, const struct ini_entry *entry, struct ini_error *error) {
    char text[INI_LINE], *words[5];
    uint64_t number[4] = {0, 0, UINT32_MAX, UINT32_MAX};
    if (strcmp(entry->value, "none") == 0) {
        gpu->process_count = 0;
        return true;
    }
    snprintf(text, sizeof text, "%s", entry->value);
    int count = split_words(text, " \t", words, 5);
    bool graphics = count > 0 && strcmp(words[0], "graphics") == 0;
    char **first = words + graphics;
    count -= graphics;
    if (count != 2 && count != 4)
        return ini_fail(error, entry, "a process is [graphics] PID MEMORY_MIB [GI CI] or none, got '%s'", entry->value);
    for (int i = 0; i < count; i++)
        if (!value_u64(entry, first[i], 0, UINT32_MAX, &number[i], error)) return false;
    if (gpu->process_count == MAX_PROCESSES)
        return ini_fail(error, entry, "more than %d processes on one GPU", MAX_PROCESSES);
    gpu->process[gpu->process_count++] =
        (struct process_state){(uint32_t)number[0], (uint32_t)number[2], (uint32_t)number[3], number[1], graphics};
    return true;
}

static bool link_number(struct link_state *link, const char *what, const struct ini_entry *entry,
                        struct ini_error *error) {
    struct {
        const char *name;
        uint64_t *target;
    } const counters[] = {
#define LINK_FIELD(name, field, first, last) {#name, &link->name},
#include "link_fields.def"
#undef LINK_FIELD
    };
    for (size_t i = 0; i < sizeof counters / sizeof *counters; i++)
        if (strcmp(what, counters[i].name) == 0)
            return value_u64(entry, entry->value, 0, UINT64_MAX, counters[i].target, error);
    return ini_fail(error, entry,
                    "unknown NVLink key '%s'; write nvlink.LINK.WHAT, with WHAT as in docs/gpu/fakes.md",
                    entry->key);
}

bool link_key(struct gpu *gpu, const struct ini_entry *entry, struct ini_error *error) {
    const char *number = entry->key + strlen("nvlink."), *what = strchr(number, '.');
    char *end = NULL;
    unsigned long first = 0, last = MAX_LINKS - 1;
    if (what == NULL) return ini_fail(error, entry, "unknown NVLink key '%s'", entry->key);
    if (strncmp(number, "*.", 2) != 0) {
        first = last = strtoul(number, &end, 10);
        if (end != what || end == number || first >= MAX_LINKS)
            return ini_fail(error, entry, "'%s': links are numbered 0 to %d, or *", entry->key, MAX_LINKS - 1);
    }
    what++;
    for (unsigned long i = first; i <= last; i++) {
        struct link_state *link = &gpu->link[i];
        bool good;
        if (strcmp(what, "active") == 0) good = value_bool(entry, entry->value, &link->active, error);
        else if (strcmp(what, "remote_pci") == 0)
            link->remote_set = good = pci_address(entry, entry->value, &link->remote_domain, &link->remote_bus,
                                                  &link->remote_device, error);
        else good = link_number(link, what, entry, error);
        if (!good) return false;
    }
    return true;
}
