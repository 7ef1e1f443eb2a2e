// The machine that a state file describes: its driver and its GPUs, with the faults that the file asks for.
#ifndef BRIDGE_FAKE_MACHINE_H
#define BRIDGE_FAKE_MACHINE_H

#include "../common/ini.h"

#include <stdint.h>

enum {
    MAX_GPUS = 16,
    MAX_LINKS = 18,
    MAX_MIG = 8,
    MAX_PROCESSES = 8,
    MAX_EVENTS = 64,
    MAX_OVERRIDES = 64,
    PCIE_COUNTERS = 11,
    EVERY_GPU = -1,
    UNSET = INT32_MIN,
};

#define HANG_FOREVER UINT64_MAX

struct link_state {
    bool active;
    bool remote_set;
    uint32_t remote_domain, remote_bus, remote_device;
#define LINK_FIELD(name, field, first, last) uint64_t name;
#include "link_fields.def"
#undef LINK_FIELD
};

struct process_state {
    uint32_t pid, gi, ci;
    uint64_t memory_mib;
    bool graphics;
};

struct mig_state {
    char profile[24];
    char uuid[48];
    uint32_t gi, ci, slices, compute_slices, multiprocessors, memory_mib;
};

struct ecc_counts {
    uint64_t corrected, uncorrected;
};

struct gpu {
    bool lost, absent;
    char name[96], uuid[48], serial[30], cpus[128];
    uint32_t pci_domain, pci_bus, pci_device, pci_device_id, pci_subsystem_id;
    int32_t minor, numa;
    uint64_t memory_total_mib, memory_reserved_mib, memory_used_mib;
    bool ecc;
    struct ecc_counts dram_volatile, dram_aggregate;
    uint64_t sram_volatile_corrected, sram_volatile_parity, sram_volatile_secded;
    uint64_t sram_aggregate_corrected, sram_aggregate_parity, sram_aggregate_secded;
    uint64_t sram_l2, sram_sm, sram_pcie, sram_mcu, sram_other;
    bool sram_threshold_exceeded;
    bool row_remap, remap_pending, remap_failure, retired_pending, repair_channel, repair_tpc;
    uint32_t remap_correctable, remap_uncorrectable, remap_banks[5], retired_sbe, retired_dbe;
    int32_t temp_gpu, temp_memory, temp_shutdown, temp_slowdown, temp_memory_max, temp_gpu_max, temp_margin;
    uint32_t power_mw, power_limit_mw;
    uint64_t energy_mj;
    bool persistence;
    uint32_t clock_graphics, clock_sm, clock_memory, clock_video;
    uint32_t clock_graphics_max, clock_sm_max, clock_memory_max, clock_video_max;
    uint64_t clock_reasons;
    uint32_t util_gpu, util_memory;
    uint32_t pcie_gen, pcie_gen_max, pcie_width, pcie_width_max, pcie_replay;
    uint64_t pcie_count[PCIE_COUNTERS];
    uint32_t nvlink_count, nvlink_mbps, nvlink_generation;
    bool nvlink_switch;
    struct link_state link[MAX_LINKS];
    uint32_t fabric_state, fabric_status, fabric_clique, fabric_health_mask, fabric_health_summary;
    char fabric_cluster[40];
    uint32_t recovery_action;
    bool platform;
    char platform_chassis[17], platform_ib_guid[33];
    uint32_t platform_slot, platform_tray, platform_host, platform_module;
    uint64_t event_mask;
    bool mig, mig_pending;
    uint32_t mig_max, mig_count, process_count;
    struct mig_state migs[MAX_MIG];
    struct process_state process[MAX_PROCESSES];
};

struct event_state {
    uint64_t sequence, type, data;
    uint32_t slot, gi, ci;
};

struct override {
    char function[64]; // or "*"
    int slot;          // EVERY_GPU, or one GPU
    bool hang;
    uint64_t value; // the return code, or milliseconds, or HANG_FOREVER
};

struct machine {
    char driver[80], nvml[80], seed[64];
    uint32_t cuda;
    bool driver_loaded, count_given;
    uint32_t count;
    struct gpu gpu[MAX_GPUS];
    uint32_t event_count, override_count;
    struct event_state event[MAX_EVENTS];
    struct override override[MAX_OVERRIDES];
};

// Reads the file. False with a message when anything in it is wrong; `machine` is then not to be used.
bool machine_read(struct machine *machine, const char *path, const char *presets, struct ini_watch *watch,
                  struct ini_error *error);

// One line under [gpu] or [gpu N]; `slot` is EVERY_GPU or N.
bool gpu_key(struct machine *machine, int slot, const struct ini_entry *entry, struct ini_error *error);

// "nvlink.3.active = no", "nvlink.*.crc_data = 7"
bool link_key(struct gpu *gpu, const struct ini_entry *entry, struct ini_error *error);

// "mig.instances = 3g.40gb 2g.20gb", "process = 4711 1024", "pci = 0000:1B:00.0"
bool mig_instances(struct gpu *gpu, const struct ini_entry *entry, struct ini_error *error);
bool process_line(struct gpu *gpu, const struct ini_entry *entry, struct ini_error *error);
bool pci_address(const struct ini_entry *entry, const char *text, uint32_t *domain, uint32_t *bus, uint32_t *device,
                 struct ini_error *error);

// "event = SEQUENCE GPU TYPE DATA [GI CI]"
bool event_line(struct machine *machine, const struct ini_entry *entry, struct ini_error *error);

// "return.FUNCTION = CODE" and "hang.FUNCTION = MILLISECONDS|forever"; false in `known` when the key is neither.
bool override_line(struct machine *machine, int slot, const struct ini_entry *entry, struct ini_error *error,
                   bool *known);

// Fills what the file left open: uuids, serials, minors, busy memory; checks what belongs together.
bool machine_finish(struct machine *machine, const char *path, struct ini_error *error);

// The return code that the file forces on this call, and how long the call must stay away first.
struct forced {
    bool result_set;
    int result;
    uint64_t hang_ms;
};
struct forced machine_forced(const struct machine *machine, const char *function, int slot);

#endif
