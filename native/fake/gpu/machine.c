#define _GNU_SOURCE
#include "machine.h"
#include "../common/values.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef FAKE_DRIVER_VERSION
#error "FAKE_DRIVER_VERSION names the driver that this build imitates"
#endif

static void set_defaults(struct machine *machine) {
    memset(machine, 0, sizeof *machine);
    snprintf(machine->driver, sizeof machine->driver, "%s", FAKE_DRIVER_VERSION);
    machine->cuda = 12040;
    machine->driver_loaded = true;
    for (int i = 0; i < MAX_GPUS; i++) {
        struct gpu *gpu = &machine->gpu[i];
        gpu->minor = gpu->temp_margin = UNSET;
        gpu->numa = -1;
        gpu->ecc = gpu->row_remap = gpu->persistence = gpu->nvlink_switch = true;
        gpu->event_mask = 0x1f;
        gpu->nvlink_generation = 4;
        snprintf(gpu->cpus, sizeof gpu->cpus, "all");
        for (int link = 0; link < MAX_LINKS; link++) gpu->link[link].active = true;
    }
}

static bool system_key(struct machine *machine, const struct ini_entry *entry, struct ini_error *error) {
    uint64_t number = 0;
    bool known = false;
    if (!override_line(machine, EVERY_GPU, entry, error, &known)) return false;
    if (known) return true;
    if (strcmp(entry->key, "event") == 0) return event_line(machine, entry, error);
    if (strcmp(entry->key, "driver") == 0) {
        machine->driver_loaded = strcmp(entry->value, "none") != 0;
        return !machine->driver_loaded ||
               value_text(entry, entry->value, machine->driver, sizeof machine->driver, error);
    }
    if (strcmp(entry->key, "nvml") == 0)
        return value_text(entry, entry->value, machine->nvml, sizeof machine->nvml, error);
    if (strcmp(entry->key, "seed") == 0)
        return value_text(entry, entry->value, machine->seed, sizeof machine->seed, error);
    if (strcmp(entry->key, "cuda") == 0) {
        if (!value_u64(entry, entry->value, 1000, 99999, &number, error)) return false;
        machine->cuda = (uint32_t)number;
        return true;
    }
    if (strcmp(entry->key, "count") == 0) {
        if (!value_u64(entry, entry->value, 0, MAX_GPUS, &number, error)) return false;
        machine->count = (uint32_t)number;
        machine->count_given = true;
        return true;
    }
    return ini_fail(error, entry,
                    "unknown key '%s'; here stand driver, nvml, cuda, count, seed, event, return.FUNCTION and "
                    "hang.FUNCTION, and GPU keys follow [gpu] or [gpu N]",
                    entry->key);
}

static bool take_entry(void *context, const struct ini_entry *entry, struct ini_error *error) {
    struct machine *machine = context;
    unsigned slot = 0;
    int used = 0;
    if (entry->section[0] == '\0' || strcmp(entry->section, "system") == 0) return system_key(machine, entry, error);
    if (strcmp(entry->section, "gpu") == 0) return gpu_key(machine, EVERY_GPU, entry, error);
    if (sscanf(entry->section, "gpu %2u%n", &slot, &used) != 1 || entry->section[used] != '\0')
        return ini_fail(error, entry, "unknown section [%s]; there are [system], [gpu] and [gpu N]", entry->section);
    if (slot >= machine->count)
        return ini_fail(error, entry, "[gpu %u] does not exist: the machine has count = %u, numbered from 0", slot,
                        machine->count);
    return gpu_key(machine, (int)slot, entry, error);
}

bool machine_read(struct machine *machine, const char *path, const char *presets, struct ini_watch *watch,
                  struct ini_error *error) {
    set_defaults(machine);
    return ini_read(path, presets, watch, take_entry, machine, error) && machine_finish(machine, path, error);
}

// FNV-1a; the fakes need numbers that look different and are the same on every run.
static uint64_t digest(const char *seed, const char *name, int slot) {
    uint64_t hash = 1469598103934665603u;
    for (const char *text = seed; *text != '\0'; text++) hash = (hash ^ (unsigned char)*text) * 1099511628211u;
    for (const char *text = name; *text != '\0'; text++) hash = (hash ^ (unsigned char)*text) * 1099511628211u;
    hash = (hash ^ (uint64_t)(slot + 1)) * 1099511628211u;
    return (hash ^ (hash >> 29)) * 0xbf58476d1ce4e5b9u;
}

