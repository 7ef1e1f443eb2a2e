// The sizes, offsets and version words of the ABI, as NVIDIA's headers give them on x86-64.
#include "check.h"
#include "nccl_abi.h"
#include "nvml_abi.h"

#include <stddef.h>

#define SIZE(type, bytes) _Static_assert(sizeof(type) == (bytes), #type " has the wrong size")
#define AT(type, member, offset) _Static_assert(offsetof(type, member) == (offset), #type "." #member " is misplaced")

SIZE(nvmlPciInfo_t, 68);
AT(nvmlPciInfo_t, domain, 16);
AT(nvmlPciInfo_t, bus, 20);
AT(nvmlPciInfo_t, device, 24);
AT(nvmlPciInfo_t, pciDeviceId, 28);
AT(nvmlPciInfo_t, pciSubSystemId, 32);
AT(nvmlPciInfo_t, busId, 36);
SIZE(nvmlFieldValue_t, 40);
AT(nvmlFieldValue_t, scopeId, 4);
AT(nvmlFieldValue_t, timestamp, 8);
AT(nvmlFieldValue_t, latencyUsec, 16);
AT(nvmlFieldValue_t, valueType, 24);
AT(nvmlFieldValue_t, nvmlReturn, 28);
AT(nvmlFieldValue_t, value, 32);
SIZE(nvmlEventData_t, 32);
AT(nvmlEventData_t, eventType, 8);
AT(nvmlEventData_t, eventData, 16);
AT(nvmlEventData_t, gpuInstanceId, 24);
AT(nvmlEventData_t, computeInstanceId, 28);
SIZE(nvmlGpuFabricInfo_t, 28);
SIZE(nvmlGpuFabricInfo_v2_t, 36);
SIZE(nvmlGpuFabricInfo_v3_t, 40);
AT(nvmlGpuFabricInfo_v3_t, clusterUuid, 4);
AT(nvmlGpuFabricInfo_v3_t, status, 20);
AT(nvmlGpuFabricInfo_v3_t, cliqueId, 24);
AT(nvmlGpuFabricInfo_v3_t, state, 28);
AT(nvmlGpuFabricInfo_v3_t, healthMask, 32);
AT(nvmlGpuFabricInfo_v3_t, healthSummary, 36);
SIZE(nvmlMemory_v2_t, 40);
SIZE(nvmlEccSramErrorStatus_v1_t, 104);
SIZE(nvmlRowRemapperHistogramValues_t, 20);
SIZE(nvmlUtilization_t, 8);
SIZE(nvmlProcessInfo_t, 24);
SIZE(nvmlTemperature_v1_t, 12);
SIZE(nvmlMarginTemperature_v1_t, 8);
SIZE(nvmlRepairStatus_v1_t, 12);
SIZE(nvmlPlatformInfo_v2_t, 44);
AT(nvmlPlatformInfo_v2_t, ibGuid, 4);
AT(nvmlPlatformInfo_v2_t, chassisSerialNumber, 20);
AT(nvmlPlatformInfo_v2_t, slotNumber, 36);
AT(nvmlPlatformInfo_v2_t, trayIndex, 37);
AT(nvmlPlatformInfo_v2_t, hostId, 38);
AT(nvmlPlatformInfo_v2_t, peerType, 39);
AT(nvmlPlatformInfo_v2_t, moduleId, 40);
SIZE(ncclUniqueId, 128);
SIZE(ncclConfig_t, 48);
AT(ncclConfig_t, magic, 8);
AT(ncclConfig_t, version, 12);
AT(ncclConfig_t, blocking, 16);
AT(ncclConfig_t, netName, 32);
AT(ncclConfig_t, splitShare, 40);

TEST(version_words_are_size_and_number) {
    CHECK_EQUAL(0x02000024, NVML_VERSION_WORD(nvmlGpuFabricInfo_v2_t, 2));
    CHECK_EQUAL(0x03000028, NVML_VERSION_WORD(nvmlGpuFabricInfo_v3_t, 3));
    CHECK_EQUAL(0x02000028, NVML_VERSION_WORD(nvmlMemory_v2_t, 2));
    CHECK_EQUAL(0x01000068, NVML_VERSION_WORD(nvmlEccSramErrorStatus_v1_t, 1));
    CHECK_EQUAL(0x0100000c, NVML_VERSION_WORD(nvmlTemperature_v1_t, 1));
    CHECK_EQUAL(0x01000008, NVML_VERSION_WORD(nvmlMarginTemperature_v1_t, 1));
    CHECK_EQUAL(0x0100000c, NVML_VERSION_WORD(nvmlRepairStatus_v1_t, 1));
    CHECK_EQUAL(0x0100002c, NVML_VERSION_WORD(nvmlPlatformInfo_v2_t, 1));
    CHECK_EQUAL(0x0200002c, NVML_VERSION_WORD(nvmlPlatformInfo_v2_t, 2));
}
