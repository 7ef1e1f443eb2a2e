namespace Bridge.Core.Health;

public static partial class SignalCatalog
{
    private static Signal[] NodeRows() =>
    [
        Node("node.gpu_count", "1", "GPUs that the driver counts"),
        Node("node.gpu_missing", "1", "expected GPUs less counted ones, at least 0"),
        Node("node.gpu_surplus", "1", "counted GPUs less expected ones, at least 0"),
        Node("node.driver_mismatch", "flag", "kernel driver and library have different versions"),
    ];

    private static Signal[] StateRows() =>
    [
        Gauge("gpu.lost", "flag", "the driver has lost the GPU"),
        Gauge("gpu.reset_required", "flag", "the GPU answers only after a reset"),
        Gauge("gpu.recovery_action", "code", "0 none, 1 reset, 2 reboot, 3 drain P2P, 4 drain and reset, 5 IMEX"),
        Gauge("gpu.persistence", "flag", "persistence mode"),
        Gauge("gpu.utilization_percent", "percent", "share of the last sample in which a kernel ran"),
        Gauge("gpu.processes", "1", "processes that compute"),
        Gauge("mig.enabled", "flag", "MIG mode is on"),
        Gauge("mig.devices", "1", "MIG devices"),
        Gauge("memory.total_bytes", "bytes", "memory of the GPU"),
        Gauge("memory.used_bytes", "bytes", "memory in use"),
        Gauge("memory.reserved_bytes", "bytes", "memory that driver and firmware keep"),
        Gauge("platform.slot", "code", "slot in the chassis or rack, switches counted"),
        Gauge("platform.tray", "code", "compute slot in the chassis or rack, switches not counted"),
        Gauge("platform.host", "code", "node in that slot"),
        Gauge("platform.peer_type", "code", "1 where the NVLinks go to switches"),
        Gauge("platform.module", "code", "GPU in that node"),
        Gauge("gpu.numa_node", "code", "NUMA node of the GPU's memory, where it is one"),
    ];

    private static Signal[] MemoryRows() =>
    [
        Gauge("ecc.enabled", "flag", "ECC is on"),
        Volatile("ecc.volatile_corrected", "corrected errors since the driver started"),
        Volatile("ecc.volatile_uncorrected", "uncorrected errors since the driver started"),
        Lifetime("ecc.aggregate_corrected", "corrected errors over the board's life"),
        Lifetime("ecc.aggregate_uncorrected", "uncorrected errors over the board's life"),
        Volatile("ecc.dram_corrected", "corrected DRAM errors since the driver started"),
        Volatile("ecc.dram_uncorrected", "uncorrected DRAM errors since the driver started"),
        Volatile("ecc.sram_corrected", "corrected SRAM errors since the driver started"),
        Volatile("ecc.sram_uncorrected", "uncorrected SRAM errors since the driver started"),
        Gauge("ecc.sram_threshold_exceeded", "flag", "the driver's own line for SRAM errors is passed"),
        Lifetime("remap.correctable_rows", "rows remapped after corrected errors"),
        Lifetime("remap.uncorrectable_rows", "rows remapped after uncorrected errors"),
        Gauge("remap.pending", "flag", "a remap waits for a reset"),
        Gauge("remap.failed", "flag", "a remap failed"),
        Gauge("remap.banks_none", "1", "memory banks without a spare row left"),
        Gauge("remap.banks_low", "1", "memory banks with few spare rows left"),
        Lifetime("retired.single_bit_pages", "pages retired after repeated single bit errors (before Ampere)"),
        Lifetime("retired.double_bit_pages", "pages retired after a double bit error (before Ampere)"),
        Gauge("retired.pending", "flag", "a page retirement waits for a reboot"),
        Gauge("repair.channel_pending", "flag", "a memory channel repair waits for a reset"),
        Gauge("repair.tpc_pending", "flag", "a TPC repair waits for a reset"),
    ];

