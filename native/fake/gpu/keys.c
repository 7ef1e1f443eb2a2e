#define _GNU_SOURCE
#include "../common/values.h"
#include "machine.h"

#include <stdio.h>
#include <string.h>

enum kind { KIND_U32, KIND_U64, KIND_I32, KIND_BOOL, KIND_TEXT };

struct key {
    const char *name;
    size_t offset, size;
    enum kind kind;
    int64_t low;
    uint64_t high;
};

#define AT(member) offsetof(struct gpu, member), sizeof(((struct gpu *)0)->member)
#define U32(name, member, high) {name, AT(member), KIND_U32, 0, high}
#define U64(name, member) {name, AT(member), KIND_U64, 0, UINT64_MAX}
#define I32(name, member, low, high) {name, AT(member), KIND_I32, low, high}
#define BOOL(name, member) {name, AT(member), KIND_BOOL, 0, 1}
#define TEXT(name, member) {name, AT(member), KIND_TEXT, 0, 0}

static const struct key keys[] = {
    BOOL("lost", lost), BOOL("absent", absent), TEXT("name", name), TEXT("uuid", uuid), TEXT("serial", serial),
    TEXT("cpus", cpus), U32("pci_device_id", pci_device_id, UINT32_MAX),
    U32("pci_subsystem_id", pci_subsystem_id, UINT32_MAX), I32("minor", minor, 0, 255), I32("numa", numa, -1, 63),
    U64("memory.total_mib", memory_total_mib), U64("memory.reserved_mib", memory_reserved_mib),
    U64("memory.used_mib", memory_used_mib), BOOL("ecc", ecc),
    U64("ecc.volatile.corrected", dram_volatile.corrected), U64("ecc.volatile.uncorrected", dram_volatile.uncorrected),
    U64("ecc.aggregate.corrected", dram_aggregate.corrected),
    U64("ecc.aggregate.uncorrected", dram_aggregate.uncorrected),
    U64("sram.volatile.corrected", sram_volatile_corrected), U64("sram.volatile.parity", sram_volatile_parity),
    U64("sram.volatile.secded", sram_volatile_secded), U64("sram.aggregate.corrected", sram_aggregate_corrected),
    U64("sram.aggregate.parity", sram_aggregate_parity), U64("sram.aggregate.secded", sram_aggregate_secded),
    U64("sram.bucket.l2", sram_l2), U64("sram.bucket.sm", sram_sm), U64("sram.bucket.pcie", sram_pcie),
    U64("sram.bucket.mcu", sram_mcu), U64("sram.bucket.other", sram_other),
    BOOL("sram.threshold_exceeded", sram_threshold_exceeded), BOOL("remap", row_remap),
    U32("remap.correctable", remap_correctable, UINT32_MAX),
    U32("remap.uncorrectable", remap_uncorrectable, UINT32_MAX),
    BOOL("remap.pending", remap_pending), BOOL("remap.failure", remap_failure),
    U32("remap.banks.max", remap_banks[0], UINT32_MAX), U32("remap.banks.high", remap_banks[1], UINT32_MAX),
    U32("remap.banks.partial", remap_banks[2], UINT32_MAX), U32("remap.banks.low", remap_banks[3], UINT32_MAX),
    U32("remap.banks.none", remap_banks[4], UINT32_MAX), U32("retired.sbe", retired_sbe, 64),
    U32("retired.dbe", retired_dbe, 64), BOOL("retired.pending", retired_pending),
    BOOL("repair.channel_pending", repair_channel), BOOL("repair.tpc_pending", repair_tpc),
    I32("temp.gpu", temp_gpu, -40, 200), I32("temp.memory", temp_memory, -40, 200),
    I32("temp.shutdown", temp_shutdown, 0, 200), I32("temp.slowdown", temp_slowdown, 0, 200),
    I32("temp.memory_max", temp_memory_max, 0, 200), I32("temp.gpu_max", temp_gpu_max, 0, 200),
    I32("temp.margin", temp_margin, -100, 200), U32("power.usage_mw", power_mw, 10000000),
    U32("power.limit_mw", power_limit_mw, 10000000), U64("power.energy_mj", energy_mj),
    BOOL("persistence", persistence), U32("clock.graphics", clock_graphics, 10000), U32("clock.sm", clock_sm, 10000),
    U32("clock.memory", clock_memory, 20000), U32("clock.video", clock_video, 10000),
    U32("clock.graphics_max", clock_graphics_max, 10000), U32("clock.sm_max", clock_sm_max, 10000),
    U32("clock.memory_max", clock_memory_max, 20000), U32("clock.video_max", clock_video_max, 10000),
    U64("clock.reasons", clock_reasons), U32("util.gpu", util_gpu, 100), U32("util.memory", util_memory, 100),
    U32("pcie.gen", pcie_gen, 7), U32("pcie.gen_max", pcie_gen_max, 7), U32("pcie.width", pcie_width, 32),
    U32("pcie.width_max", pcie_width_max, 32), U32("pcie.replay", pcie_replay, UINT32_MAX),
    U64("pcie.correctable_errors", pcie_count[0]), U64("pcie.naks_received", pcie_count[1]),
    U64("pcie.receiver_errors", pcie_count[2]), U64("pcie.bad_tlp", pcie_count[3]),
    U64("pcie.naks_sent", pcie_count[4]), U64("pcie.bad_dllp", pcie_count[5]),
    U64("pcie.non_fatal_errors", pcie_count[6]), U64("pcie.fatal_errors", pcie_count[7]),
    U64("pcie.unsupported_requests", pcie_count[8]), U64("pcie.lcrc_errors", pcie_count[9]),
    U64("pcie.lane_errors", pcie_count[10]), U32("nvlink.count", nvlink_count, MAX_LINKS),
    U32("nvlink.mbps", nvlink_mbps, 1000000), U32("nvlink.generation", nvlink_generation, 5),
    U32("fabric.state", fabric_state, 3),
    U32("fabric.status", fabric_status, 999), U32("fabric.clique", fabric_clique, UINT32_MAX),
    U32("fabric.health_mask", fabric_health_mask, UINT32_MAX), U32("fabric.health_summary", fabric_health_summary, 3),
    TEXT("fabric.cluster_uuid", fabric_cluster), U32("recovery_action", recovery_action, 5),
    BOOL("platform", platform), TEXT("platform.chassis", platform_chassis),
    TEXT("platform.ib_guid", platform_ib_guid), U32("platform.slot", platform_slot, 255),
    U32("platform.tray", platform_tray, 255), U32("platform.host", platform_host, 255),
    U32("platform.module", platform_module, 255), U64("event_mask", event_mask), BOOL("mig", mig),
    BOOL("mig.pending", mig_pending), U32("mig.max", mig_max, MAX_MIG),
};