static void finish_gpu(struct machine *machine, int slot) {
    struct gpu *gpu = &machine->gpu[slot];
    uint64_t one = digest(machine->seed, gpu->name, slot), two = digest(gpu->name, machine->seed, slot + 100);
    if (gpu->uuid[0] == '\0')
        snprintf(gpu->uuid, sizeof gpu->uuid, "GPU-%08x-%04x-%04x-%04x-%012llx", (unsigned)(one >> 32),
                 (unsigned)(one >> 16) & 0xffff, (unsigned)(one & 0xfff) | 0x4000, (unsigned)(two >> 48) | 0x8000,
                 (unsigned long long)two & 0xffffffffffff);
    if (gpu->serial[0] == '\0')
        snprintf(gpu->serial, sizeof gpu->serial, "%013llu", (unsigned long long)(one % 10000000000000));
    if (gpu->minor == UNSET) gpu->minor = slot;
    if (gpu->pci_bus == 0 && gpu->pci_domain == 0) gpu->pci_bus = (uint32_t)(0x10 + 8 * slot);
    for (uint32_t i = 0; i < gpu->mig_count; i++)
        snprintf(gpu->migs[i].uuid, sizeof gpu->migs[i].uuid, "MIG-%08x-%04x-5%03x-8%03x-%012llx",
                 (unsigned)(two >> 32), (unsigned)(two >> 16) & 0xffff, (unsigned)two & 0xfff, i & 0xfff,
                 (unsigned long long)one & 0xffffffffffff);
}

static bool check_gpu(const struct machine *machine, int slot, const struct ini_entry *file, struct ini_error *error) {
    const struct gpu *gpu = &machine->gpu[slot];
    if (gpu->name[0] == '\0') return ini_fail(error, file, "GPU %d has no 'name' (the product, as NVML says it)", slot);
    if (gpu->memory_total_mib == 0) return ini_fail(error, file, "GPU %d has no 'memory.total_mib'", slot);
    if (gpu->memory_used_mib + gpu->memory_reserved_mib > gpu->memory_total_mib)
        return ini_fail(error, file, "GPU %d uses and reserves more memory than it has", slot);
    if (gpu->mig_count > 0 && !gpu->mig)
        return ini_fail(error, file, "GPU %d has mig.instances but not 'mig = on'", slot);
    for (int other = 0; other < slot; other++) {
        const struct gpu *peer = &machine->gpu[other];
        if (strcmp(gpu->uuid, peer->uuid) == 0)
            return ini_fail(error, file, "GPU %d and GPU %d have the same uuid %s", other, slot, gpu->uuid);
        if (gpu->pci_domain == peer->pci_domain && gpu->pci_bus == peer->pci_bus &&
            gpu->pci_device == peer->pci_device)
            return ini_fail(error, file, "GPU %d and GPU %d have the same PCI address", other, slot);
        if (gpu->minor == peer->minor)
            return ini_fail(error, file, "GPU %d and GPU %d have the same minor number %d", other, slot, gpu->minor);
    }
    return true;
}

bool machine_finish(struct machine *machine, const char *path, struct ini_error *error) {
    struct ini_entry file = {.file = path, .line = 0};
    if (!machine->driver_loaded) machine->count = 0;
    else if (!machine->count_given)
        return ini_fail(error, &file, "there is no 'count' (how many GPUs the machine has)");
    const char *node = getenv("BRIDGE_FAKE_NODE");
    if (machine->seed[0] == '\0' && node != NULL) snprintf(machine->seed, sizeof machine->seed, "%s", node);
    if (machine->nvml[0] == '\0')
        snprintf(machine->nvml, sizeof machine->nvml, "%u.%.70s", machine->cuda / 1000, machine->driver);
    for (int slot = 0; slot < (int)machine->count; slot++) {
        finish_gpu(machine, slot);
        if (!check_gpu(machine, slot, &file, error)) return false;
    }
    for (uint32_t i = 0; i < machine->event_count; i++)
        if (machine->event[i].slot >= machine->count)
            return ini_fail(error, &file, "event %llu is for GPU %u, but count = %u",
                            (unsigned long long)machine->event[i].sequence, machine->event[i].slot, machine->count);
    return true;
}
