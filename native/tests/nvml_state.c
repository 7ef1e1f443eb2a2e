#define _GNU_SOURCE
#include "check.h"
#include "nvml_abi.h"

static nvmlDevice_t gpu(unsigned index) {
    nvmlDevice_t device = NULL;
    CHECK_EQUAL(NVML_SUCCESS, nvmlDeviceGetHandleByIndex_v2(index, &device));
    return device;
}

static void start(const char *text) {
    test_file("BRIDGE_FAKE_GPU", text);
    CHECK_EQUAL(NVML_SUCCESS, nvmlInit_v2());
}

TEST(a_preset_shows_its_machine) {
    unsigned count = 0, links = 0, active = 0;
    char name[96], uuid[96], other[96];
    nvmlPciInfo_t pci;
    start("include h100x8.gpu\n");
    CHECK_EQUAL(NVML_SUCCESS, nvmlDeviceGetCount_v2(&count));
    CHECK_EQUAL(8, count);
    CHECK_EQUAL(NVML_SUCCESS, nvmlDeviceGetName(gpu(7), name, sizeof name));
    CHECK_TEXT("NVIDIA H100 80GB HBM3", name);
    CHECK_EQUAL(NVML_SUCCESS, nvmlDeviceGetUUID(gpu(0), uuid, sizeof uuid));
    CHECK_EQUAL(NVML_SUCCESS, nvmlDeviceGetUUID(gpu(1), other, sizeof other));
    CHECK(strlen(uuid) == 40 && strncmp(uuid, "GPU-", 4) == 0 && strcmp(uuid, other) != 0);
    CHECK_EQUAL(NVML_SUCCESS, nvmlDeviceGetPciInfo_v3(gpu(4), &pci));
    CHECK_TEXT("00000000:9D:00.0", pci.busId);
    CHECK_TEXT("0000:9D:00.0", pci.busIdLegacy);
    while (nvmlDeviceGetNvLinkState(gpu(0), links, &active) == NVML_SUCCESS && active == 1) links++;
    CHECK_EQUAL(18, links);
}

TEST(handles_are_found_by_uuid_and_pci_address) {
    char uuid[96];
    nvmlDevice_t device = NULL;
    start("include h100x8.gpu\n[gpu 5]\nuuid = GPU-five\n");
    CHECK_EQUAL(NVML_SUCCESS, nvmlDeviceGetHandleByUUID("GPU-five", &device));
    CHECK(device == gpu(5));
    CHECK_EQUAL(NVML_SUCCESS, nvmlDeviceGetHandleByPciBusId_v2("0000:C3:00.0", &device));
    CHECK_EQUAL(NVML_SUCCESS, nvmlDeviceGetUUID(device, uuid, sizeof uuid));
    CHECK_TEXT("GPU-five", uuid);
    CHECK_EQUAL(NVML_ERROR_NOT_FOUND, nvmlDeviceGetHandleByUUID("GPU-six", &device));
    CHECK_EQUAL(NVML_ERROR_INSUFFICIENT_SIZE, nvmlDeviceGetUUID(gpu(5), uuid, 8));
}

TEST(before_init_a_call_is_uninitialized) {
    unsigned count = 0;
    char version[80];
    test_file("BRIDGE_FAKE_GPU", "include h100x8.gpu\n");
    CHECK_EQUAL(NVML_ERROR_UNINITIALIZED, nvmlDeviceGetCount_v2(&count));
    CHECK_EQUAL(NVML_SUCCESS, nvmlSystemGetNVMLVersion(version, sizeof version));
    CHECK_EQUAL(NVML_SUCCESS, nvmlInit_v2());
    CHECK_EQUAL(NVML_SUCCESS, nvmlInit_v2());
    CHECK_EQUAL(NVML_SUCCESS, nvmlShutdown());
    CHECK_EQUAL(NVML_SUCCESS, nvmlDeviceGetCount_v2(&count));
    CHECK_EQUAL(NVML_SUCCESS, nvmlShutdown());
    CHECK_EQUAL(NVML_ERROR_UNINITIALIZED, nvmlShutdown());
}

TEST(no_driver_is_return_code_nine) {
    char version[80];
    test_file("BRIDGE_FAKE_GPU", "include no-driver.gpu\n");
    CHECK_EQUAL(NVML_ERROR_DRIVER_NOT_LOADED, nvmlInit_v2());
    CHECK_EQUAL(NVML_SUCCESS, nvmlSystemGetNVMLVersion(version, sizeof version));
}