static bool set_key(const struct key *key, struct gpu *gpu, const struct ini_entry *entry, const char *text,
                    struct ini_error *error) {
    char *target = (char *)gpu + key->offset;
    uint64_t whole = 0;
    int64_t number = 0;
    switch (key->kind) {
    case KIND_TEXT:
        return value_text(entry, text, target, key->size, error);
    case KIND_BOOL:
        return value_bool(entry, text, (bool *)target, error);
    case KIND_I32:
        if (!value_i64(entry, text, key->low, (int64_t)key->high, &number, error)) return false;
        *(int32_t *)target = (int32_t)number;
        return true;
    case KIND_U64:
        return value_u64(entry, text, 0, key->high, (uint64_t *)target, error);
    case KIND_U32:
        if (!value_u64(entry, text, 0, key->high, &whole, error)) return false;
        *(uint32_t *)target = (uint32_t)whole;
        return true;
    }
    return false;
}

static bool set_one(struct gpu *gpu, const struct ini_entry *entry, const char *text, struct ini_error *error) {
    if (strcmp(entry->key, "pci") == 0)
        return pci_address(entry, text, &gpu->pci_domain, &gpu->pci_bus, &gpu->pci_device, error);
    if (strcmp(entry->key, "process") == 0) return process_line(gpu, entry, error);
    if (strcmp(entry->key, "mig.instances") == 0) return mig_instances(gpu, entry, error);
    if (strcmp(entry->key, "nvlink.remote") == 0) {
        gpu->nvlink_switch = strcmp(text, "switch") == 0;
        return gpu->nvlink_switch || strcmp(text, "gpu") == 0 ||
               ini_fail(error, entry, "'nvlink.remote' must be switch or gpu, got '%s'", text);
    }
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (strcmp(entry->key, keys[i].name) == 0) return set_key(&keys[i], gpu, entry, text, error);
    if (strncmp(entry->key, "nvlink.", 7) == 0) return link_key(gpu, entry, error);
    return ini_fail(error, entry, "unknown GPU key '%s' (docs/gpu/fakes.md lists them)", entry->key);
}

// Under [gpu] these take one value per GPU, parted by commas.
static bool spreads(const char *key) {
    static const char *const spread[] = {"pci", "uuid", "serial", "minor", "numa", "cpus", "platform.module"};
    for (size_t i = 0; i < sizeof spread / sizeof *spread; i++)
        if (strcmp(key, spread[i]) == 0) return true;
    return false;
}

static bool spread_values(struct machine *machine, const struct ini_entry *entry, struct ini_error *error) {
    char text[INI_LINE], *words[MAX_GPUS];
    snprintf(text, sizeof text, "%s", entry->value);
    int count = split_words(text, ",", words, MAX_GPUS);
    if (count < (int)machine->count)
        return ini_fail(error, entry, "'%s' lists %d values for %u GPUs (and at most %d)", entry->key, count,
                        machine->count, MAX_GPUS);
    for (int slot = 0; slot < count; slot++)
        if (!set_one(&machine->gpu[slot], entry, words[slot], error)) return false;
    return true;
}

bool gpu_key(struct machine *machine, int slot, const struct ini_entry *entry, struct ini_error *error) {
    bool known = false;
    if (!override_line(machine, slot, entry, error, &known)) return false;
    if (known) return true;
    if (slot != EVERY_GPU) return set_one(&machine->gpu[slot], entry, entry->value, error);
    if (spreads(entry->key) && strchr(entry->value, ',') != NULL) return spread_values(machine, entry, error);
    for (int each = 0; each < MAX_GPUS; each++)
        if (!set_one(&machine->gpu[each], entry, entry->value, error)) return false;
    return true;
}
