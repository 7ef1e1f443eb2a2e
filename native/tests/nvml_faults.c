#define _GNU_SOURCE
#include "check.h"
#include "nvml_abi.h"

#include <pthread.h>
#include <time.h>
#include <unistd.h>

static nvmlDevice_t gpu(unsigned index) {
    nvmlDevice_t device = NULL;
    CHECK_EQUAL(NVML_SUCCESS, nvmlDeviceGetHandleByIndex_v2(index, &device));
    return device;
}

static void start(const char *text) {
    test_file("BRIDGE_FAKE_GPU", text);
    CHECK_EQUAL(NVML_SUCCESS, nvmlInit_v2());
}

TEST(a_gpu_falls_off_under_a_running_process) {
    unsigned temperature = 0, count = 0;
    nvmlDevice_t device, again;
    start("include h100x8.gpu\n");
    device = gpu(3);
    CHECK_EQUAL(NVML_SUCCESS, nvmlDeviceGetTemperature(device, 0, &temperature));
    test_file("BRIDGE_FAKE_GPU", "include h100x8.gpu\n[gpu 3]\nlost = 1\n");
    CHECK_EQUAL(NVML_ERROR_GPU_IS_LOST, nvmlDeviceGetTemperature(device, 0, &temperature));
    CHECK_EQUAL(NVML_ERROR_GPU_IS_LOST, nvmlDeviceGetHandleByIndex_v2(3, &again));
    CHECK_EQUAL(NVML_SUCCESS, nvmlDeviceGetCount_v2(&count));
    CHECK_EQUAL(8, count);
}

TEST(an_absent_gpu_moves_the_others_up) {
    unsigned count = 0;
    char uuid[96];
    start("include h100x8.gpu\n[gpu 3]\nabsent = 1\n[gpu 4]\nuuid = GPU-four\n");
    CHECK_EQUAL(NVML_SUCCESS, nvmlDeviceGetCount_v2(&count));
    CHECK_EQUAL(7, count);
    CHECK_EQUAL(NVML_SUCCESS, nvmlDeviceGetUUID(gpu(3), uuid, sizeof uuid));
    CHECK_TEXT("GPU-four", uuid);
}

TEST(return_codes_are_forced_for_all_or_for_one) {
    unsigned value = 0;
    start("include h100x8.gpu\nreturn.nvmlDeviceGetPowerUsage = 999\n[gpu 2]\nreturn.nvmlDeviceGetTemperature = 16\n");
    CHECK_EQUAL(NVML_ERROR_UNKNOWN, nvmlDeviceGetPowerUsage(gpu(0), &value));
    CHECK_EQUAL(NVML_SUCCESS, nvmlDeviceGetTemperature(gpu(1), 0, &value));
    CHECK_EQUAL(NVML_ERROR_RESET_REQUIRED, nvmlDeviceGetTemperature(gpu(2), 0, &value));
    test_file("BRIDGE_FAKE_GPU", "include h100x8.gpu\nreturn.* = 18\n");
    CHECK_EQUAL(NVML_ERROR_LIB_RM_VERSION_MISMATCH, nvmlInit_v2());
}

static void *hang(void *device) {
    unsigned value = 0;
    nvmlDeviceGetTemperature(device, 0, &value);
    return NULL;
}

TEST(a_hanging_call_does_not_stop_other_threads) {
    unsigned value = 0;
    pthread_t thread;
    start("include h100x8.gpu\nhang.nvmlDeviceGetTemperature = forever\n");
    CHECK(pthread_create(&thread, NULL, hang, gpu(0)) == 0);
    pthread_detach(thread);
    for (int i = 0; i < 100; i++) CHECK_EQUAL(NVML_SUCCESS, nvmlDeviceGetPowerUsage(gpu(0), &value));
}