TEST(a_wrong_version_word_is_refused) {
    nvmlMemory_v2_t memory = {.version = NVML_VERSION_WORD(nvmlMemory_v2_t, 1)};
    nvmlGpuFabricInfo_v3_t fabric = {.version = NVML_VERSION_WORD(nvmlGpuFabricInfo_v3_t, 2)};
    start("include h100x8.gpu\n");
    CHECK_EQUAL(NVML_ERROR_ARGUMENT_VERSION_MISMATCH, nvmlDeviceGetMemoryInfo_v2(gpu(0), &memory));
    memory.version = NVML_VERSION_WORD(nvmlMemory_v2_t, 2);
    CHECK_EQUAL(NVML_SUCCESS, nvmlDeviceGetMemoryInfo_v2(gpu(0), &memory));
    CHECK_EQUAL(81559ll << 20, memory.total);
    CHECK_EQUAL(memory.total, memory.used + memory.free + memory.reserved);
    CHECK_EQUAL(NVML_ERROR_ARGUMENT_VERSION_MISMATCH, nvmlDeviceGetGpuFabricInfoV(gpu(0), &fabric));
    fabric.version = NVML_VERSION_WORD(nvmlGpuFabricInfo_v3_t, 3);
    CHECK_EQUAL(NVML_SUCCESS, nvmlDeviceGetGpuFabricInfoV(gpu(0), &fabric));
    CHECK_EQUAL(3, fabric.state);
}

TEST(mig_instances_have_handles_of_their_own) {
    unsigned count = 0, current = 0, pending = 0, id = 0, rows[4];
    char name[96];
    nvmlDevice_t mig = NULL, parent = NULL;
    nvmlUtilization_t utilization;
    start("include a100x8-mig-mixed.gpu\n");
    CHECK_EQUAL(NVML_SUCCESS, nvmlDeviceGetMigMode(gpu(0), &current, &pending));
    CHECK_EQUAL(1, current);
    CHECK_EQUAL(NVML_SUCCESS, nvmlDeviceGetMaxMigDeviceCount(gpu(0), &count));
    CHECK_EQUAL(7, count);
    CHECK_EQUAL(NVML_SUCCESS, nvmlDeviceGetMigDeviceHandleByIndex(gpu(0), 2, &mig));
    CHECK_EQUAL(NVML_SUCCESS, nvmlDeviceGetName(mig, name, sizeof name));
    CHECK_TEXT("NVIDIA A100-SXM4-80GB MIG 2g.20gb", name);
    CHECK_EQUAL(NVML_SUCCESS, nvmlDeviceGetGpuInstanceId(mig, &id));
    CHECK_EQUAL(4, id);
    CHECK_EQUAL(NVML_SUCCESS, nvmlDeviceGetDeviceHandleFromMigDeviceHandle(mig, &parent));
    CHECK(parent == gpu(0));
    CHECK_EQUAL(NVML_ERROR_NOT_FOUND, nvmlDeviceGetMigDeviceHandleByIndex(gpu(0), 3, &mig));
    CHECK_EQUAL(NVML_ERROR_NOT_SUPPORTED, nvmlDeviceGetRemappedRows(gpu(0), rows, rows + 1, rows + 2, rows + 3));
    CHECK_EQUAL(NVML_SUCCESS, nvmlDeviceGetRemappedRows(gpu(7), rows, rows + 1, rows + 2, rows + 3));
    CHECK_EQUAL(NVML_ERROR_NOT_SUPPORTED, nvmlDeviceGetUtilizationRates(gpu(0), &utilization));
}

TEST(fields_carry_their_own_return_code) {
    nvmlFieldValue_t fields[] = {{.fieldId = 145}, {.fieldId = 9999}, {.fieldId = 163, .scopeId = 4}, {.fieldId = 230}};
    start("include h100x8.gpu\n[gpu 1]\nremap.failure = 1\nnvlink.4.crc_data = 17\nrecovery_action = 2\n");
    CHECK_EQUAL(NVML_SUCCESS, nvmlDeviceGetFieldValues(gpu(1), 4, fields));
    CHECK_EQUAL(NVML_SUCCESS, fields[0].nvmlReturn);
    CHECK_EQUAL(1, fields[0].value.uiVal);
    CHECK_EQUAL(NVML_ERROR_NOT_SUPPORTED, fields[1].nvmlReturn);
    CHECK_EQUAL(17, fields[2].value.ullVal);
    CHECK_EQUAL(2, fields[3].value.uiVal);
}