    private static Signal[] LinkRows() =>
    [
        Gauge("nvlink.links", "1", "NVLinks that the GPU answers for"),
        Gauge("nvlink.active", "1", "NVLinks that are up"),
        Gauge("nvlink.missing", "1", "links the product must have up, less those that are; 0 where none must"),
        Gauge("fabric.state", "code", "1 not started, 2 in progress, 3 completed; the driver's 0 is not supported"),
        Gauge("fabric.status", "code", "NVML return code of the fabric registration; 0 is good"),
        Gauge("fabric.health_summary", "code", "0 not supported, 1 healthy, 2 unhealthy, 3 limited capacity"),
        Gauge("fabric.degraded_bandwidth", "code", "0 unknown, 1 true, 2 false"),
        Gauge("fabric.route_recovery", "code", "0 unknown, 1 true, 2 false"),
        Gauge("fabric.route_unhealthy", "code", "0 unknown, 1 true, 2 false"),
        Gauge("fabric.access_timeout", "code", "0 unknown, 1 true, 2 false"),
        Gauge("fabric.incorrect_configuration", "code", "0 unknown, 1 none, above 1 what is wrong"),
    ];

    private static Signal[] PcieRows() =>
    [
        Gauge("pcie.generation", "1", "PCIe generation now; an idle GPU lowers it"),
        Gauge("pcie.generation_max", "1", "PCIe generation that slot and GPU allow"),
        Gauge("pcie.generation_deficit", "1", "allowed generation less the one now"),
        Gauge("pcie.width", "lanes", "PCIe width now"),
        Gauge("pcie.width_max", "lanes", "PCIe width that slot and GPU allow"),
        Gauge("pcie.width_deficit", "lanes", "allowed width less the one now"),
        Volatile("pcie.replays", "PCIe replays"),
        Volatile("pcie.correctable_errors", "PCIe errors that the link corrected"),
        Volatile("pcie.naks_received", "PCIe packets that the other end refused"),
        Volatile("pcie.naks_sent", "PCIe packets that the GPU refused"),
        Volatile("pcie.receiver_errors", "PCIe receiver errors"),
        Volatile("pcie.bad_tlps", "PCIe transaction layer packets that were damaged"),
        Volatile("pcie.bad_dllps", "PCIe data link layer packets that were damaged"),
        Volatile("pcie.non_fatal_errors", "PCIe errors that cost a packet"),
        Volatile("pcie.fatal_errors", "PCIe errors after which the link must be reset"),
        Volatile("pcie.unsupported_requests", "PCIe requests that one end does not know"),
        Volatile("pcie.lcrc_errors", "PCIe packets with a wrong checksum"),
        Volatile("pcie.lane_errors", "PCIe errors of single lanes"),
    ];

    private static Signal[] ThermalRows() =>
    [
        Gauge("clocks.reasons", "mask", "why the clocks are not at their highest, as NVML's bits"),
        Gauge("clocks.idle", "flag", "clocks are low because nothing runs"),
        Gauge("clocks.power_cap", "flag", "clocks are low to keep the power limit; usual"),
        Gauge("clocks.hw_slowdown", "flag", "hardware slowdown: heat or power brake"),
        Gauge("clocks.hw_thermal", "flag", "hardware slowdown for heat"),
        Gauge("clocks.power_brake", "flag", "hardware slowdown asked for by the power supply"),
        Gauge("clocks.sw_thermal", "flag", "the driver lowers clocks for heat"),
        Gauge("clocks.sm_mhz", "MHz", "SM clock"),
        Gauge("clocks.memory_mhz", "MHz", "memory clock"),
        Gauge("temperature.gpu_celsius", "celsius", "GPU temperature"),
        Gauge("temperature.memory_celsius", "celsius", "memory temperature"),
        Gauge("temperature.memory_max_celsius", "celsius", "memory temperature from which clocks fall"),
        Gauge("temperature.memory_headroom_celsius", "celsius", "that limit less the memory temperature"),
        Gauge("temperature.tlimit_shutdown_celsius", "celsius", "margin at which the hardware may shut down"),
        Gauge("temperature.tlimit_slowdown_celsius", "celsius", "margin at which the hardware may slow down"),
        Gauge("temperature.tlimit_memory_max_celsius", "celsius", "margin at which the driver slows down for memory"),
        Gauge("temperature.tlimit_gpu_max_celsius", "celsius", "margin at which clocks may fall below their base"),
        Gauge("temperature.slowdown_celsius", "celsius", "GPU temperature from which the hardware slows down"),
        Gauge("temperature.shutdown_celsius", "celsius", "GPU temperature at which the hardware shuts down"),
        Gauge("temperature.margin_celsius", "celsius", "degrees left to the slowdown"),
        Gauge("power.unreadable", "flag", "the driver fails to read the power, though the GPU has the sensor"),
        Gauge("power.milliwatts", "mW", "power now"),
        Gauge("power.limit_milliwatts", "mW", "enforced limit"),
        Gauge("power.energy_millijoules", "mJ", "energy since the driver started"),
    ];
}