TEST(a_slow_call_takes_its_time) {
    struct timespec before, after;
    unsigned value = 0;
    start("include h100x8.gpu\nhang.nvmlDeviceGetTemperature = 60\n");
    clock_gettime(CLOCK_MONOTONIC, &before);
    CHECK_EQUAL(NVML_SUCCESS, nvmlDeviceGetTemperature(gpu(0), 0, &value));
    clock_gettime(CLOCK_MONOTONIC, &after);
    CHECK((after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000 >= 59);
}

// Each of these must fail at nvmlInit_v2: a typo never gives a healthy machine.
TEST(mistakes_make_init_fail) {
    static const char *const mistakes[] = {
        "", "nonsense\n", "count = 9000\n", "include nowhere.gpu\n", "include h100x8.gpu\nreturn.nvmlInit = 9\n",
        "include h100x8.gpu\n[gpu 8]\nlost = 1\n", "include h100x8.gpu\n[gpu 1]\nlots = 1\n",
        "include h100x8.gpu\n[gpu 1]\nlost = maybe\n", "include h100x8.gpu\n[gpu 1]\ntemp.gpu = hot\n",
        "include h100x8.gpu\n[gpu]\nuuid = GPU-same\n", "include h100x8.gpu\n[gpu]\nnuma = 0, 1\n",
        "include h100x8.gpu\n[gpu 1]\nnvlink.18.active = no\n", "include h100x8.gpu\n[gpu 1]\nnvlink.2.crc = 1\n",
        "include h100x8.gpu\nevent = 1 8 xid 79\n", "include h100x8.gpu\nevent = 2 1 xid 79\nevent = 2 1 xid 79\n",
        "include h100x8.gpu\n[gpu 1]\nmig.instances = 1g.10gb\n", "include h100x8.gpu\n[gpu 1\nlost = 1\n",
        "include h100x8.gpu\n[gpu 1]\nmig = on\nmig.instances = 4g.40gb 4g.40gb\n", "include h100x8.gpu\ncount =\n",
        "include h100x8.gpu\n[gpu 1]\npci = 1B:00.0\n", "include h100x8.gpu\nhang.nvmlInit_v2 = -1\n",
        "include h100x8.gpu\n[gpu 1]\nremap.pending = 2\n", "include h100x8.gpu\n[cpu]\nlost = 1\n",
    };
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        test_file("BRIDGE_FAKE_GPU", mistakes[i]);
        if (nvmlInit_v2() != NVML_ERROR_UNKNOWN) test_fail(__FILE__, __LINE__, mistakes[i]);
    }
    setenv("BRIDGE_FAKE_GPU", "/nowhere/at/all", 1);
    CHECK_EQUAL(NVML_ERROR_UNKNOWN, nvmlInit_v2());
    unsetenv("BRIDGE_FAKE_GPU");
    CHECK_EQUAL(NVML_ERROR_UNKNOWN, nvmlInit_v2());
}

TEST(a_mistake_written_later_is_no_healthy_gpu_either) {
    unsigned value = 0;
    nvmlDevice_t device;
    start("include h100x8.gpu\n");
    device = gpu(0);
    test_file("BRIDGE_FAKE_GPU", "include h100x8.gpu\n[gpu 0]\ntemp.gpu = x\n");
    CHECK_EQUAL(NVML_ERROR_UNKNOWN, nvmlDeviceGetTemperature(device, 0, &value));
    test_file("BRIDGE_FAKE_GPU", "include h100x8.gpu\n[gpu 0]\ntemp.gpu = 88\n");
    CHECK_EQUAL(NVML_SUCCESS, nvmlDeviceGetTemperature(device, 0, &value));
    CHECK_EQUAL(88, value);
}

static void *read_all(void *unused) {
    (void)unused;
    for (int i = 0; i < 300; i++) {
        unsigned value = 0;
        nvmlDevice_t device;
        CHECK_EQUAL(NVML_SUCCESS, nvmlDeviceGetHandleByIndex_v2((unsigned)i % 8, &device));
        CHECK_EQUAL(NVML_SUCCESS, nvmlDeviceGetTemperature(device, 0, &value));
        CHECK(value == 34 || value == 70);
    }
    return NULL;
}

TEST(threads_read_while_the_file_changes) {
    pthread_t threads[4];
    start("include h100x8.gpu\n");
    for (size_t i = 0; i < 4; i++) CHECK(pthread_create(&threads[i], NULL, read_all, NULL) == 0);
    for (int i = 0; i < 50; i++)
        test_file("BRIDGE_FAKE_GPU", i % 2 ? "include h100x8.gpu\n" : "include h100x8.gpu\n[gpu]\ntemp.gpu = 70\n");
    for (size_t i = 0; i < 4; i++) pthread_join(threads[i], NULL);
}