TEST(each_generation_of_links_has_its_own_counters) {
    nvmlFieldValue_t fields[] = {{.fieldId = 161, .scopeId = 2}, {.fieldId = 208, .scopeId = 2},
                                 {.fieldId = 220, .scopeId = 2}, {.fieldId = 222, .scopeId = 3},
                                 {.fieldId = 215, .scopeId = 2}, {.fieldId = 250, .scopeId = 2},
                                 {.fieldId = 216, .scopeId = 2}};
    unsigned long long counter = 0;
    const char *faults = "[gpu]\nnvlink.2.replay = 4\nnvlink.2.rcv_errors = 6\nnvlink.2.effective_ber = 0x30c\n"
                         "nvlink.2.link_recoveries = 2\nnvlink.2.failed_recoveries = 1\nnvlink.2.fec_15 = 9\n";
    char text[512];
    snprintf(text, sizeof text, "include b200x8.gpu\n%s", faults);
    start(text);
    CHECK_EQUAL(NVML_SUCCESS, nvmlDeviceGetFieldValues(gpu(0), 7, fields));
    CHECK_EQUAL(NVML_ERROR_NOT_SUPPORTED, fields[0].nvmlReturn);
    CHECK_EQUAL(6, fields[1].value.ullVal);
    CHECK_EQUAL(0x30c, fields[2].value.ullVal);
    CHECK_EQUAL(0xfff, fields[3].value.ullVal);
    CHECK_EQUAL(3, fields[4].value.ullVal);
    CHECK_EQUAL(9, fields[5].value.ullVal);
    CHECK_EQUAL(NVML_ERROR_NOT_SUPPORTED, fields[6].nvmlReturn);
    CHECK_EQUAL(NVML_ERROR_NOT_SUPPORTED, nvmlDeviceGetNvLinkErrorCounter(gpu(0), 2, 0, &counter));
    snprintf(text, sizeof text, "include h100x8.gpu\n%s", faults);
    test_file("BRIDGE_FAKE_GPU", text);
    CHECK_EQUAL(NVML_SUCCESS, nvmlDeviceGetFieldValues(gpu(0), 7, fields));
    CHECK_EQUAL(4, fields[0].value.ullVal);
    for (int i = 1; i < 7; i++) CHECK_EQUAL(NVML_ERROR_NOT_SUPPORTED, fields[i].nvmlReturn);
    CHECK_EQUAL(NVML_SUCCESS, nvmlDeviceGetNvLinkErrorCounter(gpu(0), 2, 0, &counter));
    CHECK_EQUAL(4, counter);
}

TEST(pcie_counters_have_a_field_each) {
    nvmlFieldValue_t fields[] = {{.fieldId = 173}, {.fieldId = 180}, {.fieldId = 183}};
    start("include h100x8.gpu\n[gpu 2]\npcie.correctable_errors = 5\npcie.fatal_errors = 1\npcie.lane_errors = 8\n");
    CHECK_EQUAL(NVML_SUCCESS, nvmlDeviceGetFieldValues(gpu(2), 3, fields));
    CHECK_EQUAL(5, fields[0].value.uiVal);
    CHECK_EQUAL(1, fields[1].value.uiVal);
    CHECK_EQUAL(8, fields[2].value.uiVal);
}

TEST(the_place_in_the_rack_is_told_in_both_versions) {
    nvmlPlatformInfo_v2_t info = {.version = NVML_VERSION_WORD(nvmlPlatformInfo_v2_t, 3)};
    start("include gb200x4.gpu\n");
    CHECK_EQUAL(NVML_ERROR_ARGUMENT_VERSION_MISMATCH, nvmlDeviceGetPlatformInfo(gpu(2), &info));
    for (unsigned version = 1; version <= 2; version++) {
        info.version = NVML_VERSION_WORD(nvmlPlatformInfo_v2_t, version);
        CHECK_EQUAL(NVML_SUCCESS, nvmlDeviceGetPlatformInfo(gpu(2), &info));
        CHECK_EQUAL(0x84, info.ibGuid[0]);
        CHECK(memcmp(info.chassisSerialNumber, "1821325191317\0\0", 16) == 0);
        CHECK_EQUAL(12, info.slotNumber);
        CHECK_EQUAL(3, info.trayIndex);
        CHECK_EQUAL(1, info.hostId);
        CHECK_EQUAL(1, info.peerType);
        CHECK_EQUAL(4, info.moduleId);
    }
    test_file("BRIDGE_FAKE_GPU", "include h100x8.gpu\n");
    CHECK_EQUAL(NVML_ERROR_NOT_SUPPORTED, nvmlDeviceGetPlatformInfo(gpu(2), &info));
}

TEST(processes_are_listed_and_take_memory) {
    unsigned count = 0;
    nvmlProcessInfo_t infos[4];
    nvmlMemory_v2_t memory = {.version = NVML_VERSION_WORD(nvmlMemory_v2_t, 2)};
    start("include h100x8.gpu\n[gpu 4]\nprocess = 4711 20480\nprocess = 12 1\n");
    CHECK_EQUAL(NVML_ERROR_INSUFFICIENT_SIZE, nvmlDeviceGetComputeRunningProcesses_v3(gpu(4), &count, NULL));
    CHECK_EQUAL(2, count);
    CHECK_EQUAL(NVML_SUCCESS, nvmlDeviceGetComputeRunningProcesses_v3(gpu(4), &count, infos));
    CHECK_EQUAL(4711, infos[0].pid);
    CHECK_EQUAL(NVML_SUCCESS, nvmlDeviceGetMemoryInfo_v2(gpu(4), &memory));
    CHECK_EQUAL(20481ll << 20, memory.used);
}
