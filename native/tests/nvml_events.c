#define _GNU_SOURCE
#include "check.h"
#include "nvml_abi.h"

#include <pthread.h>
#include <unistd.h>

static nvmlEventSet_t start(const char *text, unsigned count) {
    nvmlEventSet_t set = NULL;
    test_file("BRIDGE_FAKE_GPU", text);
    CHECK_EQUAL(NVML_SUCCESS, nvmlInit_v2());
    CHECK_EQUAL(NVML_SUCCESS, nvmlEventSetCreate(&set));
    for (unsigned i = 0; i < count; i++) {
        nvmlDevice_t device = NULL;
        CHECK_EQUAL(NVML_SUCCESS, nvmlDeviceGetHandleByIndex_v2(i, &device));
        CHECK_EQUAL(NVML_SUCCESS, nvmlDeviceRegisterEvents(device, 8, set));
    }
    return set;
}

TEST(every_event_comes_once_and_in_order) {
    nvmlEventData_t data;
    nvmlEventSet_t set = start("include h100x8.gpu\nevent = 1 0 xid 31\n", 8);
    CHECK_EQUAL(NVML_ERROR_TIMEOUT, nvmlEventSetWait_v2(set, &data, 20));
    test_file("BRIDGE_FAKE_GPU", "include h100x8.gpu\nevent = 1 0 xid 31\n"
                                 "event = 5 3 xid 79\nevent = 6 2 xid 48 1 0\n");
    CHECK_EQUAL(NVML_SUCCESS, nvmlEventSetWait_v2(set, &data, 1000));
    CHECK_EQUAL(79, data.eventData);
    CHECK_EQUAL(8, data.eventType);
    CHECK_EQUAL(0xffffffff, data.gpuInstanceId);
    CHECK_EQUAL(NVML_SUCCESS, nvmlEventSetWait_v2(set, &data, 1000));
    CHECK_EQUAL(48, data.eventData);
    CHECK_EQUAL(1, data.gpuInstanceId);
    CHECK_EQUAL(NVML_ERROR_TIMEOUT, nvmlEventSetWait_v2(set, &data, 20));
    CHECK_EQUAL(NVML_SUCCESS, nvmlEventSetFree(set));
    CHECK_EQUAL(NVML_ERROR_INVALID_ARGUMENT, nvmlEventSetWait_v2(set, &data, 20));
}

TEST(only_registered_gpus_and_types_are_told) {
    nvmlEventData_t data;
    nvmlEventSet_t set = start("include h100x8.gpu\n", 2);
    test_file("BRIDGE_FAKE_GPU", "include h100x8.gpu\nevent = 1 5 xid 79\nevent = 2 1 0x2 1\nevent = 3 1 xid 13\n");
    CHECK_EQUAL(NVML_SUCCESS, nvmlEventSetWait_v2(set, &data, 1000));
    CHECK_EQUAL(13, data.eventData);
    CHECK_EQUAL(NVML_ERROR_TIMEOUT, nvmlEventSetWait_v2(set, &data, 20));
    CHECK_EQUAL(NVML_SUCCESS, nvmlEventSetFree(set));
}

TEST(unsupported_types_cannot_be_registered) {
    nvmlDevice_t device = NULL;
    unsigned long long types = 0;
    nvmlEventSet_t set = start("include h100x8.gpu\n", 0);
    CHECK_EQUAL(NVML_SUCCESS, nvmlDeviceGetHandleByIndex_v2(0, &device));
    CHECK_EQUAL(NVML_SUCCESS, nvmlDeviceGetSupportedEventTypes(device, &types));
    CHECK_EQUAL(0x1f, types);
    CHECK_EQUAL(NVML_ERROR_NOT_SUPPORTED, nvmlDeviceRegisterEvents(device, 0x8000, set));
    CHECK_EQUAL(NVML_SUCCESS, nvmlEventSetFree(set));
}

static void *write_event(void *unused) {
    (void)unused;
    test_file("BRIDGE_FAKE_GPU", "include h100x8.gpu\nevent = 1 3 xid 79\n[gpu 3]\nlost = 1\n");
    return NULL;
}

TEST(a_waiting_thread_sees_the_event_of_a_lost_gpu) {
    nvmlEventData_t data;
    pthread_t thread;
    nvmlEventSet_t set = start("include h100x8.gpu\n", 8);
    CHECK(pthread_create(&thread, NULL, write_event, NULL) == 0);
    CHECK_EQUAL(NVML_SUCCESS, nvmlEventSetWait_v2(set, &data, 5000));
    CHECK_EQUAL(79, data.eventData);
    pthread_join(thread, NULL);
    CHECK_EQUAL(NVML_SUCCESS, nvmlEventSetFree(set));
}
